// The order of names. The server has the same one (collate.go).

// inBytes compares two names by their bytes in UTF-8, which is the order of code points.
export function inBytes(a, b) {
  const [x, y] = [a, b].map((name) => Array.from(name, (c) => c.codePointAt(0)));
  const i = x.findIndex((point, at) => point !== y[at]);
  return i < 0 ? x.length - y.length : x[i] - (y[i] ?? -1);
}

// inLanguage returns the comparison of names in a language.
export function inLanguage(language) {
  const { compare } = new Intl.Collator(language);
  return (a, b) => compare(a, b) || inBytes(a, b);
}
