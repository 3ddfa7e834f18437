import { Unread } from './unread.js';

// Attention counts unread messages and announces those of others. It knows no elements.
export class Attention {
  #deps;
  #unread = new Unread();
  // {key, message, reported} of messages that may be the guest's own or read in another tab;
  // reported: the other tabs have told what they know.
  #held = [];
  #told = ''; // the newest message of which other tabs know that it is read

  // deps: own and seen, see storage.js, and inSight(); they may include those of connect.
  constructor(deps) { this.#deps = { whenReported: (call) => call(), read() {}, ...deps }; }

  // deps: atBottom(); saying(text), whether a tab may be waiting for the acknowledgement of that
  // text; tell(text) for each message of others that arrives out of sight; changed(count); and
  // for the other tabs whenReported(call), which calls back when they have told what they know of a
  // message, and read(id), which tells them what the guest has read here.
  connect(deps) { Object.assign(this.#deps, deps); }

  // unread has count, line, behind and more, see Unread.
  get unread() { return this.#unread; }

  // begin takes the IDs that the page shows at first, and whether the log has more.
  begin(ids, more) {
    const { seen, own, inSight } = this.#deps;
    this.#unread.begin(ids, seen.load(), own.has, { looking: inSight(), more });
    this.#changed();
  }

  // older takes the steps that a page of history has caused.
  older(steps) { this.#unread.older(steps.map(({ key }) => key), this.#deps.own.has); }

  // came takes the steps of a timeline that a message of the socket has caused.
  came(steps) {
    const { own, inSight, atBottom } = this.#deps;
    const looking = inSight() && atBottom();
    for (const { do: what, key, message } of steps) {
      if (what === 'remove') {
        this.#unread.remove(key);
        this.#held = this.#held.filter((held) => held.key !== key);
      } else if (what === 'insert' && !own.has(key)) {
        this.#unread.came(key, looking);
        if (!inSight()) this.#hold(key, message);
      }
    }
    this.announce();
    this.#changed();
  }

  #hold(key, message) {
    const held = { key, message, reported: false };
    this.#held.push(held);
    this.#deps.whenReported(() => {
      held.reported = true;
      this.announce();
    });
  }

  // announce tells of the messages that are known to be of others. The frame of an own message
  // may arrive before its acknowledgement: until then it is not announced.
  announce() {
    const { own, saying, tell } = this.#deps;
    const held = this.#held.filter(({ key }) => !own.has(key) && !this.#unread.wasRead(key));
    this.#held = held.filter(({ message, reported }) => !reported || saying(message));
    for (const { message, reported } of held) if (reported && !saying(message)) tell(message);
  }

  own(id) {
    this.#unread.remove(id);
    this.#changed();
  }

  // readTo: the guest has read the messages up to this one in another tab.
  readTo(id) {
    this.#unread.readTo(id);
    this.#changed();
  }

  said() {
    this.#unread.said();
    this.#changed();
  }

  // expire removes what is older than a time of the server.
  expire(before) {
    this.#unread.expire(before);
    this.#changed();
  }

  // look: the visible part of the log may have changed.
  look() {
    if (this.#deps.inSight() && this.#deps.atBottom()) this.#unread.readAll();
    this.#changed();
  }

  // leave stores the newest seen message for the next page.
  leave() { this.#deps.seen.save(this.#unread.seen ?? ''); }

  #changed() {
    const { inSight, atBottom, read, changed } = this.#deps;
    const { seen } = this.#unread;
    if (seen && seen !== this.#told && inSight() && atBottom()) {
      this.#told = seen;
      read(seen);
    }
    changed(this.#unread.count);
  }
}

export const titled = (title, count) => (count > 0 ? `(${count > 99 ? '99+' : count}) ${title}` : title);
