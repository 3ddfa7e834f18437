import { texts } from './texts.js';

const far = 240; // pixels: as near as this, the bottom is in sight

// JumpView is the button that leads down to the newest message.
export class JumpView {
  #button;
  #words = '';

  constructor({ button, jump }) {
    this.#button = button;
    button.addEventListener('click', jump);
  }

  // show takes how many messages are unread and how far the bottom is away.
  show(count, { distance, atBottom }) {
    this.#button.hidden = atBottom || (count === 0 && distance < far);
    this.#button.classList.toggle('new', count > 0);
    const words = count > 0 ? texts.say('room.new', { n: count }) : texts.say('room.down');
    if (words !== this.#words) this.#button.textContent = words;
    this.#words = words;
  }
}
