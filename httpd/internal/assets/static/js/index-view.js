import { ago } from './ago.js';
import { texts } from './texts.js';

const minute = 60 * 1000;

// withOwn returns the names with the guest's own name first. The socket sends the same names
// to everybody: the own one when an interval is over, and perhaps in another spelling.
export function withOwn(own, names) {
  if (!own) return [...names];
  const key = (name) => name.normalize('NFKC').toLowerCase();
  return [own, ...names.filter((name) => key(name) !== key(own))];
}

// RecentView shows one list of recents, and updates it without a reload.
export class RecentView {
  #list;
  #template;
  #clock;
  #time;
  #href;
  #changed;
  #own;

  // time is the server's. own is the guest's own name, which stays first in the list, or empty; href(name) is the
  // address of a line's link, null for a list without links; changed() is called after each
  // change of the list.
  constructor({ list, template, clock, time, own = '', href = null, changed = () => {} }) {
    this.#own = own;
    this.#list = list;
    this.#template = template;
    this.#clock = clock;
    this.#time = time;
    this.#href = href;
    this.#changed = changed;
    this.#keepTime();
  }

  // show updates the list. A name that moved up has just been used. since is false for the
  // first lists of a socket: the time of the use is unknown then.
  show(names, since) {
    const old = new Map(Array.from(this.#list.children, (row, i) => [row.dataset.name, { row, i }]));
    let lowest = Infinity;
    const rows = withOwn(this.#own, names).reverse().map((name) => {
      const known = old.get(name);
      const overtook = !known || known.i > lowest;
      lowest = Math.min(lowest, known?.i ?? Infinity);
      const row = known?.row ?? this.#create(name);
      if (overtook) this.#date(row.querySelector('time'), since ? this.#time.now() : null);
      return row;
    });
    this.#arrange(rows.reverse());
    this.#changed();
  }

  // tell takes the times from the same list on a newer page.
  tell(list) {
    const told = new Map(Array.from(list?.children ?? [], (row) => [row.dataset.name, row.querySelector('time')]));
    for (const row of this.#list.children) {
      const [mine, newer] = [row.querySelector('time'), told.get(row.dataset.name)];
      if (newer?.dateTime) [mine.dateTime, mine.textContent] = [newer.dateTime, newer.textContent];
    }
  }

  // A line that stays in its place is not moved: a link would lose the focus, or a click.
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

  // Updates texts like "just now" once a minute.
  #keepTime() {
    this.#clock.setTimeout(() => {
      for (const time of this.#list.querySelectorAll('time[datetime]')) {
        time.textContent = ago(texts, this.#time.now() - Date.parse(time.dateTime));
      }
      this.#keepTime();
    }, minute);
  }
}
