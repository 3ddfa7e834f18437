// A model of the server for storms: one room with a log and the nonces it
// knows, sockets with latency, and faults drawn from a seed. It is right where
// the wire says it is: acked means stored, a nonce is stored once, a member
// gets the log in order or is told of a gap.
import { compareIDs } from '../static/js/protocol.js';
import { Socket } from './fakes.js';

const run = 50; // the newest that are sent to those without a usable cursor

export class Server {
  log = []; // {id, message}
  nonces = new Map();
  members = new Set();
  ids = 0;
  opened = 0; // sockets that pages have tried to open
  asked = 0; // questions whether the site is there
  gaps = 0;
  removed = []; // IDs
  blocked = null; // 'refuse' or 'swallow': no socket gets through
  away = false; // nothing gets through

  // faults: chances between 0 and 1 by name, see below.
  constructor(clock, random, faults) {
    Object.assign(this, { clock, random, faults });
  }

  open = (url, protocols) => {
    const socket = new Socket(url, protocols);
    const since = new URL(url).searchParams.get('since');
    socket.send = (frame) => this.later(() => this.#said(socket, frame));
    socket.close = () => {
      socket.readyState = 3;
      this.members.delete(socket);
    };
    this.opened += 1;
    if (this.away || this.blocked === 'refuse') this.later(() => socket.readyState === 3 || socket.closes(1006));
    else if (!this.blocked && !this.#strikes('silent')) this.later(() => this.#join(socket, since));
    return socket;
  };

  ask = (answer) => {
    this.asked += 1;
    this.later(() => answer(!this.away));
  };

  // fetch answers a request to the form or the history of the room, as httpd does. http lists the
  // requests.
  http = [];

  fetch = (address, { method = 'GET', body, signal }) => new Promise((answer, fail) => {
    this.http.push(method);
    signal.addEventListener('abort', () => fail(new Error('aborted')));
    const say = (status, json) => answer({ status, json: () => Promise.resolve(json) });
    const late = method === 'POST' && this.#strikes('late') ? 20_000 : 0; // the page has given up
    this.clock.setTimeout(() => {
      if (this.away || this.#strikes('lost')) fail(new Error('no network'));
      else if (method === 'GET') say(200, this.#after(new URL(address, 'http://here').searchParams.get('after')));
      else if (this.#strikes('unavailable')) say(503, { code: 'unavailable', retry_after: 2 });
      else {
        const id = this.#store(body.get('message'), body.get('nonce'));
        if (this.#strikes('cut')) fail(new Error('cut')); // stored, and the answer never comes
        else say(200, { id });
      }
    }, late + 1 + this.random() * 40);
  });

  #after(since) {
    const known = since === '0' || this.log.some(({ id }) => id === since);
    if (!known || since === '0') return { messages: this.log.slice(-run), more: this.log.length > run, gap: !known, removed: this.removed };
    const missed = this.log.filter(({ id }) => compareIDs(id, since) > 0);
    return { messages: missed.slice(0, run), more: missed.length > run, gap: false, removed: this.removed };
  }

  #store(message, nonce) {
    const id = this.nonces.get(nonce) ?? this.append(message);
    this.nonces.set(nonce, id);
    return id;
  }

  later(call) { this.clock.setTimeout(call, 1 + this.random() * 40); }

  #strikes(fault) { return this.random() < (this.faults[fault] ?? 0); }

  #join(socket, since) {
    if (socket.readyState === 3) return;
    if (this.#strikes('refuse')) {
      this.#close(socket, 1006);
      return;
    }
    socket.opens();
    socket.queue = [];
    this.members.add(socket);
    const known = since === '0' || this.log.some(({ id }) => id === since);
    if (!known) {
      this.gaps += 1;
      this.#give(socket, { event: 'gap' });
    }
    const missed = known && since !== '0' ? this.log.filter(({ id }) => compareIDs(id, since) > 0) : this.log.slice(-run);
    for (const entry of missed) this.#give(socket, { event: 'message', ...entry });
    const end = missed.at(-1)?.id ?? (known && since !== '0' ? since : '0-0');
    this.#give(socket, { event: 'live', cursor: end });
  }

  #said(socket, frame) {
    if (!this.members.has(socket) || socket.silent || this.#strikes('lost')) return; // cut off on the way
    const { message, nonce } = JSON.parse(frame);
    if (message === '') {
      this.#give(socket, { event: 'refused', nonce, code: 'empty', detail: '', retry_after: 0 });
      return;
    }
    for (const code of ['rate_limited', 'unavailable', 'full']) {
      if (this.#strikes(code)) {
        const refusal = { event: 'refused', nonce, code, detail: '', retry_after: Math.ceil(this.random() * 3) };
        this.#give(socket, refusal);
        return;
      }
    }
    const id = this.#store(message, nonce);
    if (this.#strikes('cut')) { // stored, and the answer never comes
      this.#close(socket, [1006, 1012, 1013, 4408][Math.floor(this.random() * 4)], 'retry=300');
      return;
    }
    const ack = { event: 'ack', nonce, id };
    this.#give(socket, ack);
    if (this.#strikes('double')) this.later(() => this.#give(socket, ack)); // late, after others
  }

  append(message) {
    this.ids += 1;
    const id = `${Math.floor(this.clock.now())}-${this.ids}`;
    this.log.push({ id, message });
    for (const socket of this.members) {
      // An ack goes its own way: before the message or after it.
      if (this.#strikes('slow')) this.later(() => this.#deliver(socket));
      else this.#deliver(socket);
    }
    return id;
  }

  // deliver gives a member everything behind its cursor.
  #deliver(socket) {
    if (!this.members.has(socket)) return;
    for (const entry of this.log) {
      if (socket.cursor === undefined || compareIDs(entry.id, socket.cursor) > 0) this.#give(socket, { event: 'message', ...entry });
    }
    if (this.#strikes('again') && !socket.silent) socket.gets({ event: 'message', ...this.log.at(-1) });
  }

  #give(socket, event) {
    if (!this.members.has(socket)) return;
    if (socket.silent) return; // gone on the way, and both sides do not know
    if (event.event === 'message') socket.cursor = event.id;
    if (event.event === 'live') socket.cursor ??= event.cursor;
    socket.gets(event);
  }

  #close(socket, code, reason = '') {
    this.members.delete(socket);
    socket.closes(code, code === 1006 ? '' : reason);
  }

  // silence lets nothing pass any more on the sockets of now.
  silence() { for (const socket of this.members) socket.silent = true; }

  // restart drops everybody.
  restart() { for (const socket of [...this.members]) this.#close(socket, 1012, `retry=${Math.floor(this.random() * 2000)}`); }

  // goBack puts an older state of the log and the nonces in place.
  goBack(lost) {
    const gone = new Set(this.log.splice(-lost).map(({ id }) => id));
    for (const [nonce, id] of this.nonces) if (gone.has(id)) this.nonces.delete(nonce);
    for (const socket of [...this.members]) this.#close(socket, 1006);
  }
}
