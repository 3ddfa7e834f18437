import { soon } from './browser.js';
import { later } from './later.js';
import { sameDay, Times } from './message.js';
import { timeOf } from './protocol.js';
import { texts } from './texts.js';

const held = 500; // milliseconds of a long press
const still = 10; // pixels that a finger may move meanwhile

// ExtrasView loads the parts of a room that few guests need, when they are needed: who is
// around, guesses about authors, the search, fading, and the invitation in an empty room.
export class ExtrasView {
  #deps;
  #load = later('around', 'around-view', 'pencil', 'pencil-view');
  #loadSearch = later('search', 'search-view');
  #loadFade = later('fade');
  #made = null; // promise of what is made from #load
  #live = false;
  #search = null; // once the sheet was open
  #fades = false;

  // deps: page, the data of the page; clock; time; sheet and the elements in it, box; margin;
  // scroller; lists; guesses, a store; rooms, names of other rooms; loadPast(before); log,
  // history and scroll; status tells the guest that something could not be loaded.
  constructor(deps) {
    this.#deps = deps;
    this.wide = matchMedia('(min-width: 75rem)'); // as in extras.css
    deps.sheet.addEventListener('open', () => this.#open());
    deps.scroller.addEventListener('click', ({ target }) => {
      if (target.closest('.guess, .penciled')) this.#guess(target.closest('.message'));
    });
    this.#watchLongPresses();
    if (deps.guesses.load().length > 0) this.#make();
    if (deps.log.size === 0) { // without it the address is left
      import('./invite.js').then(({ invite }) => invite(document.querySelector('#nobody .invite')), () => {});
    }
  }

  // state tells whether the room is live. The page is complete then, so there is time for the rest.
  state(live) {
    this.#live = live;
    if (!live) return;
    if (!this.wide.matches) this.wide.onchange = () => this.#margin();
    else this.#margin();
    this.look();
  }

  // look loads what the oldest message in the log needs.
  async look() {
    const { lists, time, page: { retention }, clock } = this.#deps;
    const oldest = lists.map((list) => list.querySelector('.message')).find(Boolean);
    if (this.#fades || !oldest || time.now() - timeOf(oldest.dataset.id) < retention * 7 / 8) return;
    this.#fades = true;
    const parts = await this.#loadFade();
    this.#fades = Boolean(parts);
    parts?.fade({ lists, time, retention, timeOf, clock });
  }

  // expire: messages before a time are too old. The store may have lost guesses.
  async expire(before) {
    this.look();
    this.#search?.drop((id) => timeOf(id) < before);
    if (this.#made) (await this.#made)?.guesses.reload();
  }

  // gone: the operator has removed a message.
  gone(removed) { this.#search?.drop((id) => id === removed); }

  #make() {
    const { page, clock, lists, guesses: store, box, margin, rooms } = this.#deps;
    return this.#made ??= this.#load().then((parts) => {
      if (!parts) {
        this.#made = null;
        return null;
      }
      const interval = Math.max(Number(page.interval), 1000);
      const around = new parts.Around({ clock, load: parts.loadAround, live: () => this.#live, interval });
      const guesses = new parts.Guesses(store, timeOf);
      const pencil = new parts.PencilView({ guesses, around, lists, own: page.guest });
      const view = new parts.AroundView({
        around, rooms, sheet: box, margin, wide: this.wide, clock, interval,
      });
      box.append(pencil.summary());
      return { guesses, pencil, view };
    });
  }

  async #margin() {
    if (this.wide.matches) (await this.#make())?.view.show();
  }

  async #open() {
    const { box, loadPast } = this.#deps;
    const [made, parts] = await Promise.all([this.#make(), this.#loadSearch()]);
    made?.view.show();
    if (parts && !this.#search) {
      const times = new Times();
      const when = (id) => [sameDay(Date.now(), timeOf(id)) ? '' : times.day(timeOf(id)), times.clock(timeOf(id))].filter(Boolean).join(', ');
      const place = document.createElement('div');
      box.prepend(place);
      this.#search = new parts.SearchView({
        sheet: place, load: loadPast, when, parts,
        show: (id) => this.#reach(id),
      });
    }
    if (!made || !parts) this.#fail();
  }

  // reach leads to a message and returns its row, null if it cannot be loaded. It loads the
  // history up to there. At the bottom of the log rows are removed again, so it goes to the top.
  async #reach(id) {
    const {
      lists, log, history, scroll, sheet,
    } = this.#deps;
    while (!log.row(id) && ['more', 'loading'].includes(history.state)) {
      const first = lists.map((list) => list.querySelector('.message')).find(Boolean);
      if (first) scroll.to(first);
      if (history.state === 'more') await history.back();
      await new Promise(soon);
      await new Promise(soon);
    }
    const row = log.row(id);
    if (!row) return null;
    sheet.close();
    await new Promise((closed) => setTimeout(closed)); // the sheet gives the focus back first
    if (row.matches('.long:not(.open)')) row.querySelector('.more').click(); // see RowsView
    for (const old of document.querySelectorAll('.found')) old.classList.remove('found');
    row.classList.add('found');
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    scroll.to(row);
    return row;
  }

  async #guess(row) {
    const made = await this.#make();
    if (made) made.pencil.open(row);
    else this.#fail();
  }

  #fail() { this.#deps.status.textContent = texts.get('room.rest_failed'); }

  // A long press of the mouse selects text.
  #watchLongPresses() {
    const { scroller } = this.#deps;
    let press = null; // {timer, x, y}
    const over = () => {
      clearTimeout(press?.timer);
      press = null;
    };
    scroller.addEventListener('pointerdown', (event) => {
      over();
      const row = event.target.closest('.message:not(.own)');
      if (event.pointerType === 'mouse' || !event.isPrimary || !row || event.target.closest('a, button')) return;
      const timer = setTimeout(() => {
        press = null;
        this.#guess(row);
      }, held);
      press = { timer, x: event.clientX, y: event.clientY };
    });
    scroller.addEventListener('pointermove', ({ clientX, clientY }) => {
      if (press && Math.hypot(clientX - press.x, clientY - press.y) > still) over();
    });
    for (const name of ['pointerup', 'pointercancel', 'scroll']) scroller.addEventListener(name, over);
  }
}
