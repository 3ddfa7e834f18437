// Which messages came while nobody looked: how many, and where they begin.
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
