// RoomClient connects the connection, the timeline and the outbox of a room. It knows no
// elements: the methods of show change the page.
import { Connection } from './connection.js';
import { mayGo, Outbox } from './outbox.js';
import { newest } from './protocol.js';
import { Timeline } from './timeline.js';

export class RoomClient {
  #timeline;
  #outbox;
  #own;
  #show;
  #unasked = null; // messages that came since an empty page asked for the newest

  // deps: address(since) of the socket; ids and cursor of the page's log; kept and own, see
  // storage.js; open, clock, time, retention, random, fill and online, see connection.js and
  // outbox.js.
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
      send: (frame) => this.connection.send(frame),
      stalled: () => this.connection.reopen(),
      changed: () => this.#show.outbox(this.#outbox.entries),
    });
    this.connection = new Connection({
      url: () => this.#url(deps.address),
      open: deps.open,
      clock,
      random: deps.random,
      online: deps.online,
      frame: (event) => this.#receive(event),
      changed: (state) => this.#changed(state),
    });
  }

  // connect sets show and shows the outbox. The methods of show: log(steps), own(id),
  // outbox(entries), state(state), older().
  connect(show) {
    this.#show = show;
    show.outbox(this.#outbox.entries);
  }

  get oldest() { return this.#timeline.oldest; }

  // say takes the nonce, if the text may be stored under one already.
  say(text, nonce) { this.#outbox.say(text, nonce); }

  // saying tells whether the text may be on its way, or its acknowledgement.
  saying(text) { return this.#outbox.entries.some((entry) => entry.text === text && !mayGo(entry)); }

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

  #url(address) {
    const { since } = this.#timeline;
    this.#unasked = since === '0' ? 0 : null;
    return address(since);
  }

  #changed(state) {
    this.#show.state(state);
    if (state.name === 'live') this.#outbox.live();
    else this.#outbox.down();
  }

  #receive(event) {
    switch (event.event) {
      case 'message':
        this.#show.log(this.#timeline.receive(event));
        this.#outbox.landed(event.id);
        if (this.#unasked !== null) this.#unasked += 1;
        break;
      case 'removed':
        this.#show.log(this.#timeline.receive(event));
        this.#outbox.landed(event.id);
        this.#own.drop(event.id);
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
        break;
      default: // a newer server says more than this page understands
    }
  }

  #acked({ nonce, id }) {
    if (!this.#outbox.ack(nonce, id)) return;
    if (this.#timeline.isGone(id)) { // removed before this page learned that it is stored
      this.#outbox.landed(id);
      return;
    }
    this.#own.add(id);
    this.#show.own(id);
    if (this.#timeline.has(id)) this.#outbox.landed(id);
  }
}
