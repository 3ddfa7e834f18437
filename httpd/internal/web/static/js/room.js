// The room page: finds the elements and joins the parts.
import { clock, fill, follow, openSocket, socketAddress, tabStorage } from './browser.js';
import { ComposerView } from './composer-view.js';
import { HistoryView } from './history-view.js';
import { keptOutbox, keptOwn } from './kept.js';
import { LogView } from './log-view.js';
import { OutboxView } from './outbox-view.js';
import { RoomClient } from './room-client.js';
import { ScrollView } from './scroll-view.js';
import { SignOutView } from './signout-view.js';
import { StateView } from './state-view.js';

const element = (id) => document.getElementById(id);
const page = element('room').dataset;
const storage = tabStorage();
const own = keptOwn(storage, page.room);
const scroll = new ScrollView(element('scroller'));

const log = new LogView({
  list: element('log'),
  templates: { message: element('message-template'), gap: element('gap-template') },
  scroll,
  isOwn: own.has,
});
const state = new StateView({
  element: element('state'),
  clock,
  signIn: `/?next=${encodeURIComponent(location.pathname)}`,
});
const outbox = new OutboxView({
  list: element('outbox'),
  template: element('outbox-template'),
  scroll,
  clock,
  decide(action, nonce) {
    if (action === 'send') client.resend(nonce);
    else {
      const entry = client.drop(nonce);
      if (entry && action === 'edit') composer.edit(entry.text);
    }
  },
});
const history = new HistoryView({
  button: element('older'),
  address: page.history,
  more: page.more === 'true',
  oldest: () => client.oldest,
  loaded: (messages) => log.applyQuietly(client.older(messages)),
});
const composer = new ComposerView({
  form: element('say'),
  field: element('message'),
  say(text) {
    client.say(text);
    scroll.toBottom();
  },
});
if (element('signout')) new SignOutView({ form: element('signout'), storage });

const client = new RoomClient({
  address(since) {
    const url = socketAddress(page.socket);
    url.searchParams.set('since', since);
    return url.href;
  },
  ids: log.ids,
  cursor: page.cursor,
  kept: keptOutbox(storage, page.room),
  own,
  open: openSocket,
  clock,
  random: Math.random,
  fill,
  online: () => navigator.onLine,
  show: {
    log: (steps) => log.apply(steps),
    own: (id) => log.markOwn(id),
    outbox: (entries) => outbox.show(entries),
    state: (now) => state.show(now),
    older: () => history.offer(true),
  },
});
window.addEventListener('pageshow', (event) => { if (event.persisted) client.restored(); });
follow(client.connection);
