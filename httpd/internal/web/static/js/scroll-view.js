// Keeps the reader's place. The scroller is turned round by its style
// (column-reverse): it is at the bottom when scrollTop is 0, and stays there by
// itself. Further up, what the reader looks at must not move, whatever comes
// above or below it.
export class ScrollView {
  #scroller;

  constructor(scroller) { this.#scroller = scroller; }

  get atBottom() { return Math.abs(this.#scroller.scrollTop) < 40; }

  toBottom() { this.#scroller.scrollTop = 0; }

  // keepPlace runs a change of the page. rows are the elements that may serve
  // as the fixed point; the first one in sight does.
  keepPlace(rows, change) {
    if (this.atBottom) {
      change();
      this.toBottom();
      return;
    }
    const top = this.#scroller.getBoundingClientRect().top;
    const fixed = Array.prototype.find.call(rows, (row) => row.getBoundingClientRect().bottom > top);
    const before = fixed?.getBoundingClientRect().top;
    change();
    if (fixed?.isConnected) this.#scroller.scrollTop += fixed.getBoundingClientRect().top - before;
  }
}
