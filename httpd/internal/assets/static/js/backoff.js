// How long a connection waits before it tries again. All times are in milliseconds.

const first = 500;
const last = 30 * 1000;
const lastAway = 5 * 1000; // to ask whether the site is there costs little
const longestRequested = 120 * 1000; // the longest wait that a server may request
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

  // next returns the delay after a failed attempt or the end of a socket. liveAt is when the
  // socket became live, or null; requested is the delay that the server requested, or null. A
  // request is no failure, unless failed says that the server could not do its work: then requested is
  // the least. away: a visible page has asked for the site, and it is not there.
  next({ requested = null, liveAt, failed = requested === null, away = false }) {
    const now = this.#clock.now();
    if (liveAt !== null) this.#wellAt = now;
    if (liveAt !== null && (!failed || now - liveAt >= steady)) this.#failures = 0;
    const least = Math.min(requested ?? 0, longestRequested);
    if (!failed) return least;
    const step = first * 2 ** this.#failures;
    const most = Math.min(now - this.#wellAt < restart ? lastOfRestart : last, away ? lastAway : last);
    if (step < most) this.#failures += 1;
    return Math.max(least, Math.min(step, most) * (0.5 + this.#random() / 2));
  }
}
