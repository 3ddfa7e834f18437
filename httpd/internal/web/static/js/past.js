// The way back through a room's log, page by page.
import { isID } from './protocol.js';

export class Past {
  #deps;

  // state: more, loading, failed (only a click tries again) or end.
  state;

  // deps: load(before) fetching a page, oldest() the ID to go back from or null,
  // loaded(messages) takes what came, changed(state).
  constructor({ more, ...deps }) {
    this.#deps = deps;
    this.state = more ? 'more' : 'end';
  }

  // offer: there may be more than was known.
  offer() { if (this.state === 'end') this.#enter('more'); }

  // again: what stood in the way may be gone.
  again() { if (this.state === 'failed') this.#enter('more'); }

  // near: the reader comes near to the oldest message shown.
  near() { return this.state === 'more' ? this.back() : undefined; }

  async back() {
    if (this.state === 'loading') return;
    this.#enter('loading');
    try {
      const { messages, more } = await this.#deps.load(this.#deps.oldest());
      this.#deps.loaded(messages.filter((m) => isID(m?.id) && typeof m.message === 'string'));
      this.#enter(more === true ? 'more' : 'end');
    } catch {
      this.#enter('failed');
    }
  }

  #enter(state) {
    this.state = state;
    this.#deps.changed(state);
  }
}
