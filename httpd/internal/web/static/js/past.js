// The way back through a room's log, page by page.
import { isID } from './protocol.js';

export class Past {
  #deps;
  #turn = 0; // how often it has asked; what answers an earlier one comes too late
  #offered = false; // while it asked

  // state: more, loading, failed (only a click tries again) or end.
  state;

  // deps: load(before) fetching a page, oldest() the ID to go back from or null,
  // loaded(messages) takes what came, changed(state).
  constructor({ more, ...deps }) {
    this.#deps = deps;
    this.state = more ? 'more' : 'end';
  }

  // offer: there may be more than was known.
  offer() {
    this.#offered = true;
    if (this.state === 'end') this.#enter('more');
  }

  // again: what stood in the way may be gone.
  again() { if (this.state === 'failed') this.#enter('more'); }

  // near: the reader comes near to the oldest message shown.
  near() { return this.state === 'more' ? this.back() : undefined; }

  // back asks for a page, and gives up on one that is under way.
  async back() {
    const { load, oldest, loaded } = this.#deps;
    const [turn, before] = [this.#turn += 1, oldest()];
    this.#offered = false;
    this.#enter('loading');
    let next = 'failed';
    try {
      const { messages, more } = await load(before);
      if (turn !== this.#turn) return;
      const came = messages.filter((m) => isID(m?.id) && typeof m.message === 'string');
      // Behind a gap that has opened meanwhile, the way back begins anew: taken
      // for a part of it, the page would hide what is missing there.
      const fits = before === oldest();
      if (fits) loaded(came);
      next = more === true || !fits || this.#offered ? 'more' : 'end';
    } catch { /* the guest is told */ }
    if (turn === this.#turn) this.#enter(next);
  }

  #enter(state) {
    this.state = state;
    this.#deps.changed(state);
  }
}
