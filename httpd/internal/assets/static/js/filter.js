// Filtering of the index's rooms by a typed text.

// fold removes the differences of case and accents.
const fold = (text) => text.normalize('NFKD').replace(/\p{Mn}/gu, '').toLowerCase();

// matcher returns a test whether a name contains each typed word.
export function matcher(typed) {
  const words = fold(typed).split(/\s+/u);
  return (name) => {
    const folded = fold(name);
    return words.every((word) => folded.includes(word));
  };
}
