// Outbox holds the messages of this tab that are not acknowledged yet. They are in the tab's
// session storage, which survives a reload, and are sent again with the same nonce until the
// server acknowledges them: the server stores a nonce once.
//
// One entry is in flight at a time. With two, the server could refuse the first one for a
// moment and store the second, in the wrong order.
//
// Session storage belongs to one tab, so two tabs never send each other's entries.
// A duplicated tab starts with a copy: both send the same nonce, which is stored once.
//
// An entry is {nonce, text, at, made, state, code, due, retryAt, id, sentAt, tried}; made is the
// server's time at which the guest sent it, tried means that the page did. The states:
//   later     outside the queue, joins it at due, which is random; the guest can cancel it
//   waiting   in the queue; retryAt and code are set if the server requested a delay
//   sent      in flight
//   refused   outside the queue, the guest decides: send, edit or drop; muted until retryAt
//   ask       outside the queue, too old to be sent without asking: send, edit or drop
//   stored    acknowledged under id, shown until the log shows it
import { newNonce, sayFrame, tooLong } from './protocol.js';

// The server remembers a nonce for an hour; a message that is sent again later could be
// stored twice. The margin is for the transmission.
export const resendWithin = (60 - 2) * 60 * 1000;

// A socket without an answer for this long is replaced; the server's limit is shorter.
export const answerWithin = 25 * 1000;

// A message that is sent later waits this long, in milliseconds.
const [soonest, latest] = [5 * 1000, 60 * 1000];

const passing = new Set(['rate_limited', 'unavailable', 'full']); // sending again later may succeed
const queued = new Set(['waiting', 'sent']);

// The server refuses these each time. The guest can only change or drop them.
const final = new Set(['too_long', 'bad_text', 'empty', 'bad_nonce']);

// mayRepeat tells whether it can help to send an entry again.
export const mayRepeat = ({ state, text, code, retryAt }, now) => state === 'ask'
  || (state === 'refused' && !tooLong(text) && !final.has(code) && !(code === 'muted' && retryAt > now));

// mayCancel tells whether the guest can take an entry back: it is not stored.
export const mayCancel = ({ state, tried, code }) => ['later', 'ask', 'refused'].includes(state) || (state === 'waiting' && (!tried || code === 'full'));

export class Outbox {
  #entries = [];
  #live = false;
  #timer = null;
  #dueTimer = null;
  #deps;
  #began;
  #kept = true; // the storage has the entries

  // deps: kept (see storage.js), clock, time (the server's), retention in milliseconds, fill
  // (crypto.getRandomValues), send(frame) returning false when it does not go out, changed(),
  // stalled() when no answer comes.
  constructor(deps) {
    this.#deps = deps;
    this.#began = deps.clock.now();
    this.reload();
  }

