import { texts } from './texts.js';

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

  change(state) {
    this.#next = state;
    const { name } = state;
    if (passing.has(name)) {
      // An interruption stays visible during the next attempt. The time runs from the first
      // change, so attempts that fail at once do not delay it.
      if (this.#shown === name) this.#write();
      else this.#timer ??= this.#clock.setTimeout(() => this.#write(), patience);
      return;
    }
    const left = Math.min(this.#since + least - this.#clock.now(), least);
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

// StateView shows the state of the connection in words.
export class StateView {
  #element;
  #clock;
  #signIn;
  #offline;
  #calm;
  #tick = null;

  #words = make('span', '');
  #button = make('button', texts.get('room.state.now'));

  // signIn is the address of the sign-in page that leads back here; offline is the key of the
  // text without a network; now() is called when the guest wants an attempt at once.
  constructor({
    element, clock, signIn, now, offline = 'room.state.offline',
  }) {
    this.#element = element;
    this.#button.type = 'button';
    this.#button.addEventListener('click', now);
    element.replaceChildren(this.#words, this.#button);
    this.#button.hidden = true;
    this.#clock = clock;
    this.#signIn = signIn;
    this.#offline = offline;
    this.#calm = new Calm({ clock, show: (state) => this.#write(state) });
  }

  show(state) { this.#calm.change(state); }

  #write(state) {
    const { name, slow, at, restart, requested, code } = state;
    this.#clock.clearTimeout(this.#tick);
    const shown = code || (slow ? 'slow' : name);
    const key = name === 'offline' ? this.#offline : `room.state.${restart ? 'restart' : shown}`;
    const line = [make('span', name === 'paused' ? '' : texts.get(key))];
    const n = Math.ceil((at - this.#clock.now()) / 1000);
    if (name === 'reconnecting' && !restart && n > 1) {
      // Screen readers must not read out every second.
      line[0].className = 'unseen';
      line.push(make('span', texts.get('room.state.reconnecting_in', { n })));
      line[1].setAttribute('aria-hidden', 'true');
      this.#tick = this.#clock.setTimeout(() => this.#write(state), 1000);
    } else if (name === 'signedout') {
      const link = make('a', texts.get('room.sign_in'));
      link.href = this.#signIn;
      line.push(' ', link);
    }
    this.#element.dataset.state = shown;
    this.#replace(line);
    // It stays during the next attempt, so that it does not disappear under a finger.
    if (name !== 'connecting') this.#button.hidden = requested || restart || name !== 'reconnecting';
  }

  // replace keeps an unchanged text, so that it is not read out again.
  #replace(line) {
    const { firstChild } = this.#words;
    const [words, ...rest] = line;
    if (firstChild?.textContent === words.textContent) {
      firstChild.className = words.className;
      this.#words.replaceChildren(firstChild, ...rest);
    } else this.#words.replaceChildren(...line);
  }
}

function make(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
