// What a tab keeps over a reload, in its session storage. The storage may be
// null, full, forbidden or filled by something else; then things are kept for
// as long as the page lives, and nothing breaks.
import { isID, isNonce } from './protocol.js';

const prefix = 'chatter.';
const outboxes = `${prefix}outbox:`;
const signedOut = `${prefix}signedout`;
const decisions = new Set(['refused', 'ask']);
const forgotten = new WeakSet(); // the storages that nothing goes into any more

// belong has the tab keep things for this guest, and drops what it kept for another: who
// comes next at this screen shall not see what was said here, nor send it. A guest who has
// to sign in anew, with the same name, goes on where they were.
export function belong(storage, guest) {
  const key = `${prefix}guest`;
  if (read(storage, key)[0] === guest) return;
  for (const old of keys(storage)) storage.removeItem(old);
  write(storage, key, [guest]);
}

// keptOutbox keeps the entries of outbox.js for one room. A room is known by its key:
// one room's name may be spelled in several ways.
export function keptOutbox(storage, room) {
  const key = outboxes + room;
  return {
    load() {
      const entries = read(storage, key)
        .filter((e) => isNonce(e?.nonce) && typeof e.text === 'string' && Number.isFinite(e.at));
      // Nothing is in flight in a new page.
      return entries.map(({ nonce, text, at, state, code, tried }) => (decisions.has(state)
        ? { nonce, text, at, state, code } : { nonce, text, at, state: 'waiting', tried: tried !== false }));
    },
    save(entries) {
      write(storage, key, entries.filter((entry) => entry.state !== 'stored'));
    },
  };
}

// keptOwn keeps which messages this tab has sent. That is known here alone.
export function keptOwn(storage, room) {
  const key = `${prefix}own:${room}`;
  const load = () => new Set(read(storage, key).filter(isID));
  let ids = load();
  return {
    has: (id) => ids.has(id),
    reload() { ids = load(); },
    add(id) {
      ids.add(id);
      write(storage, key, [...ids].slice(-500)); // half of what a room's log keeps
    },
  };
}

// keptText keeps one text for one room: 'draft', what is being typed, or 'seen',
// the ID of the newest message that was looked at.
export function keptText(storage, name, room) {
  const key = `${prefix}${name}:${room}`;
  return {
    load: () => read(storage, key).find((text) => typeof text === 'string') ?? '',
    save(text) { write(storage, key, text ? [text] : []); },
  };
}

// holdsUnsent tells whether any room's outbox in this tab is not empty.
export const holdsUnsent = (storage) => keys(storage).some((key) => key.startsWith(outboxes));

// forget drops all of it, when the guest signs out: the next one at this
// screen shall not see what was said here.
export function forget(storage) {
  for (const key of keys(storage)) storage.removeItem(key);
  if (storage) forgotten.add(storage);
}

// forgetAtSignOut sees that nothing of a guest stays in the tab after signing out, or
// taking another name, and that nothing unsent is lost unasked: loses() is the question.
// The tabs beside it hear of it through this browser's storage, site.
export function forgetAtSignOut({ form, storage, site, loses }) {
  form.addEventListener('submit', (event) => {
    if (holdsUnsent(storage) && !window.confirm(loses())) {
      event.preventDefault();
      return;
    }
    forget(storage);
    // When the page goes, the cookie is gone.
    window.addEventListener('pagehide', () => {
      write(site, signedOut, [1]);
      write(site, signedOut, []);
    });
  });
}

// onSignOut calls back when the guest has signed out in another tab.
export function onSignOut(call) {
  window.addEventListener('storage', ({ key, newValue }) => { if (key === signedOut && newValue) call(); });
}

function keys(storage) {
  try {
    return Array.from({ length: storage.length }, (_, i) => storage.key(i)).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function read(storage, key) {
  try {
    const list = JSON.parse(storage.getItem(key));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

function write(storage, key, list) {
  try {
    if (list.length === 0 || forgotten.has(storage)) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(list));
  } catch { /* see above */ }
}
