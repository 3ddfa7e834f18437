import { Backoff } from './backoff.js';
import { askFrame, closeCode, parseFrame, parseRetry, subprotocol } from './protocol.js';

// The time limits of a connection, see connection.js.
export const limits = {
  connect: 15 * 1000, // an attempt without progress for this long has failed
  restart: 10 * 1000, // for this long a restart is given as the reason
  quiet: 45 * 1000, // a socket that receives nothing for longer is checked
  answer: 10 * 1000, // the time for an answer to that check
  hurry: 2 * 1000, // what the guest does starts at most one attempt in this time
};

// Connection keeps one socket to the server. Its states:
//
//   connecting    it asks whether the site is there, or a socket opens or receives missed messages
//   live          the live event has come: nothing is missing
//   reconnecting  at: time of the next attempt; restart: the server restarts
//   offline       the browser reports no network; it still retries, because browsers err
//   signedout     4401: the session has ended      } no further attempts
//   noroom        4404: no room has this name      }
//   paused        the page is in the back/forward cache
//
// Some browsers delay each socket after one that failed. So an attempt first asks over HTTP
// whether the site is there, and opens no socket without an answer.

const over = { [closeCode.signIn]: 'signedout', [closeCode.noRoom]: 'noroom' };
const waits = new Set(['reconnecting', 'offline']);

export class Connection {
  #deps;
  #socket = null;
  #backoff;
  #liveAt = null;
  #restartAt = -Infinity; // the last restart of the server
  #signAt = 0; // the last frame; scripts do not see the server's pings
  #timer = null; // the next attempt, or the watchdog of this one
  #asking = null; // the question under way
  #sure = true; // the site is there: the page has just come from it
  #hurriedAt = -Infinity; // the last attempt because of what the guest did
  state = { name: 'paused' };

  // deps: url() of the next socket, open(url, protocols) making one, ask(answer) asking for the
  // site and calling answer(there), clock, random() as Math.random, online(), hidden(), frame(event)
  // for each frame as protocol.js parses it, changed(state), and plain: true for a socket that
  // is live once open.
  constructor(deps) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.clock, deps.random);
  }

  start() { if (this.state.name === 'paused') this.#afresh(); }

  // pause closes the socket: a page with one does not get into the back/forward cache.
  pause() { this.#stop('paused'); }

  // send returns false when the frame cannot go out now.
  send(frame) {
    if (this.state.name !== 'live' || this.#socket.readyState !== 1) return false;
    this.#socket.send(frame);
    return true;
  }

  // online: the network is back, and may be another one, where the old socket is dead.
  online() { if (!this.#stopped()) this.#afresh(); }

  offline() { if (!this.#stopped()) this.#retry(); }

  // wake: the guest looks at the page again. It replaces a silent socket, which may be dead.
  wake() {
    if (!this.#socket) this.now();
    else if (this.#silent()) this.reopen();
  }

  // now: the guest needs the connection. A delay that the server requested still holds.
  now() {
    const now = this.#deps.clock.now();
    if (!waits.has(this.state.name) || this.state.requested || now - this.#hurriedAt < limits.hurry) return;
    this.#hurriedAt = now;
    this.#attempt();
  }

  // end takes the reason, a close code, that the server gives elsewhere.
  end(code) { this.#closed(code, ''); }

  // check is called every few seconds while the page is visible. A network can disappear
  // without an event, so check asks the server on a silent socket, and replaces the socket
  // without an answer.
  check() {
    if (this.state.name !== 'live' || !this.#silent()) return;
    const last = this.#signAt;
    this.send(askFrame);
    this.#after(limits.answer, () => { if (this.#signAt === last) this.reopen(); });
  }

  // reopen replaces the socket at once.
  reopen() { if (!this.#stopped()) this.#attempt(); }

  #silent() { return this.#deps.clock.now() - this.#signAt > limits.quiet; }
  #stopped() { return ['signedout', 'noroom', 'paused'].includes(this.state.name); }

  #afresh() {
    this.#backoff.begin();
    this.#attempt();
  }

  #attempt() {
    this.#drop();
    this.#enter({ name: 'connecting' });
    this.#progress();
    if (this.#sure) {
      this.#sure = false;
      this.#open();
      return;
    }
    const asking = {};
    this.#asking = asking;
    this.#deps.ask((there) => {
      if (this.#asking !== asking) return;
      this.#asking = null;
      if (there) this.#open();
      else this.#retry({ away: !this.#deps.hidden() });
    });
  }

  #open() {
    try {
      this.#socket = this.#deps.open(this.#deps.url(), [subprotocol]);
    } catch { // a policy of the browser forbids it, for now
      this.#retry();
      return;
    }
    const socket = this.#socket;
    // The handlers of a replaced socket do nothing.
    const mine = (handle) => (event) => { if (this.#socket === socket) handle(event); };
    socket.onopen = mine(() => (this.#deps.plain ? this.#live() : this.#progress()));
    socket.onmessage = mine(({ data }) => this.#receive(data));
    socket.onclose = mine(({ code, reason }) => this.#closed(code, reason));
    this.#progress();
  }

  #progress() {
    this.#signAt = this.#deps.clock.now();
    if (this.state.name === 'connecting') this.#after(limits.connect, () => this.#retry());
  }

  #receive(data) {
    this.#progress();
    const event = parseFrame(data);
    this.#deps.frame(event);
    if (event.event === 'live' && this.state.name !== 'live') this.#live();
  }

  #live() {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#liveAt = this.#signAt = this.#deps.clock.now();
    this.#enter({ name: 'live' });
  }

  #closed(code, reason) {
    // After 4408 it resumes at once, unless the last attempt never became live.
    const atOnce = code === closeCode.tooSlow && this.state.name === 'live' ? 0 : null;
    if (code === closeCode.restart) this.#restartAt = this.#deps.clock.now();
    if (Object.hasOwn(over, code)) this.#stop(over[code]);
    else this.#retry({ requested: parseRetry(reason) ?? atOnce, failed: code === closeCode.overloaded || undefined });
  }

  // failure: see Backoff.next.
  #retry(failure = {}) {
    const { clock, online } = this.#deps;
    const now = clock.now();
    const { requested = null } = failure;
    const delay = this.#backoff.next({ liveAt: this.#liveAt, ...failure });
    const restart = now - this.#restartAt < limits.restart;
    this.#drop();
    this.#after(delay, () => this.#attempt());
    this.#enter({ name: online() ? 'reconnecting' : 'offline', at: now + delay, requested: requested !== null, restart });
  }

  #stop(name) {
    this.#drop();
    this.#enter({ name });
  }

  #drop() {
    const socket = this.#socket;
    [this.#socket, this.#liveAt, this.#asking] = [null, null, null];
    this.#deps.clock.clearTimeout(this.#timer);
    socket?.close();
  }

  #after(delay, call) {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = this.#deps.clock.setTimeout(call, delay);
  }

  #enter(state) {
    this.state = state;
    this.#deps.changed(state);
  }
}
