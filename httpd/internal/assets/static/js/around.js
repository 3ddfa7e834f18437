// The names of recent guests, as the index lists them. The module knows no elements.

// Around reads the site's lists when they are needed, at most once an interval. They are equal
// for all guests, and no room is named in the request.
export class Around {
  #deps;
  #names = [];
  #readAt = -Infinity;
  #reading = null;

  // deps: clock; load(), which fetches {users, rooms}; live(), whether the site can be reached;
  // interval, the milliseconds after which the server has new lists.
  constructor(deps) { this.#deps = deps; }

  // names are those of the last answer.
  get names() { return this.#names; }

  // read returns whether the names are known.
  async read() {
    const { clock, load, live, interval } = this.#deps;
    if (live() && (clock.now() - this.#readAt >= interval || clock.now() < this.#readAt)) {
      this.#reading ??= load().then(({ users }) => {
        this.#names = users.filter((name) => typeof name === 'string');
        this.#readAt = clock.now();
      }).catch(() => {}).finally(() => { this.#reading = null; });
      await this.#reading;
    }
    return this.#readAt > -Infinity;
  }
}

// loadAround fetches the lists of the index.
export async function loadAround() {
  const answer = await fetch('/index/', { headers: { accept: 'application/json' }, signal: AbortSignal.timeout?.(15 * 1000) });
  if (!answer.ok) throw new Error(`lists: status ${answer.status}`);
  return answer.json();
}
