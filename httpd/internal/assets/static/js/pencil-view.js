// PencilView is where a guest notes who may have written a message: the name stands beside the
// message, and the sheet counts the names. Nothing of it leaves the tab.
import { make } from './elements.js';
import { texts } from './texts.js';

const button = (className, ...children) => Object.assign(make('button', className, ...children), { type: 'button' });

export class PencilView {
  #guesses;
  #around;
  #lists;
  #own;
  #row = null; // the dialog is about it
  #text = make('blockquote', 'guess-text');
  #names = make('ul', 'guess-names');
  #state = make('p', 'hint');
  #erase = button('plain', texts.get('pencil.erase'));
  #dialog = make('dialog', 'about guess-dialog');
  #counts = make('ul', 'guess-counts');
  #clear = button('plain', texts.get('pencil.clear'));

  // guesses: see pencil.js; around: see around.js; lists are those of the log; own is the
  // guest's name, which is no guess.
  constructor({ guesses, around, lists, own }) {
    [this.#guesses, this.#around, this.#lists, this.#own] = [guesses, around, lists, own];
    this.#build();
    const watch = new MutationObserver((changes) => { for (const { addedNodes } of changes) addedNodes.forEach((row) => this.#note(row)); });
    for (const list of lists) {
      for (const row of list.children) this.#note(row);
      watch.observe(list, { childList: true });
    }
  }

  // open asks for the author of a row's message.
  async open(row) {
    this.#row = row;
    const text = row.querySelector('p').textContent;
    this.#text.textContent = text;
    this.#show();
    this.#state.textContent = texts.get('around.loading');
    getSelection().removeAllRanges(); // of a long press
    this.#dialog.showModal();
    this.#text.focus();
    this.#dialog.scrollTop = 0;
    const known = await this.#around.read();
    this.#state.textContent = known ? '' : texts.get('around.failed');
    this.#show();
    const choices = [...this.#names.querySelectorAll('button')];
    if (document.activeElement === this.#text) (choices.find(({ ariaPressed }) => ariaPressed === 'true') ?? choices[0])?.focus();
    if (known && this.#choices.length === 0) this.#state.textContent = texts.get('around.nobody');
  }

  // summary returns a section that counts the guesses.
  summary() {
    this.#clear.addEventListener('click', () => {
      this.#guesses.clear();
      this.#all();
    });
    this.#all();
    return make('section', 'guesses', make('h2', '', texts.get('pencil.mine')), this.#counts, make('p', 'hint', texts.get('pencil.how')), this.#clear);
  }

  get #choices() {
    const guessed = this.#guesses.counts.map(([name]) => name);
    return [...new Set([...this.#around.names.filter((name) => name !== this.#own), ...guessed])];
  }

  #build() {
    const title = make('h2', '', texts.get('pencil.title'));
    title.id = 'guess-title';
    this.#text.dir = 'auto';
    this.#text.tabIndex = 0; // it may be long
    this.#state.setAttribute('role', 'status');
    this.#dialog.setAttribute('aria-labelledby', title.id);
    const close = button('plain', texts.get('pencil.cancel'));
    close.addEventListener('click', () => this.#dialog.close());
    this.#erase.addEventListener('click', () => this.#choose(''));
    let beside = false; // a press that began beside the dialog closes it
    this.#dialog.addEventListener('pointerdown', ({ target }) => { beside = target === this.#dialog; });
    this.#dialog.addEventListener('click', ({ target }) => { if (beside && target === this.#dialog) this.#dialog.close(); });
    this.#names.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...this.#names.querySelectorAll('button')];
      all[all.indexOf(document.activeElement) + step]?.focus();
    });
    // Safari gives the focus to no button that is clicked, and cannot return it to one.
    this.#dialog.addEventListener('close', () => (this.#row.querySelector('.penciled') ?? this.#row.querySelector('.guess'))?.focus({ preventScroll: true }));
    const parts = make('div', 'about-parts', title, this.#text, this.#state, this.#names, make('div', 'about-buttons', this.#erase, close), make('p', 'hint', texts.get('pencil.hint')));
    this.#dialog.append(parts);
    document.body.append(this.#dialog);
  }

  #show() {
    const chosen = this.#guesses.nameOf(this.#row.dataset.id);
    const [shown, choices] = [Array.from(this.#names.children, ({ textContent }) => textContent), this.#choices];
    if (shown.join('/') !== choices.join('/')) {
      this.#names.replaceChildren(...choices.map((name) => {
        const choice = button('plain', make('bdi', '', name));
        choice.addEventListener('click', () => this.#choose(name));
        return make('li', '', choice);
      }));
    }
    for (const { firstElementChild: choice } of this.#names.children) choice.setAttribute('aria-pressed', choice.textContent === chosen);
    this.#erase.hidden = chosen === '';
  }

  #choose(name) {
    this.#guesses.set(this.#row.dataset.id, name);
    this.#note(this.#row);
    this.#count();
    this.#dialog.close();
  }

  // note shows the guess beside a message.
  #note(row) {
    if (!row.dataset?.id) return;
    const name = this.#guesses.nameOf(row.dataset.id);
    let note = row.querySelector('.penciled');
    if (name === '') note?.remove();
    if (name === '') return;
    if (!note) {
      note = button('penciled');
      note.setAttribute('aria-live', 'off'); // the log is a live region
      row.append(note);
    }
    note.replaceChildren(make('span', 'unseen', texts.get('pencil.is')), ' ', make('bdi', '', name));
  }

  #all() {
    for (const list of this.#lists) for (const row of list.children) this.#note(row);
    this.#count();
  }

  #count() {
    const { counts } = this.#guesses;
    this.#counts.replaceChildren(...counts.map(([name, n]) => make('li', '', make('bdi', '', name), ` × ${n}`)));
    this.#clear.hidden = counts.length === 0;
  }
}
