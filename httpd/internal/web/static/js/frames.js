// Gathers the changes of a log, so that the page is changed once a frame, and
// never by so much at once that it would stand still.

const most = 100; // steps in a frame

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
