import { compareIDs, isID, timeOf } from './protocol.js';

// Unread knows which messages arrived while the guest did not look: how many they are,
// and where they begin.
export class Unread {
  #ids = new Set(); // in the log's order
  #seen = null; // the newest message that the guest has seen
  #beyond = null; // the line belongs behind this message, which is not loaded yet

  // line is the ID of the message below the line, or null. The line stays when everything is
  // read, until another message is unread.
  line = null;

  // behind is the number of messages of others behind the line.
  behind = 0;

  #read = null; // the newest message that was read in another tab

  get more() { return this.#beyond !== null; } // there are more unread messages than behind

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

  // older takes the IDs of a page of history; they may be unread too.
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

  // came takes a new message; looking tells whether the guest sees it.
  came(id, looking) {
    if (this.wasRead(id)) return;
    if (looking) {
      this.#seen = id;
      return;
    }
    if (this.count === 0) this.#restart(id);
    this.#ids.add(id);
    this.behind += 1;
  }

  // readAll: the guest sees the newest message.
  readAll() {
    this.#seen = [...this.#ids].at(-1) ?? this.#seen;
    this.#ids.clear();
  }

  // readTo: the guest has read the messages up to this one in another tab.
  readTo(id) {
    if (!isID(id) || this.wasRead(id)) return;
    this.#read = id;
    for (const unread of this.#ids) if (this.wasRead(unread)) this.#ids.delete(unread);
    if (!isID(this.#seen) || this.wasRead(this.#seen)) this.#seen = id;
  }

  wasRead(id) { return this.#read !== null && compareIDs(id, this.#read) <= 0; }

  // said: the guest says something, so everything before it is read.
  said() {
    this.readAll();
    this.#restart(null);
  }

  #restart(line) { [this.line, this.behind, this.#beyond] = [line, 0, null]; }

  // remove: a message is the guest's own, or is not in the log any more.
  remove(id) {
    if (this.#ids.delete(id)) this.behind -= 1;
    if (this.line === id) this.line = this.#ids.values().next().value ?? null;
  }

  // expire removes the messages that are older than a time. The log may have lost them before.
  expire(before) { for (const id of this.#ids) if (timeOf(id) < before) this.remove(id); }
}
