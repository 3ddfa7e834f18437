// The texts of the scripts. The server makes a script from languages/LANG.json of the page's
// language, which runs before all others and calls load.

// Texts has the texts of one language. A text is a string, or an object with plural forms
// by Unicode's CLDR; {name} in it is a placeholder, and the value called n selects the form.
export class Texts {
  #words;
  #plurals;
  #numbers;

  load(language, words) {
    this.#words = words;
    this.#plurals = new Intl.PluralRules(language);
    // The digits are 0 to 9 in all languages, as on the server (language.go).
    this.#numbers = new Intl.NumberFormat(language, { numberingSystem: 'latn' });
  }

  has(key) { return Object.hasOwn(this.#words, key); }

  // get returns an unknown key as it is.
  get(key, values = {}) {
    const forms = this.has(key) ? this.#words[key] : key;
    const text = typeof forms === 'string' ? forms : forms[this.#plurals.select(values.n)] ?? forms.other;
    return text.replace(/\{(\w+)\}/g, (place, name) => this.#show(values[name] ?? place));
  }

  number(value) { return this.#numbers.format(value); }

  #show(value) { return typeof value === 'number' ? this.number(value) : value; }
}

export const texts = new Texts();
