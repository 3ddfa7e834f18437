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
  // null; told is the delay that the server requested, or null. A request is no failure.
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

// The time limits of a connection, see connection.js.
export const limits = {
  connect: 15 * 1000, // an attempt without progress for this long has failed
  restart: 10 * 1000, // for this long a restart is given as the reason
  quiet: 45 * 1000, // a socket that receives nothing for longer is checked
  answer: 10 * 1000, // the time for an answer to that check
};