  // reload replaces the entries by those in the storage.
  reload() {
    if (this.#kept) this.#entries = this.#deps.kept.load();
    this.#expire();
  }

  get entries() { return this.#entries; }

  // say queues a text. nonce is set if the text was already sent under it before this page
  // was loaded, and may be stored. later delays a text that has no nonce.
  say(text, nonce, later = false) {
    const { fill, clock, time } = this.#deps;
    const entry = { nonce: nonce ?? newNonce(fill), text, at: nonce ? this.#began : clock.now(), made: time.now(), state: 'waiting', tried: Boolean(nonce) };
    if (later && !nonce) Object.assign(entry, { state: 'later', due: clock.now() + this.#delay() });
    if (tooLong(text)) Object.assign(entry, { state: 'refused', code: 'too_long' });
    this.#entries.push(entry);
    this.#advance();
  }

  // live: the socket accepts messages. Entries in flight on the last socket are sent again.
  // Entries that are stored but never arrived as a message are behind a gap.
  live() {
    this.#live = true;
    this.#entries = this.#entries.filter((entry) => entry.state !== 'stored');
    this.#advance();
  }

  down() {
    this.#live = false;
    for (const entry of this.#entries) if (entry.state === 'sent') entry.state = 'waiting';
    this.#advance();
  }

  // ack returns true if the nonce is in the outbox.
  ack(nonce, id) {
    const entry = this.#entries.find((e) => e.nonce === nonce && e.state !== 'stored');
    if (!entry) return false;
    Object.assign(entry, { state: 'stored', id });
    this.#advance();
    return true;
  }

  // shown: the log shows this message now.
  shown(id) {
    if (this.#entries.some((entry) => entry.id === id)) this.#keep((entry) => entry.id !== id);
  }

  refused({ nonce, code, retryAfter }) {
    const entry = this.#entries.find((e) => (nonce === '' ? e.state === 'sent' : e.nonce === nonce && queued.has(e.state)));
    if (!entry) return;
    const retryAt = this.#deps.clock.now() + Math.max(retryAfter, 1) * 1000;
    Object.assign(entry, { state: passing.has(code) ? 'waiting' : 'refused', code, retryAt });
    this.#advance();
  }

  // resend queues an entry again, with its nonce, so that it is stored once.
  resend(nonce) {
    const entry = this.#entries.find((e) => e.nonce === nonce && !queued.has(e.state));
    if (!entry || !mayRepeat(entry, this.#deps.clock.now())) return;
    this.drop(nonce);
    const { clock, time } = this.#deps;
    this.#entries.push({ nonce, text: entry.text, at: clock.now(), made: time.now(), state: 'waiting', tried: true });
    this.#advance();
  }

  // drop removes and returns an entry that is not stored. Other entries may be.
  drop(nonce) {
    const entry = this.#entries.find((e) => e.nonce === nonce && mayCancel(e));
    if (entry) this.#keep((e) => e !== entry);
    return entry;
  }

  // expire removes the entries that are older than a time of the server.
  expire(before) { this.#keep((entry) => !(entry.made < before)); }

  #keep(wanted) {
    this.#entries = this.#entries.filter(wanted);
    this.#advance();
  }

  // advance sends the first entry of the queue if none is in flight, and sets the next timer.
  #advance() {
    const { clock, send, stalled } = this.#deps;
    const now = clock.now();
    clock.clearTimeout(this.#timer);
    this.#expire();
    this.#enqueue(now);
    const first = this.#entries.find((entry) => queued.has(entry.state));
    const due = this.#live && first?.state === 'waiting' && !(first.retryAt > now);
    if (due && send(sayFrame(first.text, first.nonce))) Object.assign(first, { state: 'sent', sentAt: now, retryAt: 0, tried: true, code: '' });
    if (this.#live && first?.state === 'sent') {
      this.#timer = clock.setTimeout(stalled, Math.max(first.sentAt + answerWithin - now, 0));
    } else if (this.#live && first?.retryAt > now) {
      this.#timer = clock.setTimeout(() => this.#advance(), first.retryAt - now);
    }
    this.#kept = this.#deps.kept.save(this.#entries);
    this.#deps.changed();
  }

  // enqueue moves entries that are due to the end of the queue, when the socket is live. Their
  // age begins here: the server learns their nonces only now. A due time that is too far ahead
  // is from before this machine's clock was set back.
  #enqueue(now) {
    const { clock, time } = this.#deps;
    clock.clearTimeout(this.#dueTimer);
    if (!this.#live) return;
    const isDue = ({ state, due }) => state === 'later' && !(due > now && due <= now + latest);
    const due = this.#entries.filter(isDue);
    for (const entry of due) Object.assign(entry, { state: 'waiting', at: now, made: time.now() });
    this.#entries = [...this.#entries.filter((entry) => !due.includes(entry)), ...due];
    const next = Math.min(...this.#entries.filter(({ state }) => state === 'later').map((entry) => entry.due));
    if (next < Infinity) this.#dueTimer = clock.setTimeout(() => this.#advance(), next - now);
  }

  #delay() {
    const [high, low] = this.#deps.fill(new Uint8Array(2));
    return soonest + (latest - soonest) * (high * 256 + low) / 0xffff;
  }

  #expire() {
    const { clock, time, retention } = this.#deps;
    const now = clock.now();
    for (const entry of this.#entries) {
      // Between two pages of this tab the machine's clock may have been set. The age is unknown
      // if it was set back: ask then, too.
      const age = now < entry.at ? now - entry.at : Math.max(now - entry.at, time.now() - (entry.made ?? Infinity));
      if (['waiting', 'later'].includes(entry.state) && (age > Math.min(resendWithin, retention) || age < -60 * 1000)) entry.state = 'ask';
    }
  }
}
