import { ago } from './ago.js';
import { inBytes, inLanguage } from './collate.js';
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
  #compare = inLanguage(document.documentElement.lang);
  #order; // the names as the socket sends them: of each interval in the order of their bytes

  // time is the server's. own is the guest's own name, which stays first in the list, or empty;
  // href(name) is the address of a line's link, null for a list without links; changed() is
  // called after each change of the list.
  constructor({ list, template, clock, time, own = '', href = null, changed = () => {} }) {
    this.#own = own;
    this.#list = list;
    this.#template = template;
    this.#clock = clock;
    this.#time = time;
    this.#href = href;
    this.#changed = changed;
    this.#order = this.#sorted(Array.from(list.children), inBytes).map((row) => row.dataset.name);
    this.#keepTime();
  }

  // show updates the list. A name that moved up has just been used. since is false for the
  // first lists of a socket: the time of the use is unknown then.
  show(names, since) {
    const places = new Map(this.#order.map((name, i) => [name, i]));
    const old = new Map(Array.from(this.#list.children, (row) => [row.dataset.name, { row, i: places.get(row.dataset.name) }]));
    let lowest = Infinity;
    this.#order = withOwn(this.#own, names);
    const now = since ? this.#time.now() : null;
    const rows = [...this.#order].reverse().map((name) => {
      const known = old.get(name);
      const overtook = !known || known.i > lowest;
      lowest = Math.min(lowest, known?.i ?? Infinity);
      const row = known?.row ?? this.#create(name);
      if (overtook) this.#date(row.querySelector('time'), now);
      return row;
    });
    this.#arrange(this.#sorted(rows.reverse(), this.#compare));
    this.#changed();
  }

  // sorted returns the rows with those of each interval in an order. An interval is a run of
  // rows with the same time; without a time, also one whose bytes are in order.
  #sorted(rows, compare) {
    const runs = [];
    for (const row of rows) {
      const last = runs.at(-1)?.at(-1);
      if (last && sameInterval(last, row) && !(this.#own && last === rows[0])) runs.at(-1).push(row);
      else runs.push([row]);
    }
    return runs.flatMap((run) => run.sort((a, b) => compare(a.dataset.name, b.dataset.name)));
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

function sameInterval(before, row) {
  const [a, b] = [before, row].map((line) => line.querySelector('time').dateTime);
  return a === b && (a !== '' || inBytes(before.dataset.name, row.dataset.name) < 0);
}
