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

// key is about what the server takes for the same room: another spelling is no other room.
const key = (name) => name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase();

// isUnclear tells whether a typed text may mean one of the names that match it, or another room.
export const isUnclear = (typed, names) => typed.trim() !== '' && names.length > 0 && !names.some((name) => key(name) === key(typed));
