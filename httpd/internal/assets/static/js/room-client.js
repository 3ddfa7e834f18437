// RoomClient connects the connection, the timeline and the outbox of a room. It knows no
// elements: the methods of show change the page.
import { Connection } from './connection.js';
import { Fallback } from './fallback.js';
import { mayCancel, Outbox } from './outbox.js';
import { newest } from './protocol.js';
import { Timeline } from './timeline.js';

const unstored = new Set(['unavailable', 'full']); // refusals that any message may get

export class RoomClient {
  #timeline;
  #outbox;
  #own;
  #fallback;
  #show;
  #refusal = ''; // the code of an unstored message, until one is stored again
  #unasked = null; // messages that came since an empty page asked for the newest

  // deps: address(since) of the socket; ids and cursor of the page's log; kept and own, see
  // storage.js; open, ask, clock, time, retention, random, fill, online and hidden, see
  // connection.js and outbox.js; loadSlow and slow, see load and line in fallback.js.
  constructor(deps) {
    const { clock } = deps;
    this.#own = deps.own;
    this.#timeline = new Timeline(deps.ids, deps.cursor);
    this.#outbox = new Outbox({
      kept: deps.kept,
      clock,
      time: deps.time,
      retention: deps.retention,
      fill: deps.fill,
      send: (frame) => this.#fallback.send(frame) ?? this.connection.send(frame),
      stalled: () => this.connection.reopen(),
      changed: () => this.#show.outbox(this.#outbox.entries),
    });
    this.connection = new Connection({
      url: () => deps.address(this.#since()),
      open: deps.open,
      ask: deps.ask,
      clock,
      random: deps.random,
      online: deps.online,
      hidden: deps.hidden,
      frame: (event) => this.#fallback.frame(event),
      changed: (state) => this.#fallback.connectionChanged(state),
    });
    this.#fallback = new Fallback({
      clock,
      random: deps.random,
      load: deps.loadSlow,
      line: { ...deps.slow, hidden: deps.hidden, since: () => this.#since() },
      end: (code) => this.connection.end(code),
      frame: (event) => this.#receive(event),
      changed: (state) => this.#changed(state),
    });
  }

  // connect sets show and shows the outbox. The methods of show: log(steps), own(id),
  // gone(id) of a message that was removed, outbox(entries), state(state), older(). A live
  // state may have the code of a refusal: nothing can be stored just now.
  connect(show) {
    this.#show = show;
    show.outbox(this.#outbox.entries);
  }

  // state is that of the connection, see there; slow is set while it sends and reads over HTTP.
  get state() { return this.#fallback.state; }

  get oldest() { return this.#timeline.oldest; }

  get gaps() { return this.#timeline.gaps; }

  // say takes the nonce, if the text may be stored under one already; see outbox.js for later.
  say(text, nonce, later) {
    this.#outbox.say(text, nonce, later);
    if (!this.state.slow) this.connection.now();
  }

  // now: the guest needs the connection.
  now() { if (!this.#fallback.now()) this.connection.now(); }

  // underWay are the texts that may be on their way, or their acknowledgements.
  get underWay() { return this.#outbox.entries.filter((entry) => !mayCancel(entry)).map(({ text }) => text); }

  saying(text) { return this.underWay.includes(text); }

  resend(nonce) { this.#outbox.resend(nonce); }

  drop(nonce) { return this.#outbox.drop(nonce); }

  // restored: the browser shows a page from its back/forward cache. Another page of this tab
  // may have shown the room meanwhile. It must be called before the connection starts, which
  // stores the outbox.
  restored() {
    this.#outbox.reload();
    this.#own.reload();
  }

  // older takes a page of history and returns the steps that show it.
  older(messages) { return this.#timeline.older(messages); }

  // trim takes what is too old to be shown among most others, and returns the steps.
  trim(most, keep) { return this.#timeline.trim(most, keep); }

  // expire removes what is older than a time of the server.
  expire(before) {
    this.#show.log(this.#timeline.expire(before));
    this.#outbox.expire(before);
  }

  #since() {
    const { since } = this.#timeline;
    this.#unasked = since === '0' ? 0 : null;
    return since;
  }

  #changed(state) {
    this.#refusal = this.#outbox.entries.find((entry) => entry.state === 'waiting' && unstored.has(entry.code))?.code ?? '';
    this.#showState(state);
    if (state.name === 'live') this.#outbox.live();
    else this.#outbox.down();
  }

  // stores takes the code of a refusal, or '' when something is stored.
  #stores(refusal) {
    if (this.#refusal === refusal) return;
    this.#refusal = refusal;
    this.#showState(this.state);
  }

  #showState(state) { this.#show.state(state.name === 'live' ? { ...state, code: this.#refusal } : state); }

  #receive(event) {
    switch (event.event) {
      case 'message':
        this.#show.log(this.#timeline.receive(event));
        this.#outbox.shown(event.id);
        this.#stores('');
        if (this.#unasked !== null) this.#unasked += 1;
        break;
      case 'removed':
        this.#show.log(this.#timeline.receive(event));
        this.#outbox.shown(event.id);
        this.#own.drop(event.id);
        this.#show.gone(event.id);
        break;
      case 'gap':
        this.#show.log(this.#timeline.receive(event));
        this.#show.older(); // what the page had may be in the history
        break;
      case 'live':
        this.#show.log(this.#timeline.receive(event));
        // An empty page is never told of a gap. When it gets as many as the
        // server ever sends it, there may be more in the history.
        if (this.#unasked >= newest) this.#show.older();
        this.#unasked = null;
        break;
      case 'ack':
        this.#acked(event);
        break;
      case 'refused':
        this.#outbox.refused(event);
        if (unstored.has(event.code)) this.#stores(event.code);
        break;
      default: // a newer server says more than this page understands
    }
  }

  #acked({ nonce, id }) {
    this.#stores('');
    if (!this.#outbox.ack(nonce, id)) return;
    if (this.#timeline.isGone(id)) { // removed before this page learned that it is stored
      this.#outbox.shown(id);
      return;
    }
    this.#own.add(id);
    this.#show.own(id);
    // A message before the cursor comes no more: it was here, or is behind a gap.
    if (this.#timeline.passed(id)) this.#outbox.shown(id);
  }
}
