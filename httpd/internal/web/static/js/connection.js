// Keeps one socket to the server, and tells the truth about it:
//
//   connecting    a socket is opening, or sending what was missed
//   live          the server's live event came: nothing is missing
//   reconnecting  at: when the next attempt is due; restart: it is for that
//   offline       the browser says so; at as above, because browsers err
//   signedout     4401: the session is gone        } nothing is tried
//   noroom        4404: no room has such a name    } any more
//   paused        the page is hidden in the browser's history
import { Backoff, limits } from './patience.js';
import { askFrame, closeCode, parseFrame, parseRetry, subprotocol } from './protocol.js';

const over = { [closeCode.signIn]: 'signedout', [closeCode.noRoom]: 'noroom' };

export class Connection {
  #deps;
  #socket = null;
  #backoff;
  #liveAt = null;
  #restartAt = -Infinity; // when the server last said so
  #signAt = 0; // the last sign of life; the server's pings cannot be seen here
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

  // pause gives the socket up, as a page in the history must not hold one.
  pause() { this.#stop('paused'); }

  // send returns false when the frame cannot go out now.
  send(frame) {
    if (this.state.name !== 'live' || this.#socket.readyState !== 1) return false;
    this.#socket.send(frame);
    return true;
  }

  // online: there is a network again, perhaps another, on which the socket is dead.
  online() { if (!this.#stopped()) this.#afresh(); }

  offline() { if (!this.#stopped()) this.#retry(null); }

  // wake: the page is looked at again. A silent socket may have died, and a new one is
  // cheap. A delay that the server asked for is kept.
  wake() { if (this.#socket ? this.#silent() : !this.state.told) this.reopen(); }

  // check, now and then while the page is looked at: a network can go without a word,
  // and a silent socket says nothing of it. So the server is asked, and has to answer.
  check() {
    if (this.state.name !== 'live' || !this.#silent()) return;
    const last = this.#signAt;
    this.send(askFrame);
    this.#after(limits.answer, () => { if (this.#signAt === last) this.reopen(); });
  }

  // reopen replaces the socket at once, whatever became of it.
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
    // The handlers of a socket that was given up are deaf.
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
    // Too slow is no fault of the network: resume at once, but not in a circle.
    const atOnce = code === closeCode.tooSlow && this.state.name === 'live' ? 0 : null;
    if (code === closeCode.restart) this.#restartAt = this.#deps.clock.now();
    if (Object.hasOwn(over, code)) this.#stop(over[code]);
    else this.#retry(parseRetry(reason) ?? atOnce);
  }

  #retry(told) {
    const { clock, online } = this.#deps;
    const now = clock.now();
    const delay = this.#backoff.next(told, this.#liveAt);
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
