// How long to wait: before a connection is tried again, and before a guest is told
// that there is none. All in milliseconds.

const first = 500;
const last = 30 * 1000;
const longestTold = 120 * 1000; // the longest wait that a server may ask for
// A restart is over in seconds: for so long after the room was live, nobody who
// was cut off waits longer than the waiting page does.
const restart = 30 * 1000;
const lastOfRestart = 2500;
export const steady = 5 * 1000; // live for so long, a socket's end is a new trouble

// Backoff says how long to wait before the next attempt: as long as the server
// told, or twice as long after each failure, up to a cap. The upper half of it
// is left to chance, so that pages which failed together come back apart.
export class Backoff {
  #clock;
  #random;
  #failures = 0;
  #wellAt = 0; // when the trouble began: the last time that anything was live

  constructor(clock, random) { [this.#clock, this.#random] = [clock, random]; }

  // begin forgets every failure.
  begin() { [this.#failures, this.#wellAt] = [0, this.#clock.now()]; }

  // next returns the delay after a socket that was live since liveAt, or null.
  // What the server asks for, if told is not null, is no failure.
  next(told, liveAt) {
    const now = this.#clock.now();
    if (liveAt !== null) this.#wellAt = now;
    if (liveAt !== null && (told !== null || now - liveAt >= steady)) this.#failures = 0;
    if (told !== null) return Math.min(told, longestTold);
    const step = first * 2 ** this.#failures;
    const most = now - this.#wellAt < restart ? lastOfRestart : last;
    if (step < most) this.#failures += 1;
    return Math.min(step, most) * (0.5 + this.#random() / 2);
  }
}

// What a connection is given, see connection.js.
export const limits = {
  connect: 15 * 1000, // without progress for this long, an attempt is given up
  restart: 10 * 1000, // no longer than that is a restart the reason
  quiet: 45 * 1000, // a socket silent for longer is not trusted
  answer: 10 * 1000, // so long it may take to show that it lives
};

export const patience = 1000;
export const least = 700;

const passing = new Set(['connecting', 'reconnecting', 'offline']);

// Calm keeps what is shown of a connection calm: a break that is over in a moment is
// never shown, and a trouble that is shown stays long enough to be read.
export class Calm {
  #clock;
  #show;
  #timer = null;
  #next = null; // what the timer will show
  #shown = null;
  #since = 0;

  // show(state) is called with what to show, a state of connection.js.
  constructor({ clock, show }) {
    this.#clock = clock;
    this.#show = show;
  }

  take(state) {
    this.#next = state;
    const { name } = state;
    if (passing.has(name)) {
      // A trouble stays in sight while the next attempt is made. The time runs
      // from the first change: attempts that fail at once do not prolong it.
      if (this.#shown === name) this.#write();
      else this.#timer ??= this.#clock.setTimeout(() => this.#write(), patience);
      return;
    }
    const left = this.#since + least - this.#clock.now();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    if (name === 'live' && passing.has(this.#shown) && left > 0) this.#timer = this.#clock.setTimeout(() => this.#write(), left);
    else this.#write();
  }

  #write() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#shown !== this.#next.name) this.#since = this.#clock.now();
    this.#shown = this.#next.name;
    this.#show(this.#next);
  }
}
