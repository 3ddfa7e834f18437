// Links in a text, after UTS #58 (Unicode Link Detection), for addresses that begin with
// http://, https:// or www.
//
// The standard lets a sentence mark inside of a link when letters follow. Texts in Chinese or
// Japanese have no spaces, so here marks, quotes and brackets outside of ASCII end a link.

const beginning = /\b(?:https?:\/\/|www\.)/giu;
const domain = /(?:\[[\da-f:.]+\]|[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*)(?::\d{1,5}(?![\d\p{L}]))?/iuy;

// A character that ends a link, and one that ends it unless an ordinary character follows. ZWJ
// and ZWNJ stand inside of words in Persian and in Indic scripts.
const hard = /[\s<>`…—―]|(?![\u200c\u200d])\p{C}|(?![\0-\x7f’])[\p{Terminal_Punctuation}\p{Quotation_Mark}\p{Ps}\p{Pe}\p{Pi}\p{Pf}]/u;
const soft = /[!"',.:;?’–\u200c\u200d]/;
const closers = { ')': '(', ']': '[', '}': '{' };
const openers = new Set(Object.values(closers));

// splitLinks cuts a text into parts that make up the text again: {text} or {text, href, host}.
// host is where the link leads if the text suggests another host, else ''.
export function splitLinks(text) {
  const parts = [];
  let from = 0;
  beginning.lastIndex = 0;
  for (let match = beginning.exec(text); match; match = beginning.exec(text)) {
    const link = linkAt(text, match.index, match[0].length);
    if (link === null) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push(link);
    from = match.index + link.text.length;
    beginning.lastIndex = from;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

// linkAt returns null if there is no link at start. prefix is the length of http://, https://
// or www. there.
function linkAt(text, start, prefix) {
  const bare = text[start + prefix - 1] === '.'; // www.
  const from = bare ? start : start + prefix;
  const host = hostAt(text, from);
  if (host === null || bare && host.split('.').length < 3) return null;
  let end = from + host.length;
  const dot = /^\.[/?#]/.test(text.slice(end, end + 2)) ? 1 : 0;
  if (/[/?#]/.test(text[end + dot] ?? '')) end = tailAt(text, end, end + dot);
  const shown = text.slice(start, end);
  const url = address(bare ? `https://${shown}` : shown);
  return url && { text: shown, href: url.href, host: suggests(host, url.hostname) ? '' : url.host };
}

function hostAt(text, from) {
  domain.lastIndex = from;
  const found = domain.exec(text)?.[0];
  if (!found) return null;
  const [name] = found.split(/:\d+$/);
  const after = text.slice(from + found.length, from + found.length + 260);
  // A name before the host (https://bank.example@evil.example) deceives.
  if (/^[^\s/?#]*@/.test(after) || /^\.+[\p{L}\p{N}]/u.test(after)) return null;
  if (name.split('.').some((label) => label.startsWith('-') || label.endsWith('-'))) return null;
  // Text without a space follows: no domain ends with letters of two scripts.
  const latin = /(?:^|\.)[a-z\d-]+(?=\p{L})(?!\p{Script=Latin})[^.]*$/iu.exec(name);
  if (!latin) return found;
  return name.slice(0, latin.index) + /^\.?[a-z\d-]+/i.exec(latin[0])[0];
}

// tailAt returns where the path, query and fragment end. They begin at from; end is the link's
// end without them.
function tailAt(text, end, from) {
  let part = 'path';
  let open = [];
  let last = '';
  for (let i = from; i < text.length;) {
    const letter = String.fromCodePoint(text.codePointAt(i));
    if (hard.test(letter)) break;
    if (soft.test(last) && /[hw]/i.test(letter)) {
      beginning.lastIndex = i;
      if (beginning.exec(text)?.index === i) break; // another link
    }
    if (letter === '#' || letter === '?' && part === 'path') {
      part = letter === '#' ? 'fragment' : 'query';
      open = [];
    } else if (part === 'path' ? letter === '/' : /[&=]/.test(letter) || letter === '~' && last === ':') open = [];
    i += letter.length;
    if (closers[letter] && open.pop() !== closers[letter]) break;
    if (openers.has(letter)) open.push(letter);
    else if (!soft.test(letter)) end = i;
    last = letter;
  }
  return end;
}

// address returns null for a text that only looks like a link.
function address(link) {
  try {
    const url = new URL(link);
    return url.username === '' && url.password === '' ? url : null;
  } catch {
    return null;
  }
}

// Labels of one script whose letters do not look like those of another one.
const plain = /^(?:[a-z\d\u00df-\u00f6\u00f8-\u0130\u0132-\u0137\u0139-\u017e_-]+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー\d-]+|[\p{Script=Hangul}\d-]+|[\p{Script=Arabic}\p{M}\d-]+|[\p{Script=Hebrew}\p{M}\d-]+|[\p{Script=Thai}\d-]+|[\p{Script=Devanagari}\d-]+)$/u;

function suggests(host, actual) {
  const typed = host.replace(/:\d+$/, '').toLowerCase();
  return typed === actual || !/^[\d.]+$/.test(actual) && typed.split('.').every((label) => plain.test(label));
}
