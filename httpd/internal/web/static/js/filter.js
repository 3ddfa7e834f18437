// How the index finds rooms among those it lists, by what is typed so far.

// fold makes alike what a reader takes for alike: it drops case and accents.
const fold = (text) => text.normalize('NFKD').replace(/\p{Mn}/gu, '').toLowerCase();

// matcher returns a test of names: whether each word that was typed is in one.
export function matcher(typed) {
  const words = fold(typed).split(/\s+/u);
  return (name) => {
    const folded = fold(name);
    return words.every((word) => folded.includes(word));
  };
}
