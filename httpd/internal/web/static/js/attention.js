// What came while nobody looked, and what a guest is told of it. It touches no page.

// Unread is which messages came while nobody looked: how many, and where they begin.
export class Unread {
  #ids = new Set(); // in the log's order
  #seen = null; // the newest that was there when somebody looked

  // line is the ID of the message that a line stands in front of, or null. It
  // stays when all is read, until something is unread again.
  line = null;

  get count() { return this.#ids.size; }

  get seen() { return this.#seen; }

  // begin takes the IDs that the page shows at first, and the newest one that
  // this tab had seen before, which may be null.
  begin(ids, seen, isOwn) {
    const at = ids.indexOf(seen);
    this.line = at < 0 ? null : ids.slice(at + 1).find((id) => !isOwn(id)) ?? null;
    this.#seen = ids.at(-1) ?? seen;
  }

  // came: a message is there; looking tells whether it is in somebody's sight.
  came(id, looking) {
    if (looking) {
      this.#seen = id;
      return;
    }
    if (this.count === 0) this.line = id;
    this.#ids.add(id);
  }

  // looked: the newest message is in sight.
  looked() {
    this.#seen = [...this.#ids].at(-1) ?? this.#seen;
    this.#ids.clear();
  }

  // said: the guest takes part, so that all before it is old.
  said() {
    this.looked();
    this.line = null;
  }

  // not: this one is the guest's own, or not in the log any more.
  not(id) {
    this.#ids.delete(id);
    if (this.line === id) this.line = this.#ids.values().next().value ?? null;
  }
}

// Attention joins what is unread with who is to be told of it.
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

export const titled = (title, count) => (count > 0 ? `(${count > 99 ? '99+' : count}) ${title}` : title);
