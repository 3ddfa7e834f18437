import { matcher } from './filter.js';

// FilterView leaves in sight only those lines of a list that fit what is typed.
export class FilterView {
  #field;
  #list;
  #none;

  // none is where it is said that no line is left.
  constructor({ field, list, none }) {
    this.#field = field;
    this.#list = list;
    this.#none = none;
    field.addEventListener('input', () => {
      field.removeAttribute('aria-invalid');
      this.apply();
    });
    this.apply(); // the browser may have put back what was typed
  }

  // apply is called too when the list has changed.
  apply() {
    // A name that was refused looks for nothing.
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
