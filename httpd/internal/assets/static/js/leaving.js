const moment = 1000; // milliseconds, from a click to the end of the page

// Leaving asks before the tab is closed with something in it that would be lost. The tab's
// storage survives a reload and other pages of this site, so links, forms and the keys for a
// reload do not ask.
export class Leaving {
  #losses = new Set();
  #inside = -Infinity; // the time at which the guest went on inside this site

  constructor() {
    const go = () => { this.#inside = performance.now(); };
    document.addEventListener('click', (event) => {
      const link = event.target.closest('a[href]');
      if (link?.origin === location.origin && !event.defaultPrevented) go();
    });
    document.addEventListener('submit', (event) => { if (!event.defaultPrevented) go(); });
    document.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
      if (key === 'F5' || (key.toLowerCase() === 'r' && (ctrlKey || metaKey))) go();
    });
  }

  // note tells whether something would be lost. A page without a loss has no listener: some
  // browsers keep no page with one for the way back.
  note(what, lost) {
    if (lost) this.#losses.add(what);
    else this.#losses.delete(what);
    if (this.#losses.size > 0) window.addEventListener('beforeunload', this.#ask);
    else window.removeEventListener('beforeunload', this.#ask);
  }

  #ask = (event) => {
    if (performance.now() - this.#inside < moment) return;
    event.preventDefault();
    event.returnValue = true; // older browsers do not know the line above
  };
}
