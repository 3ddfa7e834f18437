import { texts } from './texts.js';

// ScrollView keeps the reader's place. The style of the scroller is column-reverse: at
// scrollTop 0 it shows the bottom, and it stays there by itself. Further up the visible rows
// must not move when rows above or below are added, removed or resized: after each change of
// a size, before it is painted, the first visible row is put back in its place.
//
// Rows change only in animation frames (Frames). Scroll events come before those, so they
// see all rows as they were painted.
export class ScrollView {
  #scroller;
  #column;
  #lists;
  #fixed = null; // {row, top}: the first visible row and its place
  #put = null; // the scrollTop that this view has set
  #width; // of the column, when the place was kept last
  #moved = () => {};

  // lists are the lists of rows, in order.
  constructor({ scroller, column, lists }) {
    [this.#scroller, this.#column] = [scroller, column];
    this.#lists = lists;
    scroller.addEventListener('scroll', () => {
      // A scroll by this view is no new place: the rounding errors would add up. Neither is
      // a scroll by the browser after a change of the width; the observer restores the place.
      if (scroller.scrollTop !== this.#put && column.clientWidth === this.#width) this.note();
      this.#moved();
    }, { passive: true });
    const sizes = new ResizeObserver(() => this.#keep());
    sizes.observe(column);
    sizes.observe(scroller);
  }

  // moved() is called when the reader scrolls.
  connect({ moved }) { this.#moved = moved; }

  // distance is how far the bottom is away, in pixels.
  get distance() { return Math.abs(this.#scroller.scrollTop); }

  get atBottom() { return this.distance < 40; }

  toBottom() {
    this.#fixed = null;
    this.#scroller.scrollTop = 0;
  }

  // hold keeps a row, which is about to change its height, where it is.
  hold(row) { this.#fixed = { row, top: this.#topOf(row) }; }

  // to scrolls to a row and keeps it in its place.
  to(row) {
    this.#fixed = { row, top: this.#scroller.clientHeight / 5 };
    this.#keep();
  }

  #keep() {
    this.#width = this.#column.clientWidth;
    if (this.#fixed?.row.isConnected) {
      this.#scroller.scrollTop += this.#topOf(this.#fixed.row) - this.#fixed.top;
      this.#put = this.#scroller.scrollTop;
    } else if (this.atBottom) this.toBottom();
    else this.note();
  }

  // note chooses the row that stays in its place.
  note() {
    this.#put = null;
    const row = this.atBottom ? null : this.#first();
    this.#fixed = row && { row, top: this.#topOf(row) };
  }

  // The top of the text: a heading above it may appear or disappear.
  #topOf(row) { return row.querySelector('p').getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top; }

  // first finds the first visible row by a binary search. It prefers a row whose text begins
  // in view: another one may grow above the edge. It also prefers the row below a gap that
  // history fills when it is there (history.js): in the upper half, or where the log begins.
  #first() {
    const { top: edge, bottom: end } = this.#scroller.getBoundingClientRect();
    const last = this.#lists[0].getBoundingClientRect().top > edge ? end : (edge + end) / 2;
    const isNear = ({ top, bottom }) => bottom > edge && top < last;
    const gap = [...this.#column.getElementsByClassName('gap')].filter((row) => isNear(row.getBoundingClientRect())).at(-1);
    const below = gap?.nextElementSibling ?? (gap?.parentNode === this.#lists[0] ? this.#lists[1].firstElementChild : null);
    if (below) return below;
    for (const { children } of this.#lists) {
      let [from, to] = [0, children.length];
      while (from < to) {
        const middle = (from + to) >> 1;
        if (children[middle].getBoundingClientRect().bottom > edge) to = middle;
        else from = middle + 1;
      }
      if (from === children.length) continue;
      const next = children[from + 1];
      const cut = this.#topOf(children[from]) < 0 && next && next.getBoundingClientRect().top < end;
      return cut ? next : children[from];
    }
    return null;
  }
}

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
    const words = count > 0 ? texts.get('room.new', { n: count }) : texts.get('room.down');
    if (words !== this.#words) this.#button.textContent = words;
    this.#words = words;
  }
}

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

  // show takes what is unread, see Unread, and whether somebody looks.
  show({ behind, more }, looking) {
    const { button, scroller } = this.#deps;
    const row = this.#row;
    const [view, at] = [scroller, row ?? scroller].map((e) => e.getBoundingClientRect());
    const above = at.bottom <= view.top;
    if (row && looking && !above && at.top < view.bottom) this.#met = row;
    const over = !row || !above || this.#met === row;
    if (over && document.activeElement === button) scroller.focus();
    button.hidden = over;
    const words = texts.get('room.new', { n: more ? `${texts.number(behind)}+` : behind });
    if (words !== button.textContent) button.textContent = words;
  }
}
