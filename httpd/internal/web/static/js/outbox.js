// What was said in this tab and is not known to be stored. Kept in the tab's
// session storage, so that it survives a reload, and sent again with the same
// nonce until the server acknowledges it: the server stores a nonce once.
//
// One entry is in flight at a time. With two, the first could be refused for a
// moment and the second stored, in the wrong order for good.
//
// Session storage belongs to one tab, so two tabs never send each other's entries.
// A duplicated tab starts with a copy: both send the same nonce, stored once.
//
// An entry is {nonce, text, at, state, code, retryAt, id, sentAt, tried}, tried
// for one that has ever gone out. The states:
//   waiting   in line; retryAt is set while the server has asked for patience
//   sent      in flight
//   refused   out of line, the guest decides: send, edit or drop
//   ask       out of line, too old to be sent unasked: send, edit or drop
//   stored    acknowledged under id, shown until the log shows it
import { newNonce, sayFrame, tooLong } from './protocol.js';

// The server remembers a nonce for an hour; sent later than that, a message could
// stand in the log twice. The margin is for the way to the server.
export const resendWithin = (60 - 2) * 60 * 1000;

// Without an answer for so long, a socket is not trusted: the server gives up sooner.
export const answerWithin = 25 * 1000;

const passing = new Set(['rate_limited', 'unavailable']); // codes that time cures
const line = new Set(['waiting', 'sent']);

// mayGo tells whether the guest can take an entry back.
export const mayGo = ({ state, tried }) => state === 'ask' || state === 'refused' || (state === 'waiting' && !tried);

export class Outbox {
  #entries = [];
  #live = false;
  #timer = null;
  #deps;
  #began;

  // deps: kept (see kept.js), clock, fill (crypto.getRandomValues), send(frame)
  // returning false when it does not go out, changed(), stalled() when no answer comes.
  constructor(deps) {
    this.#deps = deps;
    this.#began = deps.clock.now();
    this.reload();
  }

  // reload forgets what this page knew for what the tab has kept since.
  reload() {
    this.#entries = this.#deps.kept.load();
    this.#expire();
  }

  get entries() { return this.#entries; }

  // say puts a text in line; with the nonce, if it has gone out under one before this
  // page was there, and may be stored.
  say(text, nonce) {
    const { fill, clock } = this.#deps;
    const entry = { nonce: nonce ?? newNonce(fill), text, at: nonce ? this.#began : clock.now(), state: 'waiting', tried: Boolean(nonce) };
    if (tooLong(text)) Object.assign(entry, { state: 'refused', code: 'too_long' });
    this.#entries.push(entry);
    this.#pump();
  }

  // live: the socket takes messages. What was in flight on the one before goes out
  // again. What was stored but never came as a message lies behind a gap for good.
  live() {
    this.#live = true;
    this.#entries = this.#entries.filter((entry) => entry.state !== 'stored');
    this.#pump();
  }

  down() {
    this.#live = false;
    for (const entry of this.#entries) if (entry.state === 'sent') entry.state = 'waiting';
    this.#pump();
  }

  // ack returns true when the nonce was one of ours.
  ack(nonce, id) {
    const entry = this.#entries.find((e) => e.nonce === nonce && e.state !== 'stored');
    if (!entry) return false;
    Object.assign(entry, { state: 'stored', id });
    this.#pump();
    return true;
  }

  // landed: the log shows this message now.
  landed(id) {
    if (this.#entries.some((entry) => entry.id === id)) this.#keep((entry) => entry.id !== id);
  }

  refused({ nonce, code, retryAfter }) {
    const entry = this.#entries.find((e) => (nonce === '' ? e.state === 'sent' : e.nonce === nonce && line.has(e.state)));
    if (!entry) return;
    const retryAt = this.#deps.clock.now() + Math.max(retryAfter, 1) * 1000;
    Object.assign(entry, passing.has(code) ? { state: 'waiting', code, retryAt } : { state: 'refused', code });
    this.#pump();
  }

  // resend puts an entry back in line. Its nonce stays, so that nothing is doubled.
  resend(nonce) {
    const entry = this.#entries.find((e) => e.nonce === nonce && !line.has(e.state));
    if (!entry || tooLong(entry.text)) return;
    this.drop(nonce);
    this.#entries.push({ nonce, text: entry.text, at: this.#deps.clock.now(), state: 'waiting', tried: true });
    this.#pump();
  }

  // drop forgets an entry that is out of line or has never gone out, and returns
  // it. What has gone out and is in line may be stored already.
  drop(nonce) {
    const entry = this.#entries.find((e) => e.nonce === nonce && mayGo(e));
    if (entry) this.#keep((e) => e !== entry);
    return entry;
  }

  #keep(wanted) {
    this.#entries = this.#entries.filter(wanted);
    this.#pump();
  }

  // pump sends the first in line if none is in flight, and sets the next timer.
  #pump() {
    const { clock, send, stalled } = this.#deps;
    const now = clock.now();
    clock.clearTimeout(this.#timer);
    this.#expire();
    const first = this.#entries.find((entry) => line.has(entry.state));
    const due = this.#live && first?.state === 'waiting' && !(first.retryAt > now);
    if (due && send(sayFrame(first.text, first.nonce))) Object.assign(first, { state: 'sent', sentAt: now, retryAt: 0, tried: true });
    if (this.#live && first?.state === 'sent') {
      this.#timer = clock.setTimeout(stalled, Math.max(first.sentAt + answerWithin - now, 0));
    } else if (this.#live && first?.retryAt > now) {
      this.#timer = clock.setTimeout(() => this.#pump(), first.retryAt - now);
    }
    this.#deps.kept.save(this.#entries);
    this.#deps.changed();
  }

  #expire() {
    const now = this.#deps.clock.now();
    for (const entry of this.#entries) {
      // A clock that was set back hides an entry's age: ask then, too.
      const age = now - entry.at;
      if (entry.state === 'waiting' && (age > resendWithin || age < -60 * 1000)) entry.state = 'ask';
    }
  }
}
