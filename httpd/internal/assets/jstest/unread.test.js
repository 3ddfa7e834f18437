import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Attention, titled } from '../static/js/attention.js';
import { Away, badge, settingsStore } from '../static/js/away.js';
import { outboxStore, ownStore } from '../static/js/storage.js';
import { RoomClient } from '../static/js/room-client.js';
import { Unread } from '../static/js/unread.js';
import { chance, Clock, filler, Socket, Storage } from './fakes.js';

let unread;

beforeEach(() => { unread = new Unread(); });

const came = (looking, ...ids) => ids.forEach((id) => unread.came(id, looking));
const state = () => [unread.count, unread.line];
const own = (id) => id === '2-0';

describe('unread', () => {
  test('what is seen as it comes is not', () => {
    came(true, '1-0', '2-0');
    assert.deepEqual(state(), [0, null]);
    assert.equal(unread.seen, '2-0');
  });

  test('the line stands before the first, and stays when all is read', () => {
    came(true, '1-0');
    came(false, '2-0', '3-0');
    assert.deepEqual(state(), [2, '2-0']);
    assert.equal(unread.seen, '1-0');
    unread.readAll();
    assert.deepEqual(state(), [0, '2-0']);
    assert.equal(unread.seen, '3-0');
    came(true, '4-0');
    assert.deepEqual(state(), [0, '2-0']);
  });

  test('it moves when something is unread again, and goes when the guest says something', () => {
    came(false, '2-0');
    unread.readAll();
    came(false, '5-0', '6-0');
    assert.deepEqual(state(), [2, '5-0']);
    unread.said();
    assert.deepEqual(state(), [0, null]);
  });

  test('the guest\'s own, and what left the log, do not count', () => {
    came(false, '2-0', '3-0', '4-0');
    unread.remove('3-0');
    assert.deepEqual([...state(), unread.behind], [2, '2-0', 2]);
    unread.remove('2-0');
    assert.deepEqual(state(), [1, '4-0']);
    unread.remove('4-0');
    assert.deepEqual(state(), [0, null]);
    unread.remove('9-0');
  });

  test('what is too old does not count, though its row was taken out before', () => {
    came(false, '1000-0', '2000-0', '3000-0');
    unread.expire(2000);
    assert.deepEqual([...state(), unread.behind], [2, '2000-0', 2]);
    unread.expire(4000);
    assert.deepEqual([...state(), unread.behind], [0, null, 0]);
  });

  test('a page that comes back begins where this tab had stopped reading', () => {
    for (const [seen, line, behind] of [['1-0', '3-0', 1], ['2-0', '3-0', 1], ['3-0', null, 0], ['4-0', null, 0], ['', null, 0], ['?', null, 0]]) {
      unread = new Unread();
      unread.begin(['1-0', '2-0', '3-0'], seen, own, { looking: true, more: true });
      assert.deepEqual([...state(), unread.behind, unread.more], [0, line, behind, false], seen);
      assert.equal(unread.seen, '3-0');
    }
    unread = new Unread();
    unread.begin([], '', own, { looking: true, more: false });
    assert.deepEqual([...state(), unread.seen], [0, null, '']);
  });

  test('where that is gone from the log, all is new that there is', () => {
    unread.begin(['1-0', '2-0', '3-0'], '0-1', own, { looking: true, more: false });
    assert.deepEqual([...state(), unread.behind, unread.more], [0, '1-0', 2, false]);
  });

  test('more came than the page shows: the line goes up with what is known, to where it belongs', () => {
    unread.begin(['7-0', '8-0', '9-0'], '3-0', own, { looking: true, more: true });
    assert.deepEqual([unread.line, unread.behind, unread.more], ['7-0', 3, true]);
    unread.older(['5-0', '6-0'], own);
    assert.deepEqual([unread.line, unread.behind, unread.more], ['5-0', 5, true]);
    unread.older(['2-0', '3-0', '4-0'], own);
    assert.deepEqual([unread.line, unread.behind, unread.more], ['4-0', 6, false]);
    unread.older(['1-0'], own);
    assert.deepEqual([unread.line, unread.behind], ['4-0', 6]);
  });

  test('a new line is not moved by what is older', () => {
    unread.begin(['7-0', '8-0'], '3-0', own, { looking: true, more: true });
    came(false, '9-0');
    unread.older(['5-0', '6-0'], own);
    assert.deepEqual([...state(), unread.behind, unread.more], [1, '9-0', 1, false]);
    unread.said();
    assert.deepEqual([...state(), unread.behind], [0, null, 0]);
  });

  test('a page that comes back where nobody looks has read nothing', () => {
    unread.begin(['1-0', '2-0', '3-0', '4-0'], '1-0', own, { looking: false, more: false });
    assert.deepEqual([...state(), unread.seen], [2, '3-0', '1-0']);
    unread.readAll();
    assert.deepEqual([...state(), unread.seen], [0, '3-0', '4-0']);
    unread = new Unread();
    unread.begin(['1-0', '2-0'], '', own, { looking: false, more: false });
    assert.deepEqual([...state(), unread.seen], [0, null, '2-0']);
  });
});

