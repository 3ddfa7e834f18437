const most = 100; // steps in a frame

// Frames collects the changes of a log: the page changes once an animation frame, and by a
// limited number of steps, so that it stays responsive.
export class Frames {
  #queue = [];
  #due = false;
  #soon;
  #draw;

  // soon(call) calls back in the next frame.
  constructor({ soon, draw }) {
    this.#soon = soon;
    this.connect({ draw });
  }

  // draw(steps, last) changes the page; last tells that no steps are left.
  connect({ draw }) { this.#draw = draw; }

  add(steps) {
    for (const step of steps) this.#queue.push(step);
    this.want();
  }

  // want requests a frame even without a step.
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
