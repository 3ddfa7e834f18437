// What came while nobody looked, and what a guest is told of it. It touches no page.
import { compareIDs, isID } from './protocol.js';

// Unread is which messages came while nobody looked: how many, and where they begin.
export class Unread {
  #ids = new Set(); // in the log's order
  #seen = null; // the newest that was there when somebody looked
  #beyond = null; // the line is to stand behind this one, which is not known yet

  // line is the ID of the message that a line stands in front of, or null. It
  // stays when all is read, until something is unread again.
  line = null;

  // behind is how many stand behind the line, from before or after somebody looked.
  behind = 0;

  get more() { return this.#beyond !== null; } // there are than those behind the line

  get count() { return this.#ids.size; }

  get seen() { return this.#seen; }

  // begin takes the IDs that the page shows at first, the newest one that this tab had
  // seen before, or none, and whether somebody looks. more: the log has older ones.
  begin(ids, seen, isOwn, { looking, more }) {
    const known = isID(seen);
    this.#seen = (looking || !known ? ids.at(-1) : seen) ?? seen;
    if (!known) return;
    if (more && compareIDs(ids[0], seen) > 0) this.#beyond = seen;
    const fresh = ids.filter((id) => compareIDs(id, seen) > 0 && !isOwn(id));
    this.#begins(fresh);
    if (!looking) this.#ids = new Set(fresh);
  }

  // older takes the IDs of a page of history, which may be unread too.
  older(ids, isOwn) {
    const seen = this.#beyond;
    if (seen === null) return;
    this.#begins(ids.filter((id) => compareIDs(id, seen) > 0 && !isOwn(id)));
    if (ids.some((id) => compareIDs(id, seen) <= 0)) this.#beyond = null;
  }

  #begins(ids) {
    this.line = ids[0] ?? this.line;
    this.behind += ids.length;
  }

  // came: a message is there; looking tells whether it is in somebody's sight.
  came(id, looking) {
    if (looking) {
      this.#seen = id;
      return;
    }
    if (this.count === 0) this.#restart(id);
    this.#ids.add(id);
    this.behind += 1;
  }

  // looked: the newest message is in sight.
  looked() {
    this.#seen = [...this.#ids].at(-1) ?? this.#seen;
    this.#ids.clear();
  }

  // said: the guest takes part, so that all before it is old.
  said() {
    this.looked();
    this.#restart(null);
  }

  #restart(line) { [this.line, this.behind, this.#beyond] = [line, 0, null]; }

  // not: this one is the guest's own, or not in the log any more.
  not(id) {
    if (this.#ids.delete(id)) this.behind -= 1;
    if (this.line === id) this.line = this.#ids.values().next().value ?? null;
  }
}

// Attention joins what is unread with who is to be told of it.
export class Attention {
  #deps;
  #unread = new Unread();
  #held = []; // who knows whose they are? {key, message}

  // deps: own and seen (see kept.js), inSight(), atBottom(), saying(text) whether this
  // tab may be about to be told that it said that, tell(text) for each message of others
  // that comes out of sight, changed(count).
  constructor(deps) { this.#deps = deps; }

  // count, line, behind, more: see above.
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

  // settle tells of what is known to be of others. The frame of one's own message may
  // come before its acknowledgement: while that is under way, nothing is told.
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

  // look: what is in sight may have changed.
  look() {
    if (this.#deps.inSight() && this.#deps.atBottom()) this.#unread.looked();
    this.#changed();
  }

  // leave: the page may not come back; the next one goes on from here.
  leave() { this.#deps.seen.save(this.#unread.seen ?? ''); }

  #changed() { this.#deps.changed(this.#unread.count); }
}

export const titled = (title, count) => (count > 0 ? `(${count > 99 ? '99+' : count}) ${title}` : title);