test('the title counts', () => {
  assert.deepEqual([0, 1, 99, 100].map((n) => titled('Garden · Chatter', n)), [
    'Garden · Chatter', '(1) Garden · Chatter', '(99) Garden · Chatter', '(99+) Garden · Chatter']);
});

test('the icon counts', () => {
  const svg = (n) => decodeURIComponent(badge(n));
  assert.match(svg(3), /^data:image\/svg\+xml,<svg xmlns=.*>3<\/text><\/svg>$/);
  assert.match(svg(10), />9\+</);
});

describe('away', () => {
  const told = [];
  const away = (settings, clock = new Clock()) => {
    told.length = 0;
    return new Away({ clock, settings, sound: () => told.push('sound'), vibrate: () => told.push('vibrate'), notify: (text) => told.push(`notify ${text}`) });
  };

  test('nothing is told unasked', () => {
    away(settingsStore(null).settings).came('hi');
    assert.deepEqual(told, []);
  });

  test('the text only if that was asked for too', () => {
    away({ sound: true, notify: true, text: false }).came('secret');
    assert.deepEqual(told, ['sound', 'notify ']);
    away({ sound: false, notify: true, text: true }).came('hi');
    assert.deepEqual(told, ['notify hi']);
    away({ sound: false, notify: false, text: false, vibrate: true }).came('hi');
    assert.deepEqual(told, ['vibrate']);
    away({ sound: false, notify: false, text: true }).came('hi');
    assert.deepEqual(told, []);
  });

  test('many at once are told once', () => {
    const clock = new Clock();
    const one = away({ sound: true }, clock);
    for (let i = 0; i < 50; i += 1) one.came('hi');
    clock.advance(2999);
    one.came('hi');
    assert.deepEqual(told, ['sound']);
    clock.advance(1);
    one.came('hi');
    assert.deepEqual(told, ['sound', 'sound']);
  });
});

describe('settings', () => {
  const off = {
    sound: false, notify: false, text: false, vibrate: false, badge: false,
  };

  test('are remembered', () => {
    const storage = new Storage();
    assert.deepEqual(settingsStore(storage).settings, off);
    settingsStore(storage).set('sound', true);
    assert.deepEqual(settingsStore(storage).settings, { ...off, sound: true });
  });

  for (const broken of ['{', 'null', '3', '[]', '{"sound":"yes","other":true}']) {
    test(`are off when ${broken} is found`, () => {
      const storage = new Storage();
      storage.setItem('chatter.settings', broken);
      assert.deepEqual(settingsStore(storage).settings, off);
    });
  }

  test('follow another tab', () => {
    const storage = new Storage();
    const [here, there] = [settingsStore(storage), settingsStore(storage)];
    there.set('notify', true);
    here.read();
    assert.deepEqual(here.settings, { ...off, notify: true });
  });

  test('last as long as the page without a storage', () => {
    const { settings, set } = settingsStore(null);
    set('notify', true);
    assert.ok(settings.notify);
  });
});

