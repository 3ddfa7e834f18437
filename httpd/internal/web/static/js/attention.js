// Joins what is unread with who is to be told of it. It touches no page.
import { Unread } from './unread.js';

export class Attention {
  #deps;
  #unread = new Unread();

  // deps: own and seen (see kept.js), inSight(), atBottom(), tell(text) for each
  // message that comes out of sight, changed(count).
  constructor(deps) { this.#deps = deps; }

  get count() { return this.#unread.count; }

  get line() { return this.#unread.line; }

  // begin takes the IDs that the page shows at first.
  begin(ids) { this.#unread.begin(ids, this.#deps.seen.load(), (id) => this.#deps.own.has(id)); }

  // came takes the steps of a timeline that a message of the socket has caused.
  came(steps) {
    const { own, inSight, atBottom, tell } = this.#deps;
    const looking = inSight() && atBottom();
    for (const { do: what, key, message } of steps) {
      if (what === 'remove') this.#unread.not(key);
      else if (what === 'insert' && !own.has(key)) {
        this.#unread.came(key, looking);
        if (!inSight()) tell(message);
      }
    }
    this.#changed();
  }

  own(id) {
    this.#unread.not(id);
    this.#changed();
  }

  said() {
    this.#unread.said();
    this.#changed();
  }

  // look: what is in sight may have changed.
  look() {
    if (this.#deps.inSight() && this.#deps.atBottom()) this.#unread.looked();
    this.#changed();
  }

  // leave: the page may not come back; the next one goes on from here.
  leave() { this.#deps.seen.save(this.#unread.seen ?? ''); }

  #changed() { this.#deps.changed(this.count); }
}
