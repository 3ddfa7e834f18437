import { matcher } from './filter.js';

// FilterView hides the lines of a list that do not match the text in a field.
export class FilterView {
  #field;
  #list;
  #none;

  // none is the element for "no line is left".
  constructor({ field, list, none }) {
    this.#field = field;
    this.#list = list;
    this.#none = none;
    field.addEventListener('input', () => {
      field.removeAttribute('aria-invalid');
      this.apply();
    });
    this.apply(); // the browser may have restored the text
  }

  // apply is also called after each change of the list.
  apply() {
    // A refused name does not filter.
    const fits = matcher(this.#field.hasAttribute('aria-invalid') ? '' : this.#field.value);
    let left = 0;
    for (const row of this.#list.children) {
      row.hidden = !fits(row.dataset.name);
      if (!row.hidden) left += 1;
    }
    const words = left === 0 && this.#list.children.length > 0 ? this.#none.dataset.words : '';
    if (this.#none.textContent !== words) this.#none.textContent = words;
  }
}
