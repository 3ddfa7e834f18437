// Timeline is the list of the IDs in the log: their order, and the cursor to resume from. It
// knows no elements; its methods return steps for the log, in order:
//
//   {do: 'insert', key, message, before}   key is the message's ID
//   {do: 'mark', key, before}              a line "messages may be missing here"
//   {do: 'remove', key}
//
// before is the key of the following row, null at the end; old: from the history.
import { compareIDs, newest, timeOf } from './protocol.js';

export class Timeline {
  #items = []; // {key, id, mark}, in order; a mark carries the ID it stands after
  #known = new Set();
  #gone = new Set(); // removed by the operator; a page of history may still bring them
  #cursor; // null: nothing is known yet
  #reached = null; // the oldest ID that history has loaded since the last gap
  #gap = null; // from a gap to the next live: {mark, from, first, previous, count}
  #marks = 0;

  // ids are those on the page, in order; cursor is where they end, '0' or null: none.
  constructor(ids = [], cursor = null) {
    for (const id of ids) this.#put({ key: id, id, mark: false });
    this.#cursor = zero(cursor) ? null : cursor;
  }

  // since is the cursor for the next socket: all messages before it are here, or marked as
  // missing.
  get since() { return this.#cursor ?? '0'; }

  // oldest is the ID that history continues from, null for the newest page. After a gap it is
  // the first one behind the mark: the log may still have the missing messages. When history
  // has reached a message before the mark, it continues from the first one of that part.
  get oldest() { return this.#items[this.#begin()]?.id ?? this.#reached; }

  // gaps is the number of marks before that place. History fills the last of them.
  get gaps() { return this.#items.slice(0, this.#begin()).filter((item) => item.mark).length; }

  // begin is the index of the first item between the marks around the one that history has
  // reached.
  #begin() {
    const at = this.#reached === null ? -1 : this.#items.findIndex((item) => item.id === this.#reached && !item.mark);
    let begin = at < 0 ? this.#items.length : at;
    while (begin > 0 && !this.#items[begin - 1].mark) begin -= 1;
    return begin;
  }

  has(id) { return this.#known.has(id); }

  // passed tells whether no event will bring the message any more.
  passed(id) { return this.has(id) || (this.#cursor !== null && compareIDs(id, this.#cursor) <= 0); }

  isGone(id) { return this.#gone.has(id); }

  // receive takes a message, removed, gap or live event of the socket, as they come.
  receive(event) {
    switch (event.event) {
      case 'message': return this.#message(event);
      case 'removed': return this.#remove(event.id);
      case 'gap': return this.#openGap();
      case 'live': return this.#live(event.cursor);
      default: return [];
    }
  }

  // older adds a page of history. It does not move the cursor.
  older(messages) {
    this.#reached = messages[0]?.id ?? this.#reached;
    return messages.flatMap(({ id, message }) => this.#insert(id, message)).map((step) => ({ ...step, old: true }));
  }

  // trim removes the oldest items until most are left or keep is the oldest. History loads
  // them again.
  trim(most, keep = null) {
    const kept = this.#items.findIndex((item) => item.id === keep);
    return this.#cut(Math.max(0, Math.min(this.#items.length - most, kept < 0 ? Infinity : kept)));
  }

  // expire removes the messages that are older than a time, and the marks between them.
  expire(before) {
    const old = lastIndex(this.#items, (item) => !item.mark && timeOf(item.id) < before) + 1;
    return this.#cut(old > 0 && this.#items.slice(old).every((item) => item.mark) ? this.#items.length : old);
  }

  #cut(count) {
    const steps = this.#take(this.#items.slice(0, count));
    const first = this.#items.find((item) => !item.mark);
    if (first && this.#reached && compareIDs(this.#reached, first.id) < 0) this.#reached = first.id;
    return steps;
  }

  #message({ id, message }) {
    const steps = this.#gap ? this.#reconcile(id) : [];
    if (this.#gap || this.#cursor === null || compareIDs(id, this.#cursor) > 0) this.#cursor = id;
    return [...steps, ...this.#insert(id, message)];
  }

  // Nothing takes the place of a removed message, as on a page that is loaded later.
  #remove(id) {
    this.#gone.add(id);
    return this.#take(this.#items.filter((item) => item.key === id));
  }

  // After a gap the newest messages of the log follow. Redis may have lost messages that are
  // shown, and may have stored them again under other IDs. Consecutive frames are neighbours
  // in the log: a message that is shown between two of them is not in the log any more, and
  // is removed. If fewer than a page follow, they are the whole log, and everything before
  // the first one is removed too.
  #openGap() {
    this.#reached = null;
    if (this.#gap) { // the socket was cut before the first one was over
      Object.assign(this.#gap, { first: null, previous: null, count: 0 });
      return [];
    }
    const last = this.#items.at(-1);
    const from = this.#items[Math.max(lastIndex(this.#items, (item) => item.mark), 0)];
    this.#gap = { mark: null, from: from?.id ?? null, first: null, previous: null, count: 0 };
    if (!last?.mark) return this.#mark(last?.id ?? '0-0');
    this.#gap.mark = last;
    return [];
  }

  #reconcile(id) {
    const gap = this.#gap;
    const steps = gap.previous === null ? [] : this.#forget(gap.previous, id);
    gap.first ??= id;
    gap.previous = id;
    gap.count += 1;
    // If Redis's clock went back, new messages have lower IDs than lost ones. The mark must
    // be in front of the first new message.
    const fresh = !this.#known.has(id) && (gap.from === null || compareIDs(id, gap.from) > 0);
    if (fresh && compareIDs(gap.mark.id, id) >= 0) {
      const before = this.#items[lastIndex(this.#items, (item) => !item.mark && compareIDs(item.id, id) < 0)];
      steps.push(...this.#take([gap.mark]), ...this.#mark(before?.id ?? '0-0'));
    }
    return steps;
  }

  #live(cursor) {
    const gap = this.#gap;
    const steps = gap ? this.#forget(cursor, null) : [];
    if (gap?.first && gap.count < newest) steps.push(...this.#forget(null, gap.first));
    this.#gap = null;
    // From here on every message is new and belongs behind the marks, also one with a low ID.
    for (const item of this.#items) if (item.mark && compareIDs(item.id, cursor) > 0) item.id = cursor;
    // The server's cursor is lower than this one after a loss of the log.
    this.#cursor = zero(cursor) ? null : cursor;
    return steps;
  }

  #insert(id, message) {
    if (this.#known.has(id) || this.#gone.has(id)) return [];
    return [{ do: 'insert', key: id, message, before: this.#put({ key: id, id, mark: false }) }];
  }

  #mark(id) {
    const mark = { key: `gap-${this.#marks += 1}`, id, mark: true };
    this.#gap.mark = mark;
    return [{ do: 'mark', key: mark.key, before: this.#put(mark) }];
  }

  // forget removes the messages after one ID and before another; null is no bound.
  #forget(after, before) {
    return this.#take(this.#items.filter((item) => !item.mark
      && (after === null || compareIDs(item.id, after) > 0) && (before === null || compareIDs(item.id, before) < 0)));
  }

  #take(items) {
    const gone = new Set(items);
    this.#items = this.#items.filter((item) => !gone.has(item));
    for (const item of items) this.#known.delete(item.key);
    return items.map(({ key }) => ({ do: 'remove', key }));
  }

  // put inserts an item, mostly at the end, and returns the key of the one behind it.
  #put(item) {
    let i = this.#items.length;
    while (i > 0 && order(this.#items[i - 1], item) > 0) i -= 1;
    const next = this.#items[i]?.key ?? null;
    this.#items.splice(i, 0, item);
    if (!item.mark) this.#known.add(item.id);
    return next;
  }
}

const zero = (cursor) => [null, '0', '0-0'].includes(cursor);

// Firefox 102 has no findLastIndex.
function lastIndex(items, fits) {
  let i = items.length - 1;
  while (i >= 0 && !fits(items[i])) i -= 1;
  return i;
}

const order = (a, b) => compareIDs(a.id, b.id) || a.mark - b.mark;
