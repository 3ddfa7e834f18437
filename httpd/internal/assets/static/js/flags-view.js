const isFlag = (element) => element.matches('.flag');

// FlagsView is the control of each message, with which a guest reports it. Tab reaches one of
// them, the newest or the last one used, because a log has hundreds; the arrow keys lead to the
// others.
export class FlagsView {
  #scroller;
  #reached = null; // by Tab

  // chosen(flag, row) is called for the control of a message.
  constructor({ scroller, chosen }) {
    this.#scroller = scroller;
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Tab' && !isFlag(document.activeElement)) this.#reach(this.#all().at(-1));
    });
    scroller.addEventListener('keydown', (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step || !isFlag(event.target)) return;
      event.preventDefault();
      const all = this.#all();
      const flag = all[all.indexOf(event.target) + step];
      this.#reach(flag);
      flag?.focus();
    });
    scroller.addEventListener('click', ({ target }) => { if (isFlag(target)) chosen(target, target.parentNode); });
  }

  #all() { return [...this.#scroller.querySelectorAll('.flag')]; }

  #reach(flag) {
    if (!flag) return;
    if (this.#reached) this.#reached.tabIndex = -1;
    this.#reached = flag;
    flag.tabIndex = 0;
  }
}
