// The structure of a message's text: quotes, code, blank lines that are not shown, whether it
// is folded, and the words that a quote of it has. The server has the same rules (markup.go).

const width = 60; // columns: about a line of the log on a wide screen
const maxRows = 15; // a message with more of them is folded
const maxBlank = 2; // blank lines in a row that are shown
const maxWords = 60; // characters of a quote
const [least, ellipsis] = [20, '…']; // a quote is cut at a space behind so many characters

// Characters that a reader sees (shared/grapheme).
const visible = /[^\p{Z}\p{M}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}]|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;
const code = /(`+)([^`\n]+)(`+)/g;
const quoted = /^>[ \t]?/;
const fenceBegin = /^```[^`\n]*\n?$/;
const fenceEnd = /^```[ \t]*\n?$/;

const linesOf = (text) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

// shows tells whether a line shows something, in a quote or not.
const shows = (line) => visible.test(line.replace(/^(?:[ \t]*>)+/, ''));

// markup returns the parts of a text, which make up the text again. A part is a string or
// {kind, parts}. kind is quote, fence, code, mark (of a quote or of code) or blank (a line);
// the last two are not shown.
export function markup(text) {
  if (!/[>`\n]/.test(text)) return [text];
  const all = [];
  const lines = linesOf(text);
  let blank = 0;
  for (let i = 0; i < lines.length;) {
    const { kind, end } = blockAt(lines, i);
    const parts = kind ? [] : all;
    for (const begin = i; i < end; i += 1) {
      const line = lines[i];
      blank = shows(line) ? 0 : blank + 1;
      if (blank > maxBlank) parts.push(part('blank', line));
      else if (kind !== 'fence') putLine(parts, line, kind === 'quote' ? quoted.exec(line)[0] : '');
      else if (i === begin || i === end - 1) parts.push(part('mark', line));
      else put(parts, line);
    }
    if (kind) all.push({ kind, parts });
  }
  return all;
}

// blockAt returns what begins with a line, and where it ends. A block shows something.
function blockAt(lines, begin) {
  const showsTo = (end) => lines.slice(begin + 1, end).some(shows);
  if (fenceBegin.test(lines[begin])) {
    const end = lines.findIndex((line, i) => i > begin && fenceEnd.test(line));
    if (end > 0 && showsTo(end)) return { kind: 'fence', end: end + 1 };
  }
  let end = begin;
  while (end < lines.length && quoted.test(lines[end])) end += 1;
  if (end > begin && (shows(lines[begin]) || showsTo(end))) return { kind: 'quote', end };
  return { kind: '', end: Math.max(end, begin + 1) };
}

const part = (kind, text) => ({ kind, parts: [text] });

// put adds a text, to the one before it if that is no part of its own.
function put(parts, text) {
  if (typeof parts.at(-1) === 'string') parts.push(parts.pop() + text);
  else if (text !== '') parts.push(text);
}

function putLine(parts, line, mark) {
  if (mark !== '') parts.push(part('mark', mark));
  let from = mark.length;
  code.lastIndex = from;
  for (let match = code.exec(line); match; match = code.exec(line)) {
    const [all, open, inner, close] = match;
    if (open.length === close.length && visible.test(inner)) {
      put(parts, line.slice(from, match.index));
      parts.push({ kind: 'code', parts: [part('mark', open), inner, part('mark', close)] });
      from = match.index + all.length;
    } else code.lastIndex -= close.length; // which may begin another one
  }
  put(parts, line.slice(from));
}

// isLong tells whether a message is folded, by its text alone: the page must not move when the
// script starts, whatever the width.
export function isLong(text) {
  let [rows, blank] = [0, 0];
  for (const line of text.length * 2 > width * maxRows || text.includes('\n') ? linesOf(text) : []) {
    blank = shows(line) ? 0 : blank + 1;
    if (blank <= maxBlank) rows += line.length * 2 <= width ? 1 : Math.ceil(columns(line) / width);
    if (rows > maxRows) return true;
  }
  return false;
}

function columns(line) {
  let n = 0;
  for (const letter of line) n += letter < '\u1100' ? 1 : 2;
  return n;
}

// wordsOf returns the line by which a message is quoted: its first one that is its own.
function wordsOf(text) {
  const lines = linesOf(text).filter(shows);
  const own = lines.find((line) => !quoted.test(line) && !fenceBegin.test(line)) ?? lines[0] ?? '';
  return tidy(own.replace(quoted, ''));
}

const tidy = (text) => text.replace(/[^\S\ufeff]+/g, ' ').replace(/^ | $/g, '');

// quote returns a message's first words as a quote: a line of its own.
export function quote(text) {
  const words = wordsOf(text);
  const letters = [...words];
  if (letters.length <= maxWords) return `> ${words}\n`;
  let end = letters.lastIndexOf(' ', maxWords);
  if (end < least) {
    end = maxWords;
    // Marks and joined emoji stay with what they belong to.
    while (end > least && (/[\p{M}\p{Emoji_Modifier}\u200d]/u.test(letters[end]) || letters[end - 1] === '\u200d')) end -= 1;
  }
  return `> ${letters.slice(0, end).join('')}${ellipsis}\n`;
}

// isQuotedBy tells whether a message begins with the words of a quote.
export function isQuotedBy(text, quotation) {
  const line = linesOf(quotation).find(shows) ?? '';
  let words = tidy(line.replace(quoted, ''));
  if (words.endsWith(ellipsis)) words = words.slice(0, -1);
  return words !== '' && (wordsOf(text).startsWith(words) || tidy(text).startsWith(words));
}
