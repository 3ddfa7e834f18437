// Keeps what is shown of a connection calm: a break that is over in a moment is
// never shown, and a trouble that is shown stays long enough to be read.

// In milliseconds.
export const patience = 1000;
export const least = 700;

const passing = new Set(['connecting', 'reconnecting', 'offline']);

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
