// The texts that the scripts say. Those of the page's language stand in texts/LANG.json,
// of which the server makes a script that runs before any other and calls speak.

// Wording says the texts of one language. A text is a string, or an object of
// plural forms by Unicode's CLDR; {name} in it is a place for a value, and the
// value called n decides the form.
export class Wording {
  #words;
  #plurals;
  #numbers;

  speak(language, words) {
    this.#words = words;
    this.#plurals = new Intl.PluralRules(language);
    this.#numbers = new Intl.NumberFormat(language);
  }

  has(key) { return Object.hasOwn(this.#words, key); }

  // say returns a key that is not there as it is.
  say(key, values = {}) {
    const forms = this.has(key) ? this.#words[key] : key;
    const text = typeof forms === 'string' ? forms : forms[this.#plurals.select(values.n)] ?? forms.other;
    return text.replace(/\{(\w+)\}/g, (place, name) => this.#show(values[name] ?? place));
  }

  #show(value) { return typeof value === 'number' ? this.#numbers.format(value) : value; }
}

export const texts = new Wording();
