import { texts } from './texts.js';

// A short break is not worth a word: a socket that is renewed after a sleep is
// back before anybody could read it. In milliseconds.
const patience = 600;

// StateView says in words what the connection is doing.
export class StateView {
  #element;
  #clock;
  #signIn;
  #timer = null;
  #now = null; // what the timer will write

  // signIn is the address of the sign-in page that leads back here.
  constructor({ element, clock, signIn }) {
    this.#element = element;
    this.#clock = clock;
    this.#signIn = signIn;
  }

  show(state) {
    this.#now = state;
    const passing = state.name === 'connecting' || state.name === 'reconnecting';
    const shown = this.#element.dataset.state;
    // A longer trouble stays in sight while the next attempt is made. The time
    // runs from the first change: attempts that fail at once do not prolong it.
    if (passing && shown && shown !== state.name) {
      this.#timer ??= this.#clock.setTimeout(() => this.#write(this.#now), patience);
    } else {
      this.#write(state);
    }
  }

  #write(state) {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    const line = [this.#words(state)];
    if (state.name === 'signedout') {
      const link = document.createElement('a');
      link.href = this.#signIn;
      link.textContent = texts.say('room.sign_in');
      line.push(' ', link);
    }
    this.#element.dataset.state = state.name;
    this.#element.replaceChildren(...line);
  }

  #words({ name, at }) {
    if (name === 'paused') return '';
    const n = Math.ceil((at - this.#clock.now()) / 1000);
    return name === 'reconnecting' && n > 1
      ? texts.say('room.state.reconnecting_in', { n }) : texts.say(`room.state.${name}`);
  }
}
