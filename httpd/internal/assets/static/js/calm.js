// In milliseconds.
export const patience = 1000; // an interruption is shown after this
export const least = 700; // and stays at least this long

const passing = new Set(['connecting', 'reconnecting', 'offline']);

// Calm delays the states of a connection for the reader: an interruption that is over in
// a moment is not shown, and one that is shown stays long enough to be read.
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
      // An interruption stays visible during the next attempt. The time runs from the first
      // change, so attempts that fail at once do not delay it.
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
