// Finds the links in a text. Nothing else in a message means anything.

const start = /\bhttps?:\/\/[^\s<>"\u0000-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const stops = new Set('.,:;!?\'"*_~…。，、！？；：」』）’”');
const closers = { ')': '(', ']': '[', '}': '{' };

// splitLinks cuts a text into parts, {text} or {text, href}, that make up the
// text again.
export function splitLinks(text) {
  const parts = [];
  let from = 0;
  for (const { 0: match, index } of text.matchAll(start)) {
    const shown = trim(match);
    const href = address(shown);
    if (href === null) continue;
    if (index > from) parts.push({ text: text.slice(from, index) });
    parts.push({ text: shown, href });
    from = index + shown.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

// trim takes off what belongs to the sentence around: full stops and the like,
// and a bracket that was opened before the link.
function trim(link) {
  const open = new Map(Object.entries(closers).map(([closer, opener]) => [
    closer, count(link, opener) - count(link, closer)]));
  let end = link.length;
  for (; end > 0; end -= 1) {
    const last = link[end - 1];
    if (open.get(last) < 0) open.set(last, open.get(last) + 1);
    else if (!stops.has(last)) break;
  }
  return link.slice(0, end);
}

const count = (text, letter) => text.split(letter).length - 1;

// address returns null for what only looks like a link. A name before the host
// (https://bank.example@evil.example) is how a link lies: it stays text.
function address(link) {
  try {
    const url = new URL(link);
    const web = url.protocol === 'http:' || url.protocol === 'https:';
    return web && url.username === '' && url.password === '' ? url.href : null;
  } catch {
    return null;
  }
}
