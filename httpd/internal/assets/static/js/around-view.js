// AroundView lists the recent guests of the site and the rooms of this tab: in the sheet, and
// in the margin of the log where there is one. Each list is replaced as a whole, so that no
// line of it moves.
import { make } from './elements.js';
import { texts } from './texts.js';

export class AroundView {
  #section = make('section', 'around');
  #names = make('ul', 'around-names');
  #state = make('p', 'hint');
  #around;

  // around: see around.js; rooms are the names of the rooms to link to; sheet and margin are
  // the elements to show it in; wide is a MediaQueryList that tells whether there is a margin,
  // which is refreshed after each interval.
  constructor({
    around, rooms, sheet, margin, wide, clock, interval,
  }) {
    this.#around = around;
    const title = make('h2', '', texts.get('around.title'));
    title.id = 'around-title';
    this.#section.setAttribute('aria-labelledby', title.id);
    this.#section.append(...this.#links(rooms), title, this.#state, this.#names);
    const place = () => {
      const home = wide.matches ? margin : sheet;
      home.append(this.#section);
      margin.hidden = !wide.matches;
    };
    wide.addEventListener('change', () => {
      place();
      this.show();
    });
    place();
    const again = () => {
      if (wide.matches && document.visibilityState === 'visible') this.show();
      clock.setTimeout(again, interval);
    };
    clock.setTimeout(again, interval);
  }

  async show() {
    if (this.#names.childElementCount === 0) this.#state.textContent = texts.get('around.loading');
    const known = await this.#around.read();
    const { names } = this.#around;
    const shown = Array.from(this.#names.children, ({ textContent }) => textContent);
    if (shown.join('/') !== names.join('/')) this.#names.replaceChildren(...names.map((name) => make('li', '', make('bdi', '', name))));
    this.#state.textContent = texts.get(!known ? 'around.failed' : names.length > 0 ? 'around.hint' : 'around.nobody');
  }

  #links(rooms) {
    if (rooms.length === 0) return [];
    const list = make('ul', 'around-rooms', ...rooms.map((room) => {
      const link = make('a', '', make('bdi', '', room));
      link.href = `/chat/${encodeURIComponent(room)}/`;
      return make('li', '', link);
    }));
    return [make('h2', '', texts.get('around.rooms')), list];
  }
}
