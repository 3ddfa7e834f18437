// The index page: finds the elements and keeps both lists live.
import { clock, follow, openSocket, siteStorage, socketAddress, tabStorage } from './browser.js';
import { Connection } from './connection.js';
import { FilterView } from './filter-view.js';
import { RecentView } from './index-view.js';
import { forgetAtSignOut, onSignOut } from './kept.js';
import { texts } from './texts.js';

const element = (id) => document.getElementById(id);

const field = element('room');
const filter = new FilterView({ field, list: element('rooms'), none: element('no-match') });
const users = new RecentView({ list: element('users'), template: element('user-line'), clock });
const rooms = new RecentView({
  list: element('rooms'),
  template: element('room-line'),
  clock,
  href: (name) => `/chat/${encodeURIComponent(name)}/`,
  changed: () => filter.apply(),
});

// The first lists of a socket may be older than the page. They wait for the next ones,
// which come within a second, if there are any.
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

follow(new Connection({
  url: () => socketAddress(element('index').dataset.socket).href,
  open: openSocket,
  clock,
  random: Math.random,
  online: () => navigator.onLine,
  plain: true,
  changed(state) {
    if (state.name === 'connecting') fresh = true;
  },
  frame(event) {
    if (event.event !== 'recent') return;
    lists = event;
    if (fresh) timer ??= clock.setTimeout(show, settled);
    else show();
  },
}));

// Where there is a keyboard, going somewhere is typing and Enter. Elsewhere one would
// spring up unasked.
if (!window.matchMedia('(pointer: coarse)').matches) {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length); // behind what was refused
}

const signOut = element('signout');
if (signOut) {
  forgetAtSignOut({ form: signOut, storage: tabStorage(), site: siteStorage(), loses: () => texts.say('signout.loses') });
}
onSignOut(() => location.reload());
