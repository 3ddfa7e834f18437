import { ago } from './ago.js';
import { texts } from './texts.js';

const minute = 60 * 1000;

// RecentView shows one list of recents, and keeps it true without a reload.
export class RecentView {
  #list;
  #template;
  #clock;
  #href;
  #changed;

  // href(name) is the address of a line's link, null for a list without links;
  // changed() is called after the list has.
  constructor({ list, template, clock, href = null, changed = () => {} }) {
    this.#list = list;
    this.#template = template;
    this.#clock = clock;
    this.#href = href;
    this.#changed = changed;
    this.#keepTime();
  }

  // show brings the list up to date. A name that overtook another one has just
  // been used; when it is seen for the first time after a break, since is
  // false: nobody knows when that was.
  show(names, since) {
    const old = new Map(Array.from(this.#list.children, (row, i) => [row.dataset.name, { row, i }]));
    let lowest = Infinity;
    const rows = names.toReversed().map((name) => {
      const known = old.get(name);
      const overtook = !known || known.i > lowest;
      lowest = Math.min(lowest, known?.i ?? Infinity);
      const row = known?.row ?? this.#create(name);
      if (overtook) this.#date(row.querySelector('time'), since ? this.#clock.now() : null);
      return row;
    });
    this.#arrange(rows.reverse());
    this.#changed();
  }

  // tell takes over what the same list on a newer page says of when.
  tell(list) {
    const told = new Map(Array.from(list?.children ?? [], (row) => [row.dataset.name, row.querySelector('time')]));
    for (const row of this.#list.children) {
      const [mine, newer] = [row.querySelector('time'), told.get(row.dataset.name)];
      if (newer) [mine.dateTime, mine.textContent] = [newer.dateTime, newer.textContent];
    }
  }

  // A line that stays where it is is left alone: taken out and put back, a link
  // would lose the focus, and a click that has begun on it.
  #arrange(rows) {
    const wanted = new Set(rows);
    for (const row of Array.from(this.#list.children)) if (!wanted.has(row)) row.remove();
    rows.forEach((row, i) => {
      const there = this.#list.children[i] ?? null;
      if (there !== row) this.#list.insertBefore(row, there);
    });
  }

  #create(name) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.name = name;
    row.querySelector('bdi').textContent = name;
    const link = row.querySelector('a');
    if (link) link.href = this.#href(name);
    return row;
  }

  #date(time, at) {
    if (at === null) time.removeAttribute('datetime');
    else time.dateTime = new Date(at).toISOString();
    time.textContent = at === null ? '' : ago(texts, 0);
  }

  // Words such as "just now" must not stay when they are not true any more.
  #keepTime() {
    this.#clock.setTimeout(() => {
      for (const time of this.#list.querySelectorAll('time[datetime]')) {
        time.textContent = ago(texts, this.#clock.now() - Date.parse(time.dateTime));
      }
      this.#keepTime();
    }, minute);
  }
}
