// Fakes of the browser that a test drives.

// Clock runs its timers when it is told to.
export class Clock {
  #now;
  #timers = new Map();
  #next = 1;

  constructor(now = 1_700_000_000_000) { this.#now = now; }

  now = () => this.#now;

  setTimeout = (call, ms) => {
    this.#timers.set(this.#next, { call, at: this.#now + Math.max(ms, 0) });
    this.#next += 1;
    return this.#next - 1;
  };

  clearTimeout = (timer) => { this.#timers.delete(timer); };

  // advance runs, in order, everything that falls due in that time.
  advance(ms) {
    const end = this.#now + ms;
    for (let next = this.#first(end); next; next = this.#first(end)) {
      const [timer, { call, at }] = next;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at); // after a sleep it is overdue
      call();
    }
    this.#now = end;
  }

  // first returns the timer that is due first; of two at one time, the older.
  #first(end) {
    let first = null;
    for (const entry of this.#timers) if (entry[1].at <= end && !(first?.[1].at <= entry[1].at)) first = entry;
    return first;
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
