// SearchView is the search in the sheet about the room. A match leads to its message.
import { make } from './elements.js';
import { texts } from './texts.js';

export class SearchView {
  #parts;
  #show;
  #section = make('section', 'search');
  #state = make('p', 'hint');
  #stop = make('button', 'plain', texts.get('search.stop'));
  #list = make('ol', 'matches');
  #shown = 0; // matches of this search that are or were in the list
  #words = '';

  // load(before) fetches a page of history; when(id) says the time of a message; show(id)
  // leads to a message and returns its row, or null; parts: see search.js.
  constructor({ sheet, load, when, show, parts }) {
    this.#parts = parts;
    this.#show = show;
    const search = new parts.Search({ load, changed: (now) => this.#changed(now, when) });
    const field = Object.assign(make('input', ''), { type: 'search', id: 'search', autocomplete: 'off', enterKeyHint: 'search', dir: 'auto', maxLength: 100 });
    const label = make('label', '', texts.get('search.title'));
    label.htmlFor = field.id;
    const form = make('form', 'search-form', field, make('button', 'plain', texts.get('search.go')));
    form.setAttribute('role', 'search');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#words = field.value.trim();
      if (this.#words !== '') search.run(this.#words);
    });
    this.#state.setAttribute('role', 'status');
    Object.assign(this.#stop, { type: 'button', hidden: true });
    this.#stop.addEventListener('click', () => {
      search.stop();
      this.#tell('stopped', 0);
      field.focus();
    });
    sheet.closest('dialog').addEventListener('close', () => { if (!this.#stop.hidden) this.#stop.click(); });
    this.#section.append(make('h2', '', label), form, this.#state, this.#stop, this.#list);
    sheet.append(this.#section);
  }

  #changed({ state, matches, read }, when) {
    if (state === 'searching' && read === 0) {
      this.#shown = 0;
      this.#list.replaceChildren();
    }
    this.#list.append(...matches.slice(this.#shown).map((match) => this.#line(match, when)));
    this.#shown = matches.length;
    const none = matches.length === 0 && state === 'done';
    this.#tell(none ? 'none' : state, state === 'searching' || none ? read : matches.length);
  }

  #tell(state, n) {
    this.#state.textContent = texts.get(`search.${state}`, { n });
    this.#stop.hidden = state !== 'searching';
  }

  #line({ id, text, place }, when) {
    const { before, found, after } = this.#parts.excerpt(text, place);
    const words = make('span', '', before, make('mark', '', found), after);
    words.dir = 'auto';
    const button = make('button', 'match', make('time', '', when(id)), ' ', words);
    button.type = 'button';
    button.addEventListener('click', async () => {
      const row = await this.#show(id);
      if (row) highlight(row.querySelector('p'), this.#parts.placesOf(text, this.#words));
      else this.#state.textContent = texts.get('search.gone');
    });
    return Object.assign(make('li', '', button), { id: `match-${id}` });
  }

  // drop removes the matches for whose IDs isGone is true.
  drop(isGone) {
    for (const line of [...this.#list.children]) if (isGone(line.id.slice('match-'.length))) line.remove();
  }
}

// highlight marks places in an element's text, in browsers that can without changing it.
function highlight(element, places) {
  if (!globalThis.Highlight) return;
  const ranges = places.map(() => new Range());
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let [from, node] = [0, walker.nextNode()]; node; from += node.length, node = walker.nextNode()) {
    for (const [i, [start, end]] of places.entries()) {
      if (start >= from && start < from + node.length) ranges[i].setStart(node, start - from);
      if (end > from && end <= from + node.length) ranges[i].setEnd(node, end - from);
    }
  }
  CSS.highlights.set('search', new Highlight(...ranges));
}
