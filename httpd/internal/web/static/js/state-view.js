import { texts } from './texts.js';

// A short break is not worth a word: a socket that is renewed after a sleep is
// back before anybody could read it.
const patience = 600;

// StateView says in words what the connection is doing.
export class StateView {
  #element;
  #clock;
  #signIn;
  #timer = null;

  // signIn is the address of the sign-in page that leads back here.
  constructor({ element, clock, signIn }) {
    this.#element = element;
    this.#clock = clock;
    this.#signIn = signIn;
  }

  show(state) {
    this.#clock.clearTimeout(this.#timer);
    const passing = state.name === 'connecting' || state.name === 'reconnecting';
    const shown = this.#element.dataset.state;
    // A longer trouble stays in sight while the next attempt is made.
    if (passing && shown && shown !== state.name) {
      this.#timer = this.#clock.setTimeout(() => this.#write(state), patience);
    } else {
      this.#write(state);
    }
  }

  #write(state) {
    const words = texts.state[state.name];
    const seconds = Math.ceil((state.at - this.#clock.now()) / 1000);
    const line = [typeof words === 'function' ? words(seconds) : words];
    if (state.name === 'signedout') {
      const link = document.createElement('a');
      link.href = this.#signIn;
      link.textContent = texts.signIn;
      line.push(' ', link);
    }
    this.#element.dataset.state = state.name;
    this.#element.replaceChildren(...line);
  }
}
