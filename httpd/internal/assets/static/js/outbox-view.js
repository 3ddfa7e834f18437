import { isLong } from './markup.js';
import { mayCancel, mayRepeat } from './outbox.js';
import { maxText, tooLong } from './protocol.js';
import { showText } from './text-view.js';
import { texts } from './texts.js';

const brief = 2000; // milliseconds: before this, an entry on its way has no text, which would flicker
const until = { dateStyle: 'medium', timeStyle: 'short', numberingSystem: 'latn' };

// OutboxView shows the messages that are not in the log yet, with buttons for those that
// the guest must decide about.
export class OutboxView {
  #deps;
  #rows = new Map(); // by nonce
  #tick = null;

  // deps: list; template; outcome, the element that is read out when the guest must decide;
  // clock; home, which gets the focus when a focused row is removed.
  constructor(deps) {
    this.#deps = { ...deps };
    deps.list.addEventListener('click', (event) => {
      const button = event.target.closest('button[data-do]');
      const row = button?.closest('li');
      if (row) this.#deps.decide(button.dataset.do, row.dataset.nonce);
    });
  }

  // deps: decide(action, nonce), the action being 'send', 'edit' or 'drop'; redraw()
  // requests another show, because time has passed.
  connect(deps) { Object.assign(this.#deps, deps); }

  show(entries) {
    const {
      list, clock, home, redraw,
    } = this.#deps;
    const held = list.contains(document.activeElement) && document.activeElement;
    const wanted = new Set(entries.map((entry) => entry.nonce));
    for (const [nonce, row] of this.#rows) {
      if (wanted.has(nonce)) continue;
      row.remove();
      this.#rows.delete(nonce);
    }
    let soonest = Infinity;
    entries.forEach((entry, i) => {
      const row = this.#rows.get(entry.nonce) ?? this.#create(entry);
      if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
      soonest = Math.min(soonest, this.#update(row, entry));
    });
    clock.clearTimeout(this.#tick);
    if (soonest < Infinity) this.#tick = clock.setTimeout(redraw, soonest);
    if (held && (!held.isConnected || held.closest('[hidden]'))) home.focus();
  }

  // hideOwn hides what waits, for the next guest at this screen.
  hideOwn() { for (const row of this.#rows.values()) row.hidden = true; }

  #create({ nonce, text }) {
    const row = this.#deps.template.content.firstElementChild.cloneNode(true);
    row.dataset.nonce = nonce;
    showText(row.querySelector('.waiting-text'), text);
    row.classList.toggle('long', isLong(text));
    this.#rows.set(nonce, row);
    return row;
  }

  // update returns the milliseconds until the text of the row changes.
  #update(row, entry) {
    const { clock, outcome } = this.#deps;
    const now = clock.now();
    const wait = (entry.state === 'waiting' && entry.retryAt - now) || 0;
    // When a guest is not muted any more, the button appears.
    const muted = (entry.code === 'muted' && entry.retryAt - now) || 0;
    const under = /sent|stored/.test(entry.state) ? Math.max(brief - (now - entry.sentAt), 0) : 0;
    const words = this.#words(entry, Math.ceil(wait / 1000));
    if (row.dataset.state !== entry.state && /refused|ask/.test(entry.state)) outcome.textContent = words;
    row.dataset.state = entry.state;
    const state = row.querySelector('.waiting-state');
    state.textContent = words;
    state.classList.toggle('unseen', under > 0);
    row.querySelector('.waiting-buttons').hidden = !mayCancel(entry);
    row.querySelector('[data-do=send]').hidden = !mayRepeat(entry, now);
    if (muted > 0) return muted;
    return under || (wait > 0 ? wait % 1000 || 1000 : Infinity);
  }

  #words({ state, code, retryAt }, n) {
    const refusal = `room.refused.${code}`;
    if (state === 'waiting' && n > 0) return texts.get(code === 'full' ? 'room.full' : 'room.patience', { n });
    if (state !== 'refused') return texts.get(`room.${state}`);
    return texts.get(texts.has(refusal) ? refusal : 'room.refused.other', { n: maxText, time: new Date(retryAt).toLocaleString(document.documentElement.lang, until) });
  }
}
