// How long a text is, as the server will see it, and how much of it is allowed.
import { maxText, maxTextBytes } from './protocol.js';

const near = 0.9; // of a limit: from here on the guest is shown how it goes
const countable = 20 * maxText; // a whole book is too long, exactly how much does not matter

const clusters = globalThis.Intl?.Segmenter && new Intl.Segmenter();
const utf8 = new TextEncoder();

// measure returns {n, bytes, near, over}: characters as a reader counts them, and
// bytes, of the text without the white space around it.
export function measure(text) {
  const said = text.trim();
  // A cluster has at least one unit of the text, and a unit at most three bytes.
  if (said.length < maxText * near && said.length * 3 < maxTextBytes * near) return { n: said.length, near: false, over: false };
  const bytes = utf8.encode(said).length;
  const n = count(said);
  return {
    n, bytes, near: n >= maxText * near || bytes >= maxTextBytes * near, over: n > maxText || bytes > maxTextBytes,
  };
}

function count(text) {
  if (!clusters || text.length > countable) return Array.from(text).length;
  let n = 0;
  for (const _ of clusters.segment(text)) n += 1;
  return n;
}
