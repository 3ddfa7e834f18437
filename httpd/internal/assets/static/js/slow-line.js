// The slow line of a room: it says something by the room's form and reads what followed from the
// history, where sockets are blocked. It gives the events that a socket gives. The nonce makes
// sure that a message is stored once, over whichever way it comes.

// In milliseconds.
const pause = 5 * 1000; // between two readings, and up to twice as long
const pauseHidden = 30 * 1000;
const longestPause = 60 * 1000; // after failures
const longest = 15 * 1000; // the server has a shorter limit
const hurry = 2 * 1000; // what the guest does starts at most one reading in this time
const patience = 3; // failures in a row after which the line is not live

const signIn = 401;
const ends = { [signIn]: 4401, 404: 4404 }; // the close code of a socket, by status
const away = { code: 'unavailable', detail: '', retry_after: 5 };

export class SlowLine {
  #deps;
  #timer = null;
  #live = false;
  #failures = 0;
  #readAt = -Infinity;
  #reading = false;
  #again = false; // read again after this reading
  #stopped = new AbortController();

  // deps: clock, random, hidden(), fetch; room, the address of the room; since(), the cursor,
  // asked for before each reading; frame(event) takes events in the form of the wire; live(on)
  // is called when that changes; end(code) takes the code with which a socket would be closed.
  constructor(deps) { this.#deps = deps; }

  stop() {
    this.#stopped.abort();
    this.#deps.clock.clearTimeout(this.#timer);
  }

  // send takes a frame of the wire.
  send(frame) {
    const { message, nonce } = JSON.parse(frame);
    this.#say(message, nonce);
    return true;
  }

  // hurry reads at once, unless the last reading has just begun.
  hurry() { if (this.#deps.clock.now() - this.#readAt >= hurry) this.now(); }

  // now reads at once.
  now() {
    if (this.#reading) this.#again = true;
    else this.#read();
  }

  async #say(message, nonce) {
    const answer = await this.#fetch(this.#deps.room, { method: 'POST', body: new URLSearchParams({ message, nonce }) });
    if (this.#over(answer)) return;
    const { id, ...refusal } = answer.body ?? {};
    if (id) {
      this.#deps.frame({ event: 'ack', nonce, id });
      this.now(); // and shows it
    } else this.#deps.frame({ detail: '', ...away, ...refusal, event: 'refused', nonce });
  }

  async #read() {
    const { clock, since, room } = this.#deps;
    clock.clearTimeout(this.#timer);
    this.#readAt = clock.now();
    [this.#reading, this.#again] = [true, false];
    const from = since();
    const answer = await this.#fetch(`${room}messages/?${new URLSearchParams({ after: from, limit: 50 })}`);
    this.#reading = false;
    if (this.#over(answer)) return;
    if (Array.isArray(answer.body?.messages)) this.#came(answer.body, from);
    else this.#failed();
    if (this.#stopped.signal.aborted) return; // it was an event of this answer
    this.#timer = clock.setTimeout(() => this.#read(), this.#again ? 0 : this.#pause());
  }

  #came({ messages, more, gap, removed }, from) {
    const { frame } = this.#deps;
    this.#failures = 0;
    if (gap) frame({ event: 'gap' });
    for (const { id, message } of messages) frame({ event: 'message', id, message });
    // After a gap, and on an empty page, more tells of older messages.
    const newest = gap || from === '0';
    this.#again ||= Boolean(more) && !newest;
    const last = !more || newest;
    if (last) frame({ event: 'live', cursor: messages.at(-1)?.id ?? (newest ? '0-0' : from) });
    // With each answer: the cursor has moved, and the next answer may not have them.
    for (const id of removed ?? []) frame({ event: 'removed', id });
    if (!last) return;
    this.#enter(true);
  }

  #failed() {
    this.#failures += 1;
    if (this.#failures >= patience) this.#enter(false);
  }

  #pause() {
    const { random, hidden } = this.#deps;
    const most = Math.min((hidden() ? pauseHidden : pause) * 2 ** this.#failures, longestPause);
    return most * (1 + random());
  }

  #enter(live) {
    if (live === this.#live) return;
    this.#live = live;
    this.#deps.live(live);
  }

  // over tells whether an answer comes too late, or is the last one.
  #over({ status }) {
    if (this.#stopped.signal.aborted) return true;
    if (Object.hasOwn(ends, status)) this.#deps.end(ends[status]);
    return Object.hasOwn(ends, status);
  }

  // fetch returns the status and what the server says in JSON; null: nothing, or not in JSON.
  async #fetch(address, options = {}) {
    const { clock, fetch } = this.#deps;
    const abort = new AbortController();
    const give = () => abort.abort();
    const timer = clock.setTimeout(give, longest);
    this.#stopped.signal.addEventListener('abort', give);
    try {
      const answer = await fetch(address, {
        ...options, headers: { accept: 'application/json' }, cache: 'no-store', signal: abort.signal,
      });
      return { status: answer.status, body: await answer.json().catch(() => null) };
    } catch {
      return { status: 0, body: null };
    } finally {
      clock.clearTimeout(timer);
      this.#stopped.signal.removeEventListener('abort', give);
    }
  }
}
