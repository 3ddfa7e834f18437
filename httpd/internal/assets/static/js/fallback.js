// Fallback keeps a room live where sockets are blocked: after a while without one it loads
// slow-line.js, which sends and reads over HTTP. The connection goes on trying, and the first
// socket that is live takes over.

import { parseFrame } from './protocol.js';

// Milliseconds without a live socket before the slow line begins. The random part keeps pages
// that lost their sockets together apart.
export const blocked = { after: 30 * 1000, spread: 10 * 1000 };

const none = { stop() {}, now() {} }; // a line that is being loaded
const lost = new Set(['connecting', 'reconnecting', 'offline']);

export class Fallback {
  #deps;
  #connection = null; // its last state
  #timer = null;
  #line = null;
  #turn = 0; // a line that is stopped has an old one
  #held = []; // frames of a socket that is not live yet
  state = { name: 'paused' };

  // deps: clock, random; load() returns a promise of the class SlowLine; line, what the line
  // needs, see there; end(code), see connection.js; frame(event) and changed(state), which get
  // the events and the states of the connection or the line. Of the line the state is live, with
  // slow: true.
  constructor(deps) { this.#deps = deps; }

  // connectionChanged takes a state of the connection.
  connectionChanged(state) {
    this.#connection = state;
    this.#held = [];
    if (!lost.has(state.name)) {
      this.#stop();
      this.#enter(state);
      return;
    }
    if (!this.#line) this.#await();
    if (!this.state.slow) this.#enter(state);
  }

  // frame takes an event of the connection. While the line is live, the events of a socket wait
  // until that socket is live, too.
  frame(event) {
    if (!this.state.slow) {
      if (this.#line) this.#stop(); // events of both would mix
      this.#deps.frame(event);
      return;
    }
    this.#held.push(event);
    if (event.event !== 'live') return;
    const held = this.#held;
    this.#stop();
    this.#enter(this.#connection);
    held.forEach((each) => this.#deps.frame(each));
  }

  // send returns null if it is not for the line.
  send(frame) { return this.state.slow ? this.#line.send(frame) : null; }

  // now: the guest needs the newest. It returns false without a line.
  now() {
    if (this.state.slow) this.#line.hurry();
    return Boolean(this.state.slow);
  }

  #await() {
    const { clock, random } = this.#deps;
    this.#timer ??= clock.setTimeout(() => this.#begin(), blocked.after + random() * blocked.spread);
  }

  async #begin() {
    const turn = this.#turn;
    [this.#timer, this.#line] = [null, none];
    const SlowLine = await this.#deps.load().catch(() => null); // the site may be away
    if (turn !== this.#turn) return;
    this.#line = null;
    if (!SlowLine) {
      this.#await();
      return;
    }
    const { clock, random, line, frame, end } = this.#deps;
    this.#line = new SlowLine({
      ...line,
      clock,
      random,
      end,
      frame: (event) => frame(parseFrame(JSON.stringify(event))),
      live: (on) => this.#enter(on ? { name: 'live', slow: true } : this.#connection),
    });
    this.#line.now();
  }

  #stop() {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#line?.stop();
    [this.#timer, this.#line, this.#held] = [null, null, []];
    this.#turn += 1;
  }

  #enter(state) {
    this.state = state;
    this.#deps.changed(state);
  }
}
