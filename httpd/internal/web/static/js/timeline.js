// What the log shows, as a list of IDs: which message stands where, from where to go
// on. It touches no page: methods return the steps that bring one up to date, in order:
//
//   {do: 'insert', key, message, before}   key is the message's ID
//   {do: 'mark', key, before}              a line "messages may be missing here"
//   {do: 'remove', key}
//
// before is the key of what it stands in front of, null at the end; old: from the history.
import { compareIDs, newest } from './protocol.js';

export class Timeline {
  #items = []; // {key, id, mark}, in order; a mark carries the ID it stands after
  #known = new Set();
  #cursor; // null: nothing is known yet
  #reached = null; // how far back history has come since the last gap
  #gap = null; // from a gap to the next live: {mark, from, first, previous, count}
  #marks = 0;

  // ids are those on the page, in order; cursor how far they reach, '0' or null: none.
  constructor(ids = [], cursor = null) {
    for (const id of ids) this.#put({ key: id, id, mark: false });
    this.#cursor = zero(cursor) ? null : cursor;
  }

  // since is what the next socket asks for: all before is here, or shown as missing.
  get since() { return this.#cursor ?? '0'; }

  // oldest is where history goes on from, null for the newest there is; after a gap
  // behind the mark: the log may still have what is missing there.
  get oldest() {
    return this.#reached ?? this.#items[this.#items.findLastIndex((item) => item.mark) + 1]?.id ?? null;
  }

  has(id) { return this.#known.has(id); }

  // receive takes a message, gap or live event of the socket, as they come.
  receive(event) {
    switch (event.event) {
      case 'message': return this.#message(event);
      case 'gap': return this.#openGap();
      case 'live': return this.#live(event.cursor);
      default: return [];
    }
  }

  // older takes a page of history: it fills in, and moves no cursor.
  older(messages) {
    this.#reached = messages[0]?.id ?? this.#reached;
    return messages.flatMap(({ id, message }) => this.#insert(id, message)).map((step) => ({ ...step, old: true }));
  }

  // trim takes the oldest, which history comes to again, until most or keep is the oldest.
  trim(most, keep = null) {
    const kept = this.#items.findIndex((item) => item.id === keep);
    const steps = this.#take(this.#items.slice(0, Math.max(0, Math.min(this.#items.length - most, kept < 0 ? Infinity : kept))));
    const first = this.#items.find((item) => !item.mark);
    if (first && this.#reached && compareIDs(this.#reached, first.id) < 0) this.#reached = first.id;
    return steps;
  }

  #message({ id, message }) {
    const steps = this.#gap ? this.#reconcile(id) : [];
    if (this.#gap || this.#cursor === null || compareIDs(id, this.#cursor) > 0) this.#cursor = id;
    return [...steps, ...this.#insert(id, message)];
  }

  // After a gap the newest messages follow as the log has them now. Redis may have
  // gone back in time, and lost some of what is shown; it may come again under
  // another ID. Frames that follow each other are neighbours in the log: what is shown
  // between two of them is not in it any more, and goes. So does what is shown before
  // the first of them, when they are too few to be but a part.
  #openGap() {
    this.#reached = null;
    if (this.#gap) { // the socket was cut before the first one was over
      Object.assign(this.#gap, { first: null, previous: null, count: 0 });
      return [];
    }
    const last = this.#items.at(-1);
    const from = this.#items.findLast((item) => item.mark) ?? this.#items[0];
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
    // After a clock went back, new messages have lower IDs than those they replace;
    // the mark must stand before the first that is new.
    const fresh = !this.#known.has(id) && (gap.from === null || compareIDs(id, gap.from) > 0);
    if (fresh && compareIDs(gap.mark.id, id) >= 0) {
      const before = this.#items.findLast((item) => !item.mark && compareIDs(item.id, id) < 0);
      steps.push(...this.#take([gap.mark]), ...this.#mark(before?.id ?? '0-0'));
    }
    return steps;
  }

  #live(cursor) {
    const gap = this.#gap;
    const steps = gap ? this.#forget(cursor, null) : [];
    if (gap?.first && gap.count < newest) steps.push(...this.#forget(null, gap.first));
    this.#gap = null;
    // What comes from here on is new, whatever its ID: it goes behind the marks.
    for (const item of this.#items) if (item.mark && compareIDs(item.id, cursor) > 0) item.id = cursor;
    // The server's word, lower than ours after a log was lost.
    this.#cursor = zero(cursor) ? null : cursor;
    return steps;
  }

  #insert(id, message) {
    if (this.#known.has(id)) return [];
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
const order = (a, b) => compareIDs(a.id, b.id) || a.mark - b.mark;
