import { quote } from './markup.js';
import { texts } from './texts.js';

const controls = '.quote, .more, .cite, .flag, .message:not(.own) .guess, .penciled';
const textOf = (row) => row.querySelector('p').textContent;

// RowsView is what a guest does with the messages of the log: quotes and reports them,
// follows a quote and unfolds long ones. extras-view.js opens the guesses. Tab reaches one
// message, the newest or the last one used, because a log has hundreds; the arrow keys lead to
// the others.
export class RowsView {
  #scroller;
  #flag; // see constructor
  #deps = {};
  #reached = null; // by Tab
  #picked = null; // the row whose tools a tap has shown

  // outcome is read out to screen readers; home gets the focus of removed elements; onFlag is the
  // address of the module that reports a message, which is loaded when it is used.
  constructor({ scroller, outcome, home, onFlag }) {
    this.#scroller = scroller;
    this.#flag = (flag, row) => import(onFlag).then(
      ({ choose }) => choose({ flag, row, outcome, focus: home }),
      () => { outcome.textContent = texts.get('room.report_failed'); },
    );
    document.addEventListener('keydown', ({ key }) => {
      if (key === 'Tab' && !document.activeElement.matches(controls)) this.#reach(this.#all('.cite').at(-1));
    });
    scroller.addEventListener('keydown', (event) => this.#press(event));
    // Before the key is up, it would press the control that gets the focus.
    scroller.addEventListener('keyup', ({ key, target }) => { if (key === 'Enter' && target.matches('.quote')) target.click(); });
    scroller.addEventListener('click', (event) => this.#click(event));
  }

  // deps: cite(line) puts a line into the form; log is a LogView, scroll a ScrollView.
  connect(deps) { Object.assign(this.#deps, deps); }

  #all(selector) { return [...this.#scroller.querySelectorAll(selector)]; }

  #reach(control) {
    if (!control) return;
    if (this.#reached) this.#reached.tabIndex = -1;
    this.#reached = control;
    control.tabIndex = 0;
  }

  #press(event) {
    const { key, target } = event;
    if (!target.matches(controls)) return;
    const right = document.dir === 'rtl' ? -1 : 1;
    const step = { ArrowUp: -1, ArrowLeft: -right, ArrowDown: 1, ArrowRight: right }[key];
    if (!step) return;
    event.preventDefault();
    const isNear = /Up|Down/.test(key)
      ? (control) => control.classList[0] === target.classList[0]
      : (control) => control.closest('.message') === target.closest('.message');
    const list = this.#all(controls).filter(isNear);
    const next = list[list.indexOf(target) + step];
    this.#reach(next);
    next?.focus();
  }

  #click(event) {
    const { target, detail } = event;
    const row = target.closest('.message');
    this.#picked?.classList.remove('picked');
    this.#picked = row;
    row?.classList.add('picked');
    if (!row || target.closest('a')) return;
    const part = target.closest('.cite, .flag, .more, .quote');
    if (part?.matches('.cite')) {
      event.preventDefault(); // it sends a form to the server
      this.#deps.cite(quote(textOf(row)));
    } else if (part?.matches('.flag')) this.#flag(part, row);
    else if (part?.matches('.more')) this.#fold(row, part);
    else if (part && getSelection().isCollapsed) this.#follow(row, part, detail === 0);
  }

  #fold(row, button) {
    this.#deps.scroll.hold(row);
    const open = row.classList.toggle('open');
    button.setAttribute('aria-expanded', open);
    button.textContent = texts.get(open ? 'room.show_less' : 'room.show_all');
  }

  #follow(row, part, byKey) {
    const found = this.#deps.log.find(row, part.textContent);
    part.classList.toggle('lost', !found);
    if (!found) return;
    this.#deps.scroll.to(found);
    found.classList.remove('found');
    found.getBoundingClientRect(); // begins the highlight anew
    found.classList.add('found');
    if (!byKey) return;
    const control = found.querySelector('.cite');
    this.#reach(control);
    control.focus({ preventScroll: true });
  }
}
