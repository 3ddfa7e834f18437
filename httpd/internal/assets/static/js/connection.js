import { askFrame, closeCode, parseFrame, parseRetry, subprotocol } from './protocol.js';

// How long a connection waits before it tries again. All times are in milliseconds.

const first = 500;
const last = 30 * 1000;
const longestTold = 120 * 1000; // the longest wait that a server may request
// A restart takes seconds. For this long after the room was live, no wait is longer than
// that of the page that waits for a server (retry.js).
const restart = 30 * 1000;
const lastOfRestart = 2500;
export const steady = 5 * 1000; // the end of a socket that was live this long is a new failure

// Backoff returns the delay before the next attempt: the server's, or one that doubles
// after each failure, up to a limit. The upper half of a delay is random, so that pages
// that lost their connections together do not return together.
export class Backoff {
  #clock;
  #random;
  #failures = 0;
  #wellAt = 0; // the last time that a socket was live

  constructor(clock, random) { [this.#clock, this.#random] = [clock, random]; }

  // begin forgets every failure.
  begin() { [this.#failures, this.#wellAt] = [0, this.#clock.now()]; }

  // next returns the delay after the end of a socket. liveAt is when it became live, or
  // null; told is the delay that the server requested, or null. A request is no failure, unless
  // failed says that the server could not do its work: then told is the least.
  next(told, liveAt, failed = told === null) {
    const now = this.#clock.now();
    if (liveAt !== null) this.#wellAt = now;
    if (liveAt !== null && (!failed || now - liveAt >= steady)) this.#failures = 0;
    const least = Math.min(told ?? 0, longestTold);
    if (!failed) return least;
    const step = first * 2 ** this.#failures;
    const most = now - this.#wellAt < restart ? lastOfRestart : last;
    if (step < most) this.#failures += 1;
    return Math.max(least, Math.min(step, most) * (0.5 + this.#random() / 2));
  }
}

// The time limits of a connection, see connection.js.
export const limits = {
  connect: 15 * 1000, // an attempt without progress for this long has failed
  restart: 10 * 1000, // for this long a restart is given as the reason
  quiet: 45 * 1000, // a socket that receives nothing for longer is checked
  answer: 10 * 1000, // the time for an answer to that check
};

// Connection keeps one socket to the server. Its states:
//
//   connecting    a socket opens or receives missed messages
//   live          the live event has come: nothing is missing
//   reconnecting  at: time of the next attempt; restart: the server restarts
//   offline       the browser reports no network; it still retries, because browsers err
//   signedout     4401: the session has ended      } no further attempts
//   noroom        4404: no room has this name      }
//   paused        the page is in the back/forward cache

const over = { [closeCode.signIn]: 'signedout', [closeCode.noRoom]: 'noroom' };

export class Connection {
  #deps;
  #socket = null;
  #backoff;
  #liveAt = null;
  #restartAt = -Infinity; // the last restart of the server
  #signAt = 0; // the last frame; scripts do not see the server's pings
  #timer = null; // the next attempt, or the watchdog of this one
  state = { name: 'paused' };

  // deps: url() of the next socket, open(url, protocols) making one, clock, random()
  // as Math.random, online(), frame(event) for each frame as protocol.js parses it,
  // changed(state), and plain: true for a socket that is live once open.
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

  offline() { if (!this.#stopped()) this.#retry(null); }

  // wake: the guest looks at the page again. It replaces a silent socket, which may be dead.
  // A delay that the server requested still holds.
  wake() { if (this.#socket ? this.#silent() : !this.state.told) this.reopen(); }

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
    try {
      this.#socket = this.#deps.open(this.#deps.url(), [subprotocol]);
    } catch { // a policy of the browser forbids it, for now
      this.#retry(null);
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
    if (this.state.name === 'connecting') this.#after(limits.connect, () => this.#retry(null));
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
    else this.#retry(parseRetry(reason) ?? atOnce, code === closeCode.overloaded || undefined);
  }

  #retry(told, failed) {
    const { clock, online } = this.#deps;
    const now = clock.now();
    const delay = this.#backoff.next(told, this.#liveAt, failed);
    const restart = now - this.#restartAt < limits.restart;
    this.#drop();
    this.#after(delay, () => this.#attempt());
    this.#enter({ name: online() ? 'reconnecting' : 'offline', at: now + delay, told: told !== null, restart });
  }

  #stop(name) {
    this.#drop();
    this.#enter({ name });
  }

  #drop() {
    const socket = this.#socket;
    [this.#socket, this.#liveAt] = [null, null];
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
