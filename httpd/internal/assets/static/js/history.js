import { isID } from './protocol.js';

// History loads the older messages of a room, page by page. It knows no elements.
export class History {
  #deps;
  #turn = 0; // number of the request; answers to earlier ones are ignored
  #offered = false; // since the last request

  // state: more, loading, failed (only a click tries again) or end.
  state;

  // load(before) fetches a page; the deps may include those of connect.
  constructor({ more, ...deps }) {
    this.#deps = deps;
    this.state = more ? 'more' : 'end';
  }

  // deps: oldest(), the ID to go back from or null; loaded(messages); changed(state).
  connect(deps) { Object.assign(this.#deps, deps); }

  // offer: there may be more than was known.
  offer() {
    this.#offered = true;
    if (this.state === 'end') this.#enter('more');
  }

  // again: the reason of a failure may be gone.
  again() { if (this.state === 'failed') this.#enter('more'); }

  // near: the reader approaches the oldest message shown.
  near() { return this.state === 'more' ? this.back() : undefined; }

  // back requests a page, and ignores the answer to an earlier request.
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
      // If a gap has opened meanwhile, history starts again behind the gap: adding this page
      // would hide the gap.
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
