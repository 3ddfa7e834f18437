import { isUnclear, matcher } from './filter.js';
import { typesText } from './keys.js';
import { texts } from './texts.js';

// FilterView hides the rooms that do not match the text in a field. Enter leads to those that
// match, unless the text is the name of one: a room with another name would be a new one, which
// everybody sees in the list when something is said in it. A link opens that.
export class FilterView {
  #deps;

  // deps: form and field; list; none, the element for "no line is left"; choice, with an element
  // for words and the link.
  constructor(deps) {
    this.#deps = deps;
    const { form, field, list, choice } = deps;
    field.addEventListener('input', () => {
      field.removeAttribute('aria-invalid');
      this.apply();
    });
    form.addEventListener('submit', (event) => {
      if (choice.hidden) return;
      event.preventDefault();
      this.#links[0].focus();
    });
    for (const element of [form, list]) element.addEventListener('keydown', (event) => this.#press(event));
    this.apply(); // the browser may have restored the text
  }

  // apply is also called after each change of the list.
  apply() {
    const { field, list, none, choice } = this.#deps;
    // A refused name does not filter.
    const typed = field.hasAttribute('aria-invalid') ? '' : field.value;
    const fits = matcher(typed);
    const left = [];
    for (const row of list.children) {
      row.hidden = !fits(row.dataset.name);
      if (!row.hidden) left.push(row.dataset.name);
    }
    say(none, left.length === 0 && list.children.length > 0 ? none.dataset.words : '');
    const [words, link] = choice.children;
    choice.hidden = !isUnclear(typed, left);
    say(words, choice.hidden ? '' : texts.get('index.matches', { n: left.length }));
    link.href = `/chat/?${new URLSearchParams({ room: typed })}`;
    // The marks keep the direction of the name from the sentence.
    link.textContent = texts.get('index.open_new', { name: `\u2068${typed.trim()}\u2069` });
  }

  get #links() { return [...this.#deps.list.querySelectorAll('li:not([hidden]) a')]; }

  // press moves between the field, the link and the rooms that match.
  #press(event) {
    const { field, choice } = this.#deps;
    const { key, target, isComposing, shiftKey, ctrlKey, altKey, metaKey } = event;
    if (isComposing) return;
    const links = this.#links;
    const at = links.indexOf(target);
    const above = target !== choice.children[1] && !choice.hidden ? choice.children[1] : field;
    const next = { ArrowDown: links[at + 1], ArrowUp: at > 0 ? links[at - 1] : above, Escape: field }[key];
    if (target !== field && typesText(event)) field.focus(); // which gets the text
    else if (next && next !== target && !(target === field && key !== 'ArrowDown') && !(shiftKey || ctrlKey || altKey || metaKey)) {
      event.preventDefault();
      next.focus();
    }
  }
}

// say changes only another text: a screen reader reads each change.
function say(element, words) { if (element.textContent !== words) element.textContent = words; }
