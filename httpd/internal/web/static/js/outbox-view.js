import { mayGo } from './outbox.js';
import { maxText, tooLong } from './protocol.js';
import { texts } from './texts.js';

// OutboxView shows what is not in the log yet, and asks the guest where only
// the guest can decide.
export class OutboxView {
  #list;
  #template;
  #outcome;
  #clock;
  #rows = new Map(); // by nonce

  // outcome is where it is read out that the guest has to decide; decide(action,
  // nonce) is called with 'send', 'edit' or 'drop'.
  constructor({
    list, template, outcome, clock, decide,
  }) {
    this.#list = list;
    this.#template = template;
    this.#outcome = outcome;
    this.#clock = clock;
    list.addEventListener('click', (event) => {
      const button = event.target.closest('button[data-do]');
      const row = button?.closest('li');
      if (row) decide(button.dataset.do, row.dataset.nonce);
    });
  }

  show(entries) {
    const wanted = new Set(entries.map((entry) => entry.nonce));
    for (const [nonce, row] of this.#rows) {
      if (wanted.has(nonce)) continue;
      row.remove();
      this.#rows.delete(nonce);
    }
    entries.forEach((entry, i) => {
      const row = this.#rows.get(entry.nonce) ?? this.#create(entry);
      if (this.#list.children[i] !== row) this.#list.insertBefore(row, this.#list.children[i] ?? null);
      this.#update(row, entry);
    });
  }

  #create({ nonce, text }) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    row.dataset.nonce = nonce;
    row.querySelector('.waiting-text').textContent = text;
    this.#rows.set(nonce, row);
    return row;
  }

  #update(row, entry) {
    const words = this.#words(entry);
    if (row.dataset.state !== entry.state && /refused|ask/.test(entry.state)) this.#outcome.textContent = words;
    row.dataset.state = entry.state;
    const state = row.querySelector('.waiting-state');
    state.textContent = words;
    // Under way: it is there in a moment, and words would only flicker.
    state.classList.toggle('unseen', /sent|stored/.test(entry.state));
    row.querySelector('.waiting-doors').hidden = !mayGo(entry);
    row.querySelector('[data-do=send]').hidden = entry.state === 'waiting' || tooLong(entry.text);
  }

  #words(entry) {
    const wait = Math.ceil(((entry.retryAt ?? 0) - this.#clock.now()) / 1000);
    switch (entry.state) {
      case 'waiting': return wait > 0 ? texts.say('room.patience', { n: wait }) : texts.say('room.waiting');
      case 'refused': return this.#refusal(entry);
      default: return texts.say(`room.${entry.state}`);
    }
  }

  #refusal({ code, detail }) {
    const key = `room.refused.${code}`;
    if (texts.has(key)) return texts.say(key, { n: maxText });
    return detail || texts.say('room.refused.other');
  }
}
