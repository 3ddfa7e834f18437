// The room page: finds the elements and joins the parts.
import { clock, fill, follow, openSocket, socketAddress, tabStorage } from './browser.js';
import { ComposerView } from './composer-view.js';
import { Connection } from './connection.js';
import { HistoryView } from './history-view.js';
import { keptOutbox, keptOwn } from './kept.js';
import { LogView } from './log-view.js';
import { OutboxView } from './outbox-view.js';
import { Outbox } from './outbox.js';
import { ScrollView } from './scroll-view.js';
import { SignOutView } from './signout-view.js';
import { StateView } from './state-view.js';
import { Timeline } from './timeline.js';

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
const timeline = new Timeline(log.ids, page.cursor);

const history = new HistoryView({
  button: element('older'),
  address: page.history,
  more: page.more === 'true',
  oldest: () => timeline.oldest,
  loaded: (messages) => log.applyQuietly(timeline.older(messages)),
});

// A page with an empty log asks for the newest and is never told of a gap: if a
// full page of them comes, there may be more in the history.
let unasked = null;
const fullPage = 50;

const connection = new Connection({
  url() {
    unasked = timeline.since === '0' ? 0 : null;
    const url = socketAddress(page.socket);
    url.searchParams.set('since', timeline.since);
    return url.href;
  },
  open: openSocket,
  clock,
  random: Math.random,
  online: () => navigator.onLine,
  frame: receive,
  changed(state) {
    stateView.show(state);
    if (state.name === 'live') outbox.live();
    else outbox.down();
  },
});
const stateView = new StateView({
  element: element('state'),
  clock,
  signIn: `/?next=${encodeURIComponent(location.pathname)}`,
});

const outbox = new Outbox({
  kept: keptOutbox(storage, page.room),
  clock,
  fill,
  send: (frame) => connection.send(frame),
  stalled: () => connection.reopen(),
  changed: () => outboxView.show(outbox.entries),
});
const outboxView = new OutboxView({
  list: element('outbox'),
  template: element('outbox-template'),
  scroll,
  clock,
  decide(action, nonce) {
    if (action === 'send') {
      outbox.resend(nonce);
      return;
    }
    const entry = outbox.drop(nonce);
    if (entry && action === 'edit') composer.edit(entry.text);
  },
});
const composer = new ComposerView({
  form: element('say'),
  field: element('message'),
  say(text) {
    outbox.say(text);
    scroll.toBottom();
  },
});

function receive(event) {
  switch (event.event) {
    case 'message':
      log.apply(timeline.receive(event));
      outbox.landed(event.id);
      if (unasked !== null) unasked += 1;
      break;
    case 'gap':
      log.apply(timeline.receive(event));
      break;
    case 'live':
      log.apply(timeline.receive(event));
      if (unasked >= fullPage) history.offer(true);
      unasked = null;
      break;
    case 'ack':
      if (!outbox.ack(event.nonce, event.id)) break;
      own.add(event.id);
      log.markOwn(event.id);
      if (timeline.has(event.id)) outbox.landed(event.id);
      break;
    case 'refused':
      outbox.refused(event);
      break;
    default: // a newer server says more than this page understands
  }
}

const signOut = element('signout');
if (signOut) new SignOutView({ form: signOut, storage });

outboxView.show(outbox.entries);
follow(connection);
