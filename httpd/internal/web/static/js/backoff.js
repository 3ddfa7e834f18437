// All in milliseconds.
const first = 500;
const last = 30 * 1000;
const longestTold = 120 * 1000; // the longest wait that a server may ask for

// Backoff says how long to wait before the next attempt: as long as the server
// told, or twice as long after each failure, up to a cap. The upper half of it
// is left to chance, so that pages which failed together come back apart.
export class Backoff {
  #random;
  #failures = 0;

  constructor(random) { this.#random = random; }

  reset() { this.#failures = 0; }

  // next counts a failure and returns the delay; told is null or milliseconds.
  next(told) {
    const step = Math.min(first * 2 ** this.#failures, last);
    this.#failures += 1;
    return told === null ? step * (0.5 + this.#random() / 2) : Math.min(told, longestTold);
  }
}