describe('attention', () => {
  let page;
  let told;
  let counts;
  const seen = { kept: '', load: () => seen.kept, save: (id) => { seen.kept = id; } };

  beforeEach(() => {
    [told, counts, seen.kept] = [[], [], ''];
    page = { inSight: true, atBottom: true, own: new Set(), saying: [] };
  });

  const attention = () => new Attention({
    own: { has: (id) => page.own.has(id) }, seen, saying: (text) => page.saying.includes(text), inSight: () => page.inSight, atBottom: () => page.atBottom, tell: (text) => told.push(text), changed: (n) => counts.push(n),
  });
  const insert = (id) => [{ do: 'insert', key: id, message: `text ${id}`, before: null }];

  test('in sight and at the bottom: nothing is unread', () => {
    const one = attention();
    one.came(insert('1-0'));
    assert.deepEqual([one.unread.count, one.unread.line, told], [0, null, []]);
  });

  test('further up: it counts, but nobody has to be told', () => {
    page.atBottom = false;
    const one = attention();
    one.came(insert('1-0'));
    assert.deepEqual([one.unread.count, one.unread.line, told], [1, '1-0', []]);
    one.look();
    assert.equal(one.unread.count, 1);
    page.atBottom = true;
    one.look();
    assert.deepEqual([one.unread.count, one.unread.line], [0, '1-0']);
  });

  test('out of sight: others\' messages are told, one\'s own are not', () => {
    page.inSight = false;
    page.own.add('2-0');
    const one = attention();
    one.came(insert('1-0'));
    one.came(insert('2-0'));
    one.came([{ do: 'mark', key: 'gap-1', before: null }]);
    assert.deepEqual([one.unread.count, told], [1, ['text 1-0']]);
    one.came(insert('3-0'));
    one.own('3-0'); // the ack came later
    one.came([{ do: 'remove', key: '1-0' }]);
    assert.deepEqual([one.unread.count, one.unread.line, counts.at(-1)], [0, null, 0]);
  });

  test('out of sight, no message counts for longer than it is kept', () => {
    page.inSight = false;
    const one = attention();
    for (const id of ['1000-0', '2000-0']) one.came(insert(id));
    one.expire(2000);
    assert.deepEqual([one.unread.count, one.unread.line, counts.at(-1)], [1, '2000-0', 1]);
  });

  test('saying something makes all of it old', () => {
    page.atBottom = false;
    const one = attention();
    one.came(insert('1-0'));
    one.said();
    assert.deepEqual([one.unread.count, one.unread.line], [0, null]);
  });

  test('a page that comes back goes on from where this one was left', () => {
    const one = attention();
    one.came(insert('1-0'));
    page.inSight = false;
    one.came(insert('2-0'));
    one.leave();
    page.inSight = true;
    const two = attention();
    two.begin(['1-0', '2-0', '3-0'], false);
    assert.equal(two.unread.line, '2-0');
  });

  test('one\'s own words are not told of, though they come before their acknowledgement', () => {
    page.inSight = false;
    page.saying = ['text 1-0'];
    const one = attention();
    one.came(insert('1-0'));
    assert.deepEqual(told, []);
    page.own.add('1-0');
    one.own('1-0');
    page.saying = [];
    one.announce();
    assert.deepEqual([told, one.unread.count], [[], 0]);
  });

  test('another\'s words that are the same are told of when that is known', () => {
    page.inSight = false;
    page.saying = ['text 1-0'];
    const one = attention();
    one.came(insert('1-0'));
    one.came(insert('2-0'));
    one.announce();
    assert.deepEqual(told, ['text 2-0']);
    page.saying = []; // acknowledged under another ID, and shown
    one.announce();
    one.announce();
    assert.deepEqual(told, ['text 2-0', 'text 1-0']);
  });
});

test('a message that the room sends before its acknowledgement rings for nobody', () => {
  const [storage, told] = [new Storage(), []];
  const own = ownStore(storage, 'x');
  let socket;
  let client;
  const attention = new Attention({
    own, seen: { load: () => '', save() {} }, saying: (text) => client.saying(text), inSight: () => false, atBottom: () => true, tell: (text) => told.push(text), changed() {},
  });
  client = new RoomClient({
    address: (since) => `ws://here/?since=${since}`, ids: [], cursor: '0', kept: outboxStore(storage, 'x'), own,
    open: (...args) => { socket = new Socket(...args); return socket; },
    clock: new Clock(), time: new Clock(), retention: Infinity, random: chance(1), fill: filler(chance(2)), online: () => true,
  });
  client.connect({ log: (steps) => attention.came(steps), own: (id) => attention.own(id), outbox: () => attention.announce(), state() {}, older() {} });
  client.connection.start();
  socket.opens();
  socket.gets({ event: 'live', cursor: '0-0' });
  client.say('hello');
  client.say('hello');
  const ack = (id) => socket.gets({ event: 'ack', nonce: JSON.parse(socket.sent.at(-1)).nonce, id });
  socket.gets({ event: 'message', id: '1-0', message: 'hello' }); // somebody else's
  socket.gets({ event: 'message', id: '2-0', message: 'hello' });
  ack('2-0');
  socket.gets({ event: 'message', id: '3-0', message: 'hello' });
  assert.deepEqual(told, []);
  ack('3-0');
  assert.deepEqual(told, ['hello']);
  assert.equal(attention.unread.count, 1);
});
