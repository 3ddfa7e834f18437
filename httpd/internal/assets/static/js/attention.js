import { Unread } from './unread.js';

// Attention counts unread messages and announces those of others. It knows no elements.
export class Attention {
  #deps;
  #unread = new Unread();
  #held = []; // {key, message} of messages that may be the tab's own

  // deps: own and seen, see storage.js, and inSight(); they may include those of connect.
  constructor(deps) { this.#deps = { ...deps }; }

  // deps: atBottom(); saying(text), whether this tab may be waiting for the acknowledgement
  // of that text; tell(text) for each message of others that arrives out of sight; and
  // changed(count).
  connect(deps) { Object.assign(this.#deps, deps); }

  // count, line, behind and more: see unread.js.
  get unread() { return this.#unread; }

  // begin takes the IDs that the page shows at first, and whether the log has more.
  begin(ids, more) {
    const { seen, own, inSight } = this.#deps;
    this.#unread.begin(ids, seen.load(), own.has, { looking: inSight(), more });
    this.#changed();
  }

  // older takes the steps that a page of history has caused.
  older(steps) { this.#unread.older(steps.map(({ key }) => key), this.#deps.own.has); }

  // came takes the steps of a timeline that a message of the socket has caused.
  came(steps) {
    const { own, inSight, atBottom } = this.#deps;
    const looking = inSight() && atBottom();
    for (const { do: what, key, message } of steps) {
      if (what === 'remove') this.#unread.not(key);
      else if (what === 'insert' && !own.has(key)) {
        this.#unread.came(key, looking);
        if (!inSight()) this.#held.push({ key, message });
      }
    }
    this.settle();
    this.#changed();
  }

  // settle announces the messages that are known to be of others. The frame of an own message
  // may arrive before its acknowledgement: until then it is not announced.
  settle() {
    const { own, saying, tell } = this.#deps;
    const held = this.#held;
    this.#held = held.filter(({ key, message }) => !own.has(key) && saying(message));
    for (const { key, message } of held) if (!own.has(key) && !saying(message)) tell(message);
  }

  own(id) {
    this.#unread.not(id);
    this.#changed();
  }

  said() {
    this.#unread.said();
    this.#changed();
  }

  // look: the visible part of the log may have changed.
  look() {
    if (this.#deps.inSight() && this.#deps.atBottom()) this.#unread.looked();
    this.#changed();
  }

  // leave stores the newest seen message for the next page.
  leave() { this.#deps.seen.save(this.#unread.seen ?? ''); }

  #changed() { this.#deps.changed(this.#unread.count); }
}

export const titled = (title, count) => (count > 0 ? `(${count > 99 ? '99+' : count}) ${title}` : title);
