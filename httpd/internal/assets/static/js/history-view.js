import { texts } from './texts.js';

// HistoryView loads older messages while the reader scrolls up. Its button is for readers
// who do not scroll, and for another try after a failure.
export class HistoryView {
  #history;
  #button;
  #start;
  #scroller;
  #words;
  #sight;

  // history: see history.js; start is the text at the beginning of the log.
  constructor({ history, button, start, scroller }) {
    [this.#history, this.#button, this.#start, this.#scroller] = [history, button, start, scroller];
    this.#words = button.textContent;
    button.addEventListener('click', () => history.back());
    this.#sight = new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting) history.near(); }, {
      root: scroller, rootMargin: '150% 0px 0px',
    });
    this.show();
  }

  show() {
    const { state } = this.#history;
    const over = state === 'end';
    if (over && document.activeElement === this.#button) this.#scroller.focus();
    this.#button.hidden = over;
    this.#start.hidden = !over;
    this.#button.setAttribute('aria-busy', state === 'loading');
    this.#button.textContent = { loading: texts.say('room.older_loading'), failed: texts.say('room.older_failed') }[state] ?? this.#words;
    // A new observation reports at once if the button is still near.
    this.#sight.unobserve(this.#button);
    if (state === 'more') this.#sight.observe(this.#button);
  }
}
