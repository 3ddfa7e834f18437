// The index page: finds the elements and keeps both lists live.
import {
  ask, clock, expireLater, hidden, inSight, openSocket, serverTime, siteStorage, socketAddress, startConnection, tabStorage,
} from './browser.js';
import { Connection } from './connection.js';
import { FilterView } from './filter-view.js';
import { RecentView } from './index-view.js';
import { claim, expire, forgetAtSignOut, onSignOut } from './storage.js';
import { StateView } from './state-view.js';
import { texts } from './texts.js';

const element = (id) => document.getElementById(id);

const field = element('room');
const filter = new FilterView({
  form: element('enter'), field, list: element('rooms'), none: element('no-match'), choice: element('choice'),
});
const page = element('index').dataset;
claim(tabStorage(), element('users').dataset.own);
const time = serverTime(page.now);
const users = new RecentView({
  list: element('users'), template: element('user-line'), clock, time, own: element('users').dataset.own,
  changed() { element('alone').hidden = element('users').children.length > 1; },
});
const rooms = new RecentView({
  list: element('rooms'),
  template: element('room-line'),
  clock,
  time,
  href: (name) => `/chat/${encodeURIComponent(name)}/`,
  changed() {
    filter.apply();
    element('no-rooms').hidden = element('rooms').children.length > 0;
  },
});

// The first lists of a socket may be older than the page. The page waits a second for newer
// ones before it shows them.
const settled = 1200; // milliseconds

let fresh = true; // no lists of this socket have been shown
let lists = null; // the newest
let timer = null;

function show() {
  timer = null;
  users.show(lists.users, !fresh);
  rooms.show(lists.rooms, !fresh);
  fresh = false;
}

const state = new StateView({
  element: element('state'), clock, signIn: '/', now: () => connection.now(), offline: 'index.offline',
});

const connection = new Connection({
  url: () => socketAddress(page.socket).href,
  open: openSocket,
  ask,
  clock,
  random: Math.random,
  online: () => navigator.onLine,
  hidden,
  plain: true,
  changed(now) {
    if (now.name === 'connecting') fresh = true;
    state.show(now);
  },
  frame(event) {
    if (event.event !== 'recent') return;
    lists = event;
    if (fresh) timer ??= clock.setTimeout(show, settled);
    else show();
  },
});
startConnection(connection);

// The socket sends only the order of the names. A name that stays in its place may have come
// again, so the page reads the times from a new index now and then.
const interval = 5 * 60 * 1000;
let told = clock.now();

async function tellTimes() {
  if (!inSight() || clock.now() - told < interval) return;
  told = clock.now();
  try {
    const response = await fetch('/index/');
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (page.documentElement.lang !== document.documentElement.lang) return; // chosen in another tab
    users.tell(page.getElementById('users'));
    rooms.tell(page.getElementById('rooms'));
  } catch { /* the next time */ }
}

function keepTimes() {
  tellTimes();
  clock.setTimeout(keepTimes, 60 * 1000);
}

document.addEventListener('visibilitychange', tellTimes);
keepTimes();

// The field takes the focus by itself only where no keyboard on the screen opens for it.
if (!window.matchMedia('(pointer: coarse)').matches) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length); // behind a refused name
}

const signOut = element('signout');
if (signOut) {
  forgetAtSignOut({ form: signOut, storage: tabStorage(), site: siteStorage(), loses: () => texts.get('signout.loses') });
}
onSignOut(() => location.reload());

// The tab may have drafts and unsent messages of rooms.
const expireStored = (before) => expire(tabStorage(), before);
expireStored(time.now() - page.retention);
expireLater({ time, retention: page.retention, connection, expire: expireStored });
