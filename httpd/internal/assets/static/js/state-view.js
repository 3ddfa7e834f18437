import { Calm } from './calm.js';
import { texts } from './texts.js';

// StateView shows the state of the connection in words.
export class StateView {
  #element;
  #clock;
  #signIn;
  #offline;
  #calm;
  #tick = null;

  // signIn is the address of the sign-in page that leads back here; offline is the key of the
  // text without a network.
  constructor({
    element, clock, signIn, offline = 'room.state.offline',
  }) {
    this.#element = element;
    this.#clock = clock;
    this.#signIn = signIn;
    this.#offline = offline;
    this.#calm = new Calm({ clock, show: (state) => this.#write(state) });
  }

  show(state) { this.#calm.take(state); }

  #write(state) {
    const { name, at, restart } = state;
    this.#clock.clearTimeout(this.#tick);
    const key = name === 'offline' ? this.#offline : `room.state.${restart ? 'restart' : name}`;
    const words = name === 'paused' ? '' : texts.say(key);
    const line = [make('span', words)];
    const n = Math.ceil((at - this.#clock.now()) / 1000);
    if (name === 'reconnecting' && !restart && n > 1) {
      // Screen readers must not read out every second.
      line[0].className = 'unseen';
      line.push(make('span', texts.say('room.state.reconnecting_in', { n })));
      line[1].ariaHidden = 'true';
      this.#tick = this.#clock.setTimeout(() => this.#write(state), 1000);
    } else if (name === 'signedout') {
      const link = make('a', texts.say('room.sign_in'));
      link.href = this.#signIn;
      line.push(' ', link);
    }
    this.#element.dataset.state = name;
    this.#replace(line);
  }

  // replace keeps an unchanged text, so that it is not read out again.
  #replace(line) {
    const { firstChild } = this.#element;
    const [words, ...rest] = line;
    if (firstChild?.textContent === words.textContent) {
      firstChild.className = words.className;
      this.#element.replaceChildren(firstChild, ...rest);
    } else this.#element.replaceChildren(...line);
  }
}

function make(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
