import { make } from './elements.js';
import { isLong, isQuotedBy } from './markup.js';
import { onlyEmoji, sameDay, sameMinute, Times } from './message.js';
import { timeOf } from './protocol.js';
import { showText } from './text-view.js';
import { texts } from './texts.js';

// This many of the newest rows are always laid out. Other rows are laid out only while they
// are near to the visible ones (.far in log.css): thousands of rows would be slow.
const near = 100;

const times = new Times();

// LogView carries out the steps of a timeline on two lists that look like one. The list is a
// live region, which screen readers read out, so it gets only new messages. All others are in
// the past.
export class LogView {
  #list;
  #past;
  #templates;
  #isOwn;
  #isFirst;
  #home;
  #explained = false;
  #rows = new Map(); // by the timeline's key
  #line = make('div', 'unread', texts.get('room.unread'));

  // templates: {message, gap}. note is the sentence below the messages that the server
  // rendered. isOwn(id) tells whether this tab sent it; isFirst() whether it is the first one.
  // home gets the focus of a removed row without neighbours.
  constructor({
    list, past, note, templates, isOwn, isFirst, home,
  }) {
    this.#list = list;
    this.#past = past;
    this.#templates = templates;
    this.#isOwn = isOwn;
    this.#isFirst = isFirst;
    this.#home = home;
    past.append(...list.children);
    past.after(note);
    for (const row of past.children) this.#adopt(row);
  }

  get ids() { return [...this.#rows.keys()]; }

  get size() { return this.#rows.size; }

  row(id) { return this.#rows.get(id) ?? null; }

  apply(steps) { for (const step of steps) this.#carryOut(step); }

  // begin draws the line in front of a message; null: nowhere.
  begin(id) {
    const row = this.#rows.get(id);
    if (!row) this.#line.remove();
    else if (this.#line.parentNode !== row) row.querySelector('time').before(this.#line);
  }

  markOwn(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#colour(row);
    if (!this.#explained && this.#isFirst()) row.append(make('div', 'yours', texts.get('room.amber')));
    this.#explained = true;
  }

  // hideOwn removes the marks of own messages, for the next guest at this screen.
  hideOwn() {
    this.#isOwn = () => false;
    for (const row of this.#rows.values()) {
      row.classList.remove('own');
      delete row.dataset.own;
      row.querySelector('.yours')?.remove();
    }
  }

  #colour(row) {
    row.classList.add('own');
    row.dataset.own = texts.get('room.own');
  }

  // find returns the newest row before another one that begins with the words of a quote.
  find(row, quotation) {
    let found = this.#before(row);
    while (found && !(found.dataset.id && isQuotedBy(found.querySelector('p').textContent, quotation))) found = this.#before(found);
    return found;
  }

  #carryOut({ do: what, key, message, before, old }) {
    if (what === 'remove') {
      const row = this.#rows.get(key);
      if (!row) return;
      const next = this.#after(row);
      const beside = next ?? this.#before(row);
      const held = row.contains(document.activeElement);
      row.remove();
      this.#rows.delete(key);
      this.#place(next);
      if (held) (beside?.querySelector('.cite') ?? this.#home).focus({ preventScroll: true });
      return;
    }
    const template = what === 'mark' ? this.#templates.gap : this.#templates.message;
    const row = template.content.firstElementChild.cloneNode(true);
    if (what === 'insert') fill(row, key, message);
    this.#rows.set(key, row);
    this.#insert(row, this.#rows.get(before) ?? null, old);
    if (this.#isOwn(key)) this.markOwn(key);
    this.#place(row);
    this.#place(this.#after(row));
  }

  #insert(row, next, old) {
    const [past, list] = [this.#past, this.#list];
    if (old) {
      row.classList.add('far');
      // Rows before history belong to the past, too.
      while (next?.parentNode !== past && list.firstElementChild !== next) past.append(list.firstElementChild);
      past.insertBefore(row, next?.parentNode === past ? next : null);
      return;
    }
    (next?.parentNode ?? list).insertBefore(row, next);
    if (next === null) list.children[list.children.length - near - 1]?.classList.add('far');
  }

  #before(row) { return row.previousElementSibling ?? (row.parentNode === this.#list ? this.#past.lastElementChild : null); }

  #after(row) { return row.nextElementSibling ?? (row.parentNode === this.#past ? this.#list.firstElementChild : null); }

  // place sets the parts of a row that depend on the row before it.
  #place(row) {
    if (!row?.dataset.id) return;
    const ms = timeOf(row.dataset.id);
    let before = this.#before(row);
    const cut = before && !before.dataset.id;
    while (before && !before.dataset.id) before = this.#before(before);
    const then = before ? timeOf(before.dataset.id) : null;
    row.classList.toggle('untimed', !cut && sameMinute(then, ms));
    const heading = row.querySelector('.day');
    if (sameDay(then, ms)) heading?.remove();
    else if (!heading) row.prepend(dayOf(ms));
    else if (heading.textContent !== times.day(ms)) heading.replaceWith(dayOf(ms));
  }

  // adopt completes a row that the server rendered: the reader's time zone, links, and marks
  // of own messages. It changes only the parts that differ: a screen reader may be reading.
  #adopt(row) {
    const { id } = row.dataset;
    this.#rows.set(id, row);
    fill(row, id, row.querySelector('p').textContent);
    if (this.#isOwn(id)) this.#colour(row);
    this.#place(row);
  }
}

const dayOf = (ms) => make('h2', 'day', times.day(ms));

function moreButton() {
  const button = Object.assign(make('button', 'more quiet', texts.get('room.show_all')), { type: 'button', tabIndex: -1 }); // see RowsView
  button.setAttribute('aria-expanded', 'false');
  return button;
}

function fill(row, id, message) {
  row.dataset.id = id;
  for (const button of row.querySelectorAll('.tools button')) button.tabIndex = -1; // see RowsView
  showText(row.querySelector('p'), message);
  row.classList.toggle('emoji', onlyEmoji(message));
  const long = isLong(message);
  row.classList.toggle('long', long);
  if (long) row.append(moreButton());
  const text = times.clock(timeOf(id));
  if (text === '') return; // an ID need not carry a time that a calendar knows
  const time = row.querySelector('time');
  time.dateTime = new Date(timeOf(id)).toISOString();
  if (time.textContent !== text) time.textContent = text;
}
