// Fakes of the browser that a test drives.
import { outboxStore, ownStore } from '../static/js/storage.js';

// Clock runs its timers when it is told to.
export class Clock {
  #now;
  #timers = new Map();
  #queue = []; // a heap: the timer that is due first is at 0, and no child is before its parent
  #next = 1;

  constructor(now = 1_700_000_000_000) { this.#now = now; }

  now = () => this.#now;

  setTimeout = (call, ms) => {
    const timer = this.#next;
    this.#next += 1;
    this.#timers.set(timer, call);
    this.#queue.push({ timer, at: this.#now + Math.max(ms, 0) });
    for (let i = this.#queue.length - 1; i > 0;) i = this.#order((i - 1) >> 1, i) ? 0 : (i - 1) >> 1;
    return timer;
  };

  clearTimeout = (timer) => { this.#timers.delete(timer); };

  // advance runs, in order, everything that falls due in that time.
  advance(ms) {
    const end = this.#now + ms;
    while (this.#queue[0]?.at <= end) {
      const { timer, at } = this.#first();
      const call = this.#timers.get(timer);
      this.#timers.delete(timer);
      if (!call) continue; // it was cleared
      this.#now = Math.max(this.#now, at); // after a sleep it is overdue
      call();
    }
    this.#now = end;
  }

  // order puts the earlier of two timers, of two at one time the older, into the place above. It
  // tells whether it was there.
  #order(above, below) {
    const [a, b] = [this.#queue[above], this.#queue[below]];
    const right = a.at < b.at || (a.at === b.at && a.timer < b.timer);
    if (!right) [this.#queue[above], this.#queue[below]] = [b, a];
    return right;
  }

  // first takes out the timer that is due first.
  #first() {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (queue.length > 0) queue[0] = last;
    for (let i = 0, child = 1; child < queue.length; i = child, child = 2 * i + 1) {
      const [a, b] = [queue[child], queue[child + 1]];
      if (b && (b.at < a.at || (b.at === a.at && b.timer < a.timer))) child += 1;
      if (this.#order(i, child)) break;
    }
    return first;
  }

  // pass is advance for code that awaits answers: after each step, promises go on.
  async pass(ms, step = 250) {
    for (let left = ms; left > 0; left -= step) {
      this.advance(Math.min(step, left));
      await new Promise(setImmediate);
    }
  }

  // sleep passes time without running anything, as a closed lid does, and then
  // runs what is overdue.
  sleep(ms) {
    this.#now += ms;
    this.advance(0);
  }
}

// Socket looks like a WebSocket; the test plays the server.
export class Socket {
  readyState = 0;
  sent = [];

  constructor(url, protocols) { Object.assign(this, { url, protocols }); }

  send(frame) { this.sent.push(frame); }

  close() { this.readyState = 3; }

  opens() {
    this.readyState = 1;
    this.onopen?.({});
  }

  gets(event) { this.onmessage?.({ data: typeof event === 'string' ? event : JSON.stringify(event) }); }

  closes(code, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

// Channels are the broadcast channels of one browser. A message arrives when deliver is called.
export class Channels {
  #open = new Set();
  #waiting = [];

  open = (name) => {
    const channel = {
      name,
      postMessage: (data) => this.#waiting.push({ from: channel, data: structuredClone(data) }),
      close: () => this.#open.delete(channel),
    };
    this.#open.add(channel);
    return channel;
  };

  get size() { return this.#open.size; }

  deliver() {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      for (const to of this.#open) if (to !== next.from && to.name === next.from.name) to.onmessage({ data: next.data });
    }
  }
}

// Storage is a tab's session storage; a copy of it is what a duplicated tab
// starts with.
export class Storage {
  #items;

  constructor(from = null) { this.#items = new Map(from?.entries() ?? []); }

  entries() { return [...this.#items]; }

  get length() { return this.#items.size; }

  key(i) { return [...this.#items.keys()][i] ?? null; }

  getItem(key) { return this.#items.get(key) ?? null; }

  setItem(key, value) { this.#items.set(key, String(value)); }

  removeItem(key) { this.#items.delete(key); }
}

// chance is Math.random from a seed (the generator known as mulberry32).
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// filler is crypto.getRandomValues from the same source.
export const filler = (random) => (bytes) => bytes.map(() => Math.floor(random() * 256));

// page carries out the steps of a timeline, as the log view does, and returns
// the keys it shows. It fails on a step that no page could carry out.
export class Page {
  keys = [];
  texts = new Map();

  constructor(keys = []) { this.keys = [...keys]; }

  apply(steps) {
    for (const step of steps) {
      const at = this.keys.indexOf(step.key);
      if (step.do === 'remove') {
        if (at < 0) throw new Error(`remove ${step.key}: not there`);
        this.keys.splice(at, 1);
        continue;
      }
      if (at >= 0) throw new Error(`${step.do} ${step.key}: there already`);
      const before = step.before === null ? this.keys.length : this.keys.indexOf(step.before);
      if (before < 0) throw new Error(`${step.do} before ${step.before}: not there`);
      this.keys.splice(before, 0, step.key);
      this.texts.set(step.key, step.message);
    }
  }

  get ids() { return this.keys.filter((key) => !key.startsWith('gap')); }
}

// clientOptions are those of a RoomClient whose sockets are collected.
export const clientOptions = ({ clock, sockets, storage, ids }) => ({
  address: (since) => `ws://here/?since=${since}`,
  ids,
  cursor: '1-0',
  kept: outboxStore(storage, 'x'),
  own: ownStore(storage, 'x'),
  open: (...args) => sockets[sockets.push(new Socket(...args)) - 1],
  clock,
  time: clock,
  retention: Infinity,
  random: chance(1),
  fill: filler(chance(2)),
  online: () => true,
  hidden: () => false,
  ask: (answer) => answer(true),
});
