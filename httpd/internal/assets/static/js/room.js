// The room page: creates the parts with their elements, then connects them.
import { Attention } from './attention.js';
import { AwayView } from './away-view.js';
import {
  ask, channel, clock, expireLater, fill, hidden, inSight, listen, loadPast, loader, openSocket, serverTime, siteStorage,
  socketAddress, soon, startConnection, tabStorage, trackSight,
} from './browser.js';
import { ComposerView } from './composer-view.js';
import { ExtrasView } from './extras-view.js';
import { Frames } from './frames.js';
import { HistoryView, History } from './history.js';
import { keyboardOf, typeAnywhere } from './keys.js';
import { Leaving } from './leaving.js';
import { LogView } from './log-view.js';
import { copyTexts } from './message.js';
import { JumpView, UnreadLineView, ScrollView } from './scroll-view.js';
import { OutboxView } from './outbox-view.js';
import { newNonce } from './protocol.js';
import { RoomClient } from './room-client.js';
import { RowsView } from './rows-view.js';
import { SheetView } from './sheet-view.js';
import { Siblings } from './siblings.js';
import { StateView } from './state-view.js';
import {
  claim, expire, firstTime, forgetAtSignOut, listStore, onSignOut, outboxStore, ownStore, textStore, visit,
} from './storage.js';
import { texts } from './texts.js';

// The log keeps this many messages while the reader is at the bottom, and this many if the
// line above the unread messages needs them. More would make each frame slow; history loads
// the removed ones again.
const [few, most] = [200, 1000];
const slack = 100; // messages are removed in groups of at least this many

const element = (id) => document.getElementById(id);
const page = element('room').dataset;
const [scroller, about] = [element('scroller'), element('about')];
const status = about.querySelector('.copied');
const lists = [element('past'), element('log')];
const storage = tabStorage();
claim(storage, page.guest);
const time = serverTime(page.now);
expire(storage, time.now() - page.retention);
const own = ownStore(storage, page.key);
const autofocus = !matchMedia('(pointer: coarse)').matches;
const home = autofocus ? element('message') : scroller; // gets the focus of removed elements
let waiting = []; // entries of the outbox

// Step 1: the parts. Only client needs another one, for the IDs in the log.
const log = new LogView({
  list: element('log'), past: element('past'), note: element('unsigned'), isOwn: own.has, isFirst: () => firstTime(storage, 'amber'), home,
  templates: { message: element('message-template'), gap: element('gap-template') },
});
const frames = new Frames({ soon });
const scroll = new ScrollView({ scroller, column: element('column'), lists });
const rows = new RowsView({
  scroller, outcome: element('outcome'), home, onFlag: page.moderates === undefined ? './report.js' : './moderate.js',
});
const jump = new JumpView({ button: element('jump'), home });
const up = new UnreadLineView({ button: element('up'), scroller, lines: element('column').getElementsByClassName('unread') });
const away = new AwayView({ room: page.room, about, status, clock, storage: siteStorage() });
const siblings = new Siblings({ open: () => channel(`chatter:${page.guest}:${page.key}`), self: newNonce(fill), clock });
const attention = new Attention({ own: { has: (id) => own.has(id) || siblings.has(id) }, seen: textStore(storage, 'seen', page.key, time.now), inSight });
const state = new StateView({
  element: element('state'), clock, signIn: `/?next=${encodeURIComponent(location.pathname)}`, now: () => client.now(),
});
const outbox = new OutboxView({ list: element('outbox'), template: element('outbox-template'), outcome: element('outcome'), clock, home });
const leaving = new Leaving();
const composer = new ComposerView({
  form: element('say'), field: element('message'), count: element('count'), problem: element('say-problem'),
  draft: textStore(storage, 'draft', page.key, time.now), autofocus, keyboard: keyboardOf(window.visualViewport),
  // Keyboards on a screen have one Enter, and no Shift+Enter.
  enterSends: !matchMedia('(hover: none) and (pointer: coarse)').matches,
});
if (location.search !== '') window.history.replaceState(null, '', location.pathname + location.hash); // the field has the shared text
const client = new RoomClient({
  address: (since) => socketAddress(page.socket, { since }).href,
  ids: log.ids, cursor: page.cursor, kept: outboxStore(storage, page.key), own,
  open: openSocket, ask, clock, time, retention: page.retention, random: Math.random, fill,
  online: () => navigator.onLine, hidden,
  loadSlow: loader('slow-line', ({ SlowLine }) => SlowLine),
  slow: { room: element('say').action, fetch: (...request) => fetch(...request) },
});
const load = (before) => loadPast(page.history, before);
const history = new History({ more: page.more === 'true', load });
const extras = new ExtrasView({
  page, clock, time, sheet: about, status, box: element('extras'), margin: element('margin'), scroller, lists, log, history, scroll,
  guesses: listStore(storage, 'guesses', page.key), rooms: visit(storage, page.room, time.now()), loadPast: load,
});
new SheetView({ sheet: about, opener: element('dots'), closer: element('close') }); // it may open at once

