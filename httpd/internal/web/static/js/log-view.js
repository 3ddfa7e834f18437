import { timeOf } from './protocol.js';
import { showText } from './text-view.js';
import { texts } from './texts.js';

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

// LogView shows the timeline: it carries out its steps on the list.
export class LogView {
  #list;
  #templates;
  #scroll;
  #isOwn;
  #rows = new Map(); // by the timeline's key

  // templates: {message, gap}. isOwn(id) tells whether this tab sent it.
  constructor({ list, templates, scroll, isOwn }) {
    this.#list = list;
    this.#templates = templates;
    this.#scroll = scroll;
    this.#isOwn = isOwn;
    for (const row of list.querySelectorAll('li[data-id]')) this.#adopt(row);
  }

  get ids() { return [...this.#rows.keys()]; }

  apply(steps) {
    if (steps.length === 0) return;
    this.#scroll.keepPlace(this.#list.children, () => steps.forEach((step) => this.#carryOut(step)));
  }

  // applyQuietly does the same for history: it is old, and is not read out.
  applyQuietly(steps) {
    const live = this.#list.parentElement;
    live.setAttribute('aria-busy', 'true');
    live.setAttribute('aria-live', 'off');
    this.apply(steps);
    setTimeout(() => {
      live.removeAttribute('aria-busy');
      live.removeAttribute('aria-live');
    }, 500);
  }

  markOwn(id) {
    const row = this.#rows.get(id);
    if (!row || row.classList.contains('own')) return;
    row.classList.add('own');
    const mark = document.createElement('span');
    mark.className = 'unseen';
    mark.textContent = texts.say('room.own');
    row.append(mark);
  }

  #carryOut(step) {
    if (step.do === 'remove') {
      this.#rows.get(step.key)?.remove();
      this.#rows.delete(step.key);
      return;
    }
    const template = step.do === 'mark' ? this.#templates.gap : this.#templates.message;
    const row = template.content.firstElementChild.cloneNode(true);
    if (step.do === 'insert') fill(row, step.key, step.message);
    this.#rows.set(step.key, row);
    this.#list.insertBefore(row, this.#rows.get(step.before) ?? null);
    if (this.#isOwn(step.key)) this.markOwn(step.key);
  }

  // adopt takes over a row that the server rendered: the reader's own time
  // zone, links, own marks from before a reload.
  #adopt(row) {
    const { id } = row.dataset;
    this.#rows.set(id, row);
    fill(row, id, row.querySelector('p').textContent);
    if (this.#isOwn(id)) this.markOwn(id);
  }
}

function fill(row, id, message) {
  row.dataset.id = id;
  showText(row.querySelector('p'), message);
  const stored = new Date(timeOf(id));
  if (Number.isNaN(stored.getTime())) return; // an ID need not carry a time that a calendar knows
  const time = row.querySelector('time');
  time.dateTime = stored.toISOString();
  time.textContent = clock.format(stored);
}
