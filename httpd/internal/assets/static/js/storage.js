// The tab's session storage, which survives a reload. The storage may be null, full,
// forbidden or filled by something else; then the data lasts as long as the page.
import { isID, isNonce, timeOf } from './protocol.js';

const prefix = 'chatter.';
const outboxes = `${prefix}outbox:`;
const signedOut = `${prefix}signedout`;
const stays = new Set(['later', 'refused', 'ask']); // in a new page, too
const forgotten = new WeakSet(); // storages that are not written any more

// claim reserves the storage for a guest and removes the data of another one: the next guest
// at this screen must neither see nor send another's messages. A guest who signs in again
// with the same name keeps the data.
export function claim(storage, guest) {
  const key = `${prefix}guest`;
  if (read(storage, key)[0] === guest) return;
  for (const old of keys(storage)) storage.removeItem(old);
  write(storage, key, [guest]);
}

// expire removes outbox entries, drafts and the IDs of own messages, of all rooms, that are
// older than a time of the server.
export function expire(storage, before) {
  for (const key of keys(storage)) {
    const list = key.includes(':') ? read(storage, key) : [];
    const fresh = list.filter((item) => !((item?.made ?? timeOf(`${item}`)) < before));
    if (fresh.length < list.length) write(storage, key, fresh);
  }
}

// outboxStore stores the entries of outbox.js for one room. room is the room's key, which is
// equal for all spellings of its name.
export function outboxStore(storage, room) {
  const key = outboxes + room;
  return {
    load() {
      const entries = read(storage, key)
        .filter((e) => isNonce(e?.nonce) && typeof e.text === 'string' && Number.isFinite(e.at));
      // Nothing is in flight in a new page.
      return entries.map((e) => (stays.has(e.state) ? e : { ...e, state: 'waiting', retryAt: 0, tried: e.tried !== false }));
    },
    save(entries) {
      return write(storage, key, entries.filter((entry) => entry.state !== 'stored'));
    },
  };
}

// ownStore stores the IDs of the messages that this tab has sent. Only the tab knows them.
export function ownStore(storage, room) {
  const key = `${prefix}own:${room}`;
  const load = () => new Set(read(storage, key).filter(isID));
  let ids = load();
  let kept = true; // the storage has them
  return {
    has: (id) => ids.has(id),
    reload() { if (kept) ids = load(); },
    add(id) {
      ids.add(id);
      kept = write(storage, key, [...ids].slice(-500)); // half of what a room's log keeps
    },
    drop(id) { if (ids.delete(id)) kept = write(storage, key, [...ids]); },
  };
}

// textStore stores one text for one room: 'draft', the text in the form, or 'seen', the ID of
// the newest message that the guest has seen. now() is the server's time; made is when the text
// was stored.
export function textStore(storage, name, room, now) {
  const key = `${prefix}${name}:${room}`;
  const store = {
    made: now(),
    load() {
      const [kept] = read(storage, key);
      store.made = kept?.made ?? store.made;
      return kept?.text ?? '';
    },
    save(text) {
      store.made = now();
      write(storage, key, text ? [{ text, made: store.made }] : []);
    },
  };
  return store;
}

// firstTime tells, once in a tab, that something happens for the first time.
export function firstTime(storage, what) {
  const key = `${prefix}${what}`;
  const is = read(storage, key).length === 0;
  write(storage, key, [1]);
  return is;
}

// listStore stores a list for one room, or without a room for the tab. made, of each item, is a
// time of the server.
export function listStore(storage, name, room = '') {
  const key = `${prefix}${name}:${room}`;
  return { load: () => read(storage, key), save: (list) => write(storage, key, list) };
}

// visit notes the name of the room that the tab shows now. It returns those of the other rooms
// that the tab has shown, the latest first.
export function visit(storage, room, made) {
  const store = listStore(storage, 'rooms');
  const others = store.load().filter((kept) => typeof kept?.room === 'string' && kept.room !== room).slice(-20);
  store.save([...others, { made, room }]);
  return others.map((kept) => kept.room).reverse();
}

// hasUnsent tells whether any room's outbox in this tab is not empty.
export const hasUnsent = (storage) => keys(storage).some((key) => key.startsWith(outboxes));

// forget removes all data and stops writing, when the guest signs out.
export function forget(storage) {
  for (const key of keys(storage)) storage.removeItem(key);
  if (storage) forgotten.add(storage);
}

// forgetAtSignOut removes a guest's data when the form signs out. The server may refuse another
// name, so after a change of the name the next page removes them, see claim. With unsent messages
// it asks first; loses() is the question. It tells the other tabs through this browser's storage,
// site.
export function forgetAtSignOut({ form, storage, site, loses }) {
  form.addEventListener('submit', (event) => {
    if (hasUnsent(storage) && !window.confirm(loses())) {
      event.preventDefault();
      return;
    }
    if (form.dataset.guest === undefined) forget(storage);
    // The cookie is deleted when the page goes.
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

// write tells whether the storage took the list.
function write(storage, key, list) {
  try {
    if (list.length === 0 || forgotten.has(storage)) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(list));
    return true;
  } catch {
    return false; // see above
  }
}
