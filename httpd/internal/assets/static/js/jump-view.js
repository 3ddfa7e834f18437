import { texts } from './texts.js';

const far = 240; // pixels: nearer than this, the newest message is visible

// JumpView is the button that leads down to the newest message.
export class JumpView {
  #button;
  #home;
  #words = '';
  #jump = () => {};

  // home gets the focus when the button has it and is hidden.
  constructor({ button, home }) {
    [this.#button, this.#home] = [button, home];
    button.addEventListener('click', () => {
      this.#jump();
      home.focus();
    });
  }

  // jump() scrolls down to the newest message.
  connect({ jump }) { this.#jump = jump; }

  // show takes the number of unread messages and the distance of the bottom.
  show(count, { distance, atBottom }) {
    const over = atBottom || (count === 0 && distance < far);
    if (over && document.activeElement === this.#button) this.#home.focus();
    this.#button.hidden = over;
    this.#button.classList.toggle('new', count > 0);
    const words = count > 0 ? texts.say('room.new', { n: count }) : texts.say('room.down');
    if (words !== this.#words) this.#button.textContent = words;
    this.#words = words;
  }
}
