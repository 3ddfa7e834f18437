import { isID } from './protocol.js';
import { texts } from './texts.js';

// History loads the older messages of a room, page by page. It knows no elements.
export class History {
  #deps;
  #turn = 0; // number of the request; answers to earlier ones are ignored
  #offered = false; // since the last request

  // state: more, loading, failed (only a click tries again) or end.
  state;

  // load(before) fetches a page; the deps may include those of connect.
  constructor({ more, ...deps }) {
    this.#deps = deps;
    this.state = more ? 'more' : 'end';
  }

  // deps: oldest(), the ID to go back from or null; gaps(); loaded(messages); changed(state).
  connect(deps) { Object.assign(this.#deps, deps); }

  // offer: there may be more than was known.
  offer() {
    this.#offered = true;
    if (this.state === 'end') this.#enter('more');
  }

  // again: the reason of a failure may be gone.
  again() { if (this.state === 'failed') this.#enter('more'); }

  // gaps is the number of gaps above the place where history continues.
  get gaps() { return this.#deps.gaps(); }

  // near: the reader approaches the oldest message shown.
  near() { return this.state === 'more' ? this.back() : undefined; }

  // back requests a page, and ignores the answer to an earlier request.
  async back() {
    const { load, oldest, loaded } = this.#deps;
    const [turn, before] = [this.#turn += 1, oldest()];
    this.#offered = false;
    this.#enter('loading');
    let next = 'failed';
    try {
      const { messages, more } = await load(before);
      if (turn !== this.#turn) return;
      const came = messages.filter((m) => isID(m?.id) && typeof m.message === 'string');
      // If a gap has opened meanwhile, history starts again behind the gap: adding this page
      // would hide the gap.
      const fits = before === oldest();
      if (fits) loaded(came);
      next = more === true || !fits || this.#offered ? 'more' : 'end';
    } catch { /* the guest is told */ }
    if (turn === this.#turn) this.#enter(next);
  }

  #enter(state) {
    this.state = state;
    this.#deps.changed(state);
  }
}

// HistoryView loads older messages while the reader scrolls up, to the beginning of the log or to
// a gap that history fills. Its button is for readers who do not scroll, and for another try
// after a failure.
export class HistoryView {
  #history;
  #button;
  #start;
  #scroller;
  #words;
  #lines;
  #sight;
  #top;
  #seen = null; // the observed element

  // history: see history.js; start is the text at the beginning of the log; lines are those of
  // gaps.
  constructor({ history, button, start, scroller, lines }) {
    this.#lines = lines;
    [this.#history, this.#button, this.#start, this.#scroller] = [history, button, start, scroller];
    this.#words = button.textContent;
    button.addEventListener('click', () => history.back());
    const near = (seen) => { if (seen.at(-1).isIntersecting) history.near(); };
    // A gap further down is not on the way up, unless the way up ends in view.
    this.#sight = new IntersectionObserver(near, { root: scroller, rootMargin: '150% 0px -50%' });
    this.#top = new IntersectionObserver(near, { root: scroller });
    this.show();
  }

  show() {
    const { state } = this.#history;
    const over = state === 'end';
    if (over && document.activeElement === this.#button) this.#scroller.focus();
    this.#button.hidden = over;
    this.#start.hidden = !over;
    this.#button.setAttribute('aria-busy', state === 'loading');
    this.#button.textContent = { loading: texts.get('room.older_loading'), failed: texts.get('room.older_failed') }[state] ?? this.#words;
    this.#observe(null);
    this.watch();
  }

  // watch is also called after each change of the lines.
  watch() {
    const { state, gaps } = this.#history;
    const next = state === 'more' ? this.#lines[gaps - 1] ?? this.#button : null;
    if (next !== this.#seen) this.#observe(next);
  }

  // A new observation reports at once if the element is near.
  #observe(element) {
    for (const observer of [this.#sight, this.#top]) observer.disconnect();
    if (element) {
      this.#sight.observe(element);
      this.#top.observe(this.#button);
    }
    this.#seen = element;
  }
}
