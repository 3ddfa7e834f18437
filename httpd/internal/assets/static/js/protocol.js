// The frames of the protocol chatter.v1. The module knows no sockets, elements or state.

export const subprotocol = 'chatter.v1';

// The server refuses longer texts, and closes the socket (1009) for a frame that is too big.
// The outbox would send such a text again after that, so it must never send one.
export const maxText = 2000; // characters as a reader counts them (grapheme clusters)
export const maxTextBytes = 8 << 10;

// The number of messages that the server sends after a gap, or to a page with an empty log.
export const newest = 50;

export const closeCode = {
  restart: 1012, overloaded: 1013, tooSlow: 4408, signIn: 4401, noRoom: 4404,
};

// newNonce returns 132 random bits as 22 letters of the URL-safe base64
// alphabet. fill is crypto.getRandomValues, or something like it in a test.
export function newNonce(fill) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = fill(new Uint8Array(22));
  // 64 divides 256, so that the low six bits are as evenly spread as the byte.
  return Array.from(bytes, (b) => letters[b & 63]).join('');
}

export const isNonce = (s) => typeof s === 'string' && /^[A-Za-z0-9_-]{16,64}$/.test(s);

export function sayFrame(text, nonce) {
  return JSON.stringify({ command: 'new_message', message: text, nonce });
}

// askFrame is an empty message. The server's refusal shows that the connection works.
export const askFrame = sayFrame('', 'is-anybody-there');

// tooLong tells whether the server would refuse the text for its bytes alone.
export function tooLong(text) {
  return new TextEncoder().encode(text).length > maxTextBytes;
}

const idForm = /^(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})$/;
const top64 = 2n ** 64n - 1n;

// isID tells whether s is a Redis stream ID in its one canonical form: two
// unsigned 64-bit numbers, which do not fit a JavaScript number.
export function isID(s) {
  const parts = typeof s === 'string' && idForm.exec(s);
  return Boolean(parts) && BigInt(parts[1]) <= top64 && BigInt(parts[2]) <= top64;
}

// compareIDs orders two IDs. In canonical form the longer number is the
// greater one, and numbers of one length order as text: no BigInt is made.
export function compareIDs(a, b) {
  const [aMs, aSeq] = a.split('-');
  const [bMs, bSeq] = b.split('-');
  return compareDigits(aMs, bMs) || compareDigits(aSeq, bSeq);
}

function compareDigits(a, b) {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

// timeOf returns when a message was stored, in milliseconds since 1970.
export const timeOf = (id) => Number(id.split('-')[0]);

// parseFrame reads one server frame. It never throws: an unknown or malformed frame becomes
// {event: 'ignored', reason}, because a newer server may send more events.
export function parseFrame(data) {
  if (typeof data !== 'string') return ignored('not a text frame');
  let frame;
  try {
    frame = JSON.parse(data);
  } catch {
    return ignored('not JSON');
  }
  if (frame === null || typeof frame !== 'object' || Array.isArray(frame)) return ignored('not an object');
  if (!Object.hasOwn(parsers, frame.event)) return ignored('unknown event');
  return parsers[frame.event](frame) ?? ignored(`malformed ${frame.event}`);
}

const ignored = (reason) => ({ event: 'ignored', reason });
const isText = (s) => typeof s === 'string';
const areTexts = (list) => Array.isArray(list) && list.every(isText);

// Each returns the event, or undefined when a field is missing or wrong.
const parsers = {
  message: ({ id, message }) => (isID(id) && isText(message) ? { event: 'message', id, message } : undefined),
  ack: ({ nonce, id }) => (isNonce(nonce) && isID(id) ? { event: 'ack', nonce, id } : undefined),
  refused: ({ nonce, code, detail, retry_after: retryAfter }) => {
    const good = (nonce === '' || isNonce(nonce)) && isText(code) && isText(detail ?? '');
    if (!good) return undefined;
    return { event: 'refused', nonce, code, detail: detail ?? '', retryAfter: seconds(retryAfter) };
  },
  removed: ({ id }) => (isID(id) ? { event: 'removed', id } : undefined),
  gap: () => ({ event: 'gap' }),
  live: ({ cursor }) => (isID(cursor) ? { event: 'live', cursor } : undefined),
  recent: ({ users, rooms }) => (areTexts(users) && areTexts(rooms) ? { event: 'recent', users, rooms } : undefined),
};

// A number beyond a timer's reach, 24 days, would fire at once.
const seconds = (n) => (Number.isFinite(n) && n > 0 ? Math.min(n, 20 * 86400) : 0);

// parseRetry reads a close reason such as "retry=1500". It returns
// milliseconds, or null when the reason asks for nothing.
export function parseRetry(reason) {
  const parts = typeof reason === 'string' && /^retry=([0-9]{1,8})$/.exec(reason);
  return parts ? Number(parts[1]) : null;
}

const near = 0.9; // of a limit: from here on the page shows the length
const countable = 20 * maxText; // longer texts are counted roughly

const clusters = globalThis.Intl?.Segmenter && new Intl.Segmenter();
const utf8 = new TextEncoder();

// measure returns {n, bytes, near, over}: characters as a reader counts them, and
// bytes, of the text without the white space around it.
export function measure(text) {
  const trimmed = text.trim();
  // A cluster has at least one unit of the text, and a unit at most three bytes.
  if (trimmed.length < maxText * near && trimmed.length * 3 < maxTextBytes * near) return { n: trimmed.length, near: false, over: false };
  const bytes = utf8.encode(trimmed).length;
  const n = count(trimmed);
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
