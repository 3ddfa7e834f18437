// Keeps the reader's place. The scroller is turned round by its style
// (column-reverse): it is at the bottom when scrollTop is 0, and stays there by
// itself. Further up, what the reader looks at must not move, whatever comes,
// goes or grows above or below it: after each change of a size, and before it is
// painted, the row that was first in sight is put back where it was.
//
// The page changes rows in animation frames only (Frames). So when a scroll
// event comes, which is before those, everything stands where it was painted.
export class ScrollView {
  #scroller;
  #column;
  #lists;
  #fixed = null; // {row, top}: the first row in sight and where it stands
  #put = null; // the scrollTop that this view has set
  #width; // of the column, when the place was kept last

  // lists are the lists of rows, in order; moved() is called when the reader scrolls.
  constructor({ scroller, column, lists, moved }) {
    [this.#scroller, this.#column] = [scroller, column];
    this.#lists = lists;
    scroller.addEventListener('scroll', () => {
      // What it has done itself is no new place; taken for one, the fractions of
      // pixels that are lost would add up. Nor is what the browser does where the
      // column has become wider, and shorter by that: the place is kept in a moment.
      if (scroller.scrollTop !== this.#put && column.clientWidth === this.#width) this.#note();
      moved();
    }, { passive: true });
    const sizes = new ResizeObserver(() => this.#keep());
    sizes.observe(column);
    sizes.observe(scroller);
  }

  // distance is how far the bottom is away, in pixels.
  get distance() { return Math.abs(this.#scroller.scrollTop); }

  get atBottom() { return this.distance < 40; }

  toBottom() {
    this.#fixed = null;
    this.#scroller.scrollTop = 0;
  }

  // to brings a row into sight, and keeps it there whatever comes around it.
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
    else this.#note();
  }

  #note() {
    this.#put = null;
    const row = this.atBottom ? null : this.#first();
    this.#fixed = row && { row, top: this.#topOf(row) };
  }

  // The text's top, not the row's: a heading may come above it, or go.
  #topOf(row) { return row.querySelector('p').getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top; }

  // first finds the first row in sight, among thousands: one whose text begins
  // there, if there is one, because the others may grow above the edge.
  #first() {
    const { top: edge, bottom: end } = this.#scroller.getBoundingClientRect();
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

const most = 100; // steps in a frame

// Frames gathers the changes of a log, so that the page is changed once a frame, and
// never by so much at once that it would stand still.
export class Frames {
  #queue = [];
  #due = false;
  #soon;
  #draw;

  // soon(call) calls back in the next frame; draw(steps, last) changes the page,
  // last tells that nothing is left for another frame.
  constructor({ soon, draw }) {
    this.#soon = soon;
    this.#draw = draw;
  }

  add(steps) {
    for (const step of steps) this.#queue.push(step);
    this.want();
  }

  // want asks for a frame even if there is no step for it.
  want() {
    if (this.#due) return;
    this.#due = true;
    this.#soon(() => {
      this.#due = false;
      const steps = this.#queue.splice(0, most);
      if (this.#queue.length > 0) this.want();
      this.#draw(steps, this.#queue.length === 0);
    });
  }
}