// Step 2: the connections between them.
function draw(steps, last) {
  if (steps.some((step) => step.old)) scroll.note();
  log.apply(steps);
  log.begin(attention.unread.line);
  if (last) outbox.show(waiting);
  element('nobody').hidden = log.size > 0 || waiting.length > 0;
  if (last && log.size > few + slack && scroll.atBottom) {
    const gone = client.trim(few, log.size > most + slack ? null : attention.unread.line);
    if (gone.length > 0) history.offer();
    frames.add(gone);
  }
  historyView.watch();
  jump.show(attention.unread.count, scroll);
  up.show(attention.unread, inSight());
}

frames.connect({ draw });
scroll.connect({ moved: () => attention.look() });
jump.connect({ jump: () => scroll.toBottom() });
up.connect({ to: (row) => scroll.to(row) });
attention.connect({
  saying: (text) => client.saying(text) || siblings.isSaying(text),
  whenReported: (call) => siblings.whenReported(call),
  read: (id) => siblings.seen(id),
  atBottom: () => scroll.atBottom,
  tell: (text) => away.tell(text),
  changed(count) {
    away.show(count);
    frames.want();
  },
});
outbox.connect({
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
rows.connect({ cite: (line) => composer.cite(line), log, scroll });
composer.connect({
  say(text, nonce, later) {
    client.say(text, nonce, later);
    attention.said();
    scroll.toBottom();
  },
  typed: (text) => leaving.note('draft', text.trim() !== ''),
});
history.connect({
  oldest: () => client.oldest,
  gaps: () => client.gaps,
  loaded(messages) {
    const steps = client.older(messages);
    attention.older(steps);
    frames.add(steps);
    soon(() => extras.look());
  },
  changed: () => historyView.show(),
});
const historyView = new HistoryView({ history, button: element('older'), start: element('start'), scroller, lines: element('column').getElementsByClassName('gap') });
client.connect({
  log(steps) {
    attention.came(steps);
    frames.add(steps);
  },
  own(id) {
    siblings.own(id);
    attention.own(id);
    log.markOwn(id);
  },
  outbox(entries) {
    waiting = entries;
    siblings.saying(client.underWay);
    leaving.note('outbox', entries.some((entry) => entry.state !== 'stored'));
    attention.announce();
    frames.want();
  },
  state(now) {
    state.show(now);
    if (now.name === 'live') history.again();
    if (now.name === 'signedout') for (const view of [log, composer, outbox]) view.hideOwn();
    extras.state(now.name === 'live');
  },
  gone: (id) => extras.gone(id),
  older: () => history.offer(),
});

attention.begin(log.ids, page.more === 'true');
trackSight(attention);
listen(siblings, attention);
copyTexts();
typeAnywhere({ field: element('message'), scroller });
forgetAtSignOut({ form: element('signout'), storage, site: siteStorage(), loses: () => texts.get('signout.loses') });
window.addEventListener('pageshow', ({ persisted }) => { if (persisted) client.restored(); });
onSignOut(() => client.connection.reopen());
startConnection(client.connection, () => client.now());
expireLater({
  time, retention: page.retention, connection: client,
  expire(before) {
    expire(storage, before);
    own.reload();
    for (const part of [client, attention, extras, composer]) part.expire(before);
  },
});
