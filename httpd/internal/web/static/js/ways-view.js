// The ways through the log: down to the newest message, and back to the oldest.
import { isID } from './protocol.js';
import { texts } from './texts.js';

const far = 240; // pixels: as near as this, the bottom is in sight

// JumpView is the button that leads down to the newest message.
export class JumpView {
  #button;
  #home;
  #words = '';

  // home gets the focus when the button has it and goes.
  constructor({ button, home, jump }) {
    [this.#button, this.#home] = [button, home];
    button.addEventListener('click', () => {
      jump();
      home.focus();
    });
  }

  // show takes how many messages are unread and how far the bottom is away.
  show(count, { distance, atBottom }) {
    const over = atBottom || (count === 0 && distance < far);
    if (over && document.activeElement === this.#button) this.#home.focus();
    this.#button.hidden = over;
    this.#button.classList.toggle('new', count > 0);
    const words = count > 0 ? texts.say('room.new', { n: count }) : texts.say('room.down');
    if (words !== this.#words) this.#button.textContent = words;
    this.#words = words;
  }
}

// LineView is the button that leads up to the line where unread begins, as long as that
// has not been in sight.
export class LineView {
  #deps;
  #met = null; // the row whose line has been

  // deps: button, scroller, lines in it (there is one, or none) and to(row).
  constructor(deps) {
    this.#deps = deps;
    deps.button.addEventListener('click', () => deps.to(this.#row));
  }

  get #row() { return this.#deps.lines[0]?.parentNode; }

  // show takes what is unread, see attention.js, and whether somebody looks.
  show({ behind, more }, looking) {
    const { button, scroller } = this.#deps;
    const row = this.#row;
    const [view, at] = [scroller, row ?? scroller].map((e) => e.getBoundingClientRect());
    const above = at.bottom <= view.top;
    if (row && looking && !above && at.top < view.bottom) this.#met = row;
    const over = !row || !above || this.#met === row;
    if (over && document.activeElement === button) scroller.focus();
    button.hidden = over;
    const words = texts.say('room.new', { n: more ? `${behind}+` : behind });
    if (words !== button.textContent) button.textContent = words;
  }
}

// Past is the way back through a room's log, page by page. It touches no page.
export class Past {
  #deps;
  #turn = 0; // how often it has asked; what answers an earlier one comes too late
  #offered = false; // while it asked

  // state: more, loading, failed (only a click tries again) or end.
  state;

  // deps: load(before) fetching a page, oldest() the ID to go back from or null,
  // loaded(messages) takes what came, changed(state).
  constructor({ more, ...deps }) {
    this.#deps = deps;
    this.state = more ? 'more' : 'end';
  }

  // offer: there may be more than was known.
  offer() {
    this.#offered = true;
    if (this.state === 'end') this.#enter('more');
  }

  // again: what stood in the way may be gone.
  again() { if (this.state === 'failed') this.#enter('more'); }

  // near: the reader comes near to the oldest message shown.
  near() { return this.state === 'more' ? this.back() : undefined; }

  // back asks for a page, and gives up on one that is under way.
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
      // Behind a gap that has opened meanwhile, the way back begins anew: taken
      // for a part of it, the page would hide what is missing there.
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

// HistoryView loads what is older than the log shows while the reader comes near
// to it. Its button is for those who do not scroll, and for when that has failed.
export class HistoryView {
  #past;
  #button;
  #start;
  #scroller;
  #words;
  #sight;

  // past: a Past; start is the text that stands where the log begins.
  constructor({ past, button, start, scroller }) {
    [this.#past, this.#button, this.#start, this.#scroller] = [past, button, start, scroller];
    this.#words = button.textContent;
    button.addEventListener('click', () => past.back());
    this.#sight = new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting) past.near(); }, {
      root: scroller, rootMargin: '150% 0px 0px',
    });
    this.show();
  }

  show() {
    const { state } = this.#past;
    const over = state === 'end';
    if (over && document.activeElement === this.#button) this.#scroller.focus();
    this.#button.hidden = over;
    this.#start.hidden = !over;
    this.#button.setAttribute('aria-busy', state === 'loading');
    this.#button.textContent = { loading: texts.say('room.older_loading'), failed: texts.say('room.older_failed') }[state] ?? this.#words;
    // Watched anew, it tells at once when it is still near.
    this.#sight.unobserve(this.#button);
    if (state === 'more') this.#sight.observe(this.#button);
  }
}
