// The room page: finds the elements and joins the parts.
import { Attention } from './attention.js';
import { AwayView } from './away-view.js';
import {
  clock, fill, follow, heed, inSight, loadPast, openSocket, siteStorage, socketAddress, soon, tabStorage,
} from './browser.js';
import { ComposerView } from './composer-view.js';
import { belong, forgetAtSignOut, keptOutbox, keptOwn, keptText, onSignOut } from './kept.js';
import { LogView } from './log-view.js';
import { OutboxView } from './outbox-view.js';
import { RoomClient } from './room-client.js';
import { Frames, ScrollView } from './scroll-view.js';
import { StateView } from './state-view.js';
import { texts } from './texts.js';
import { HistoryView, JumpView, LineView, Past } from './ways-view.js';

// So many messages are shown to who stands at the newest, and so many behind the line
// where unread begins. A frame costs as much as there are; what goes comes back to who
// looks for it further up.
const [few, most] = [200, 1000];
const slack = 100; // taken away in parts as large as this

const element = (id) => document.getElementById(id);
const page = element('room').dataset;
const storage = tabStorage();
belong(storage, page.guest);
const own = keptOwn(storage, page.key);
const keen = !matchMedia('(pointer: coarse)').matches;
const home = element(keen ? 'message' : 'scroller'); // of the focus, when what had it goes
let waiting = [];
const log = new LogView({
  list: element('log'), past: element('past'), isOwn: own.has,
  templates: { message: element('message-template'), gap: element('gap-template') },
});
const frames = new Frames({ soon, draw });
const scroll = new ScrollView({
  scroller: element('scroller'), column: element('column'), lists: [element('past'), element('log')], moved: () => attention.look(),
});
const jump = new JumpView({
  button: element('jump'), home, jump: () => scroll.toBottom(),
});
const away = new AwayView({
  room: page.room, about: element('about'), said: element('copied'), clock, storage: siteStorage(),
});
const up = new LineView({
  button: element('up'), scroller: element('scroller'), lines: element('column').getElementsByClassName('unread'), to: (row) => scroll.to(row),
});
const attention = new Attention({
  own,
  saying: (text) => client.saying(text),
  seen: keptText(storage, 'seen', page.key),
  inSight,
  atBottom: () => scroll.atBottom,
  tell: (text) => away.tell(text),
  changed(count) {
    away.show(count);
    frames.want();
  },
});
const state = new StateView({
  element: element('state'), clock, signIn: `/?next=${encodeURIComponent(location.pathname)}`,
});
const outbox = new OutboxView({
  list: element('outbox'), template: element('outbox-template'), outcome: element('outcome'), clock, home,
  redraw: () => frames.want(),
  decide(action, nonce) {
    home.focus();
    if (action === 'send') client.resend(nonce);
    else {
      const entry = client.drop(nonce);
      if (entry && action === 'edit') composer.edit(entry.text);
    }
  },
});
const composer = new ComposerView({
  form: element('say'), field: element('message'), count: element('count'), problem: element('say-problem'),
  draft: keptText(storage, 'draft', page.key),
  keen,
  // Keyboards on glass have one Enter, and no Shift+Enter.
  enterSends: !matchMedia('(hover: none) and (pointer: coarse)').matches,
  say(text, nonce) {
    client.say(text, nonce);
    attention.said();
    scroll.toBottom();
  },
});
forgetAtSignOut({ form: element('signout'), storage, site: siteStorage(), loses: () => texts.say('signout.loses') });

const client = new RoomClient({
  address: (since) => socketAddress(page.socket, { since }).href,
  ids: log.ids,
  cursor: page.cursor,
  kept: keptOutbox(storage, page.key),
  own,
  open: openSocket, clock, random: Math.random, fill,
  online: () => navigator.onLine,
  show: {
    log(steps) {
      attention.came(steps);
      frames.add(steps);
    },
    own(id) {
      attention.own(id);
      log.markOwn(id);
    },
    outbox(entries) {
      waiting = entries;
      attention.settle();
      frames.want();
    },
    state(now) {
      state.show(now);
      if (now.name === 'live') past.again();
    },
    older: () => past.offer(),
  },
});
const past = new Past({
  more: page.more === 'true',
  load: (before) => loadPast(page.history, before),
  oldest: () => client.oldest,
  loaded(messages) {
    const steps = client.older(messages);
    attention.older(steps);
    frames.add(steps);
  },
  changed: () => history.show(),
});
const history = new HistoryView({
  past, button: element('older'), start: element('start'), scroller: element('scroller'),
});

function draw(steps, last) {
  log.apply(steps);
  log.begin(attention.unread.line);
  if (last) outbox.show(waiting);
  if (last && log.size > few + slack && scroll.atBottom) {
    const gone = client.trim(few, log.size > most + slack ? null : attention.unread.line);
    if (gone.length > 0) past.offer();
    frames.add(gone);
  }
  jump.show(attention.unread.count, scroll);
  up.show(attention.unread, inSight());
}

attention.begin(log.ids, page.more === 'true');
heed(attention);
window.addEventListener('pageshow', (event) => { if (event.persisted) client.restored(); });
onSignOut(() => client.connection.reopen());
follow(client.connection);
