// Siblings connects the tabs in which one guest has one room open, so that a message of the
// guest, or one that the guest reads in one of them, is not announced in another. They tell each
// other in memory and store nothing.

const most = 100; // IDs of messages of other tabs

// For so long, in milliseconds, a message of a tab that has siblings waits before it is announced.
export const hold = 1000;

export class Siblings {
  #deps;
  #self;
  #channel = null;
  #saying = new Map(); // by tab: texts on their way to the server
  #own = new Set(); // of other tabs
  #texts = []; // of this tab
  #heard = () => {};

  // deps: open() returns a BroadcastChannel, or null; self, a random name of this tab; clock.
  constructor(deps) { [this.#deps, this.#self] = [deps, deps.self]; }

  // connect begins. heard takes {own: id} or {seen: id} when another tab has stored a message
  // of the guest or shows one to the guest, and {} after any other change.
  connect(heard) {
    this.#heard = heard;
    this.#channel = this.#deps.open();
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#tell({ saying: this.#texts, hello: true });
  }

  // close ends it: a page with an open channel does not get into the back/forward cache.
  close() {
    this.#tell({ bye: true });
    this.#channel?.close();
    this.#channel = null;
    this.#saying.clear();
  }

  // has tells whether a message is the guest's own, said in another tab.
  has(id) { return this.#own.has(id); }

  isSaying(text) { return [...this.#saying.values()].some((texts) => texts.includes(text)); }

  own(id) { this.#tell({ own: id }); }

  seen(id) { this.#tell({ seen: id }); }

  // saying takes the texts that are on their way to the server.
  saying(texts) {
    if (texts.join('\0') === this.#texts.join('\0')) return;
    this.#texts = texts;
    this.#tell({ saying: texts });
  }

  // whenReported calls back at once without siblings, or when they have had the time to tell.
  whenReported(call) {
    if (this.#saying.size > 0) this.#deps.clock.setTimeout(call, hold);
    else call();
  }

  #tell(what) { this.#channel?.postMessage({ ...what, from: this.#self }); }

  #hear({ from, hello, saying, own, seen, bye }) {
    if (saying) this.#saying.set(from, saying);
    if (hello) this.#tell({ saying: this.#texts });
    if (bye) this.#saying.delete(from);
    if (own) this.#own = new Set([...this.#own, own].slice(-most));
    this.#heard({ own, seen });
  }
}
