import { texts } from './texts.js';

// UnreadLineView is the button that leads up to the line above the unread messages, until
// that line has been visible.
export class UnreadLineView {
  #deps;
  #met = null; // the row whose line has been visible

  // deps: button, scroller and the lines in it (one or none).
  constructor(deps) {
    this.#deps = { ...deps };
    deps.button.addEventListener('click', () => this.#deps.to(this.#row));
  }

  // to(row) scrolls to a row.
  connect({ to }) { this.#deps.to = to; }

  get #row() { return this.#deps.lines[0]?.parentNode; }

  // show takes what is unread, see unread.js, and whether somebody looks.
  show({ behind, more }, looking) {
    const { button, scroller } = this.#deps;
    const row = this.#row;
    const [view, at] = [scroller, row ?? scroller].map((e) => e.getBoundingClientRect());
    const above = at.bottom <= view.top;
    if (row && looking && !above && at.top < view.bottom) this.#met = row;
    const over = !row || !above || this.#met === row;
    if (over && document.activeElement === button) scroller.focus();
    button.hidden = over;
    const words = texts.say('room.new', { n: more ? `${behind}+` : behind });
    if (words !== button.textContent) button.textContent = words;
  }
}
