import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Attention, titled, Unread } from '../static/js/attention.js';
import { Away, badge, keptSettings } from '../static/js/away.js';
import { Clock, Storage } from './fakes.js';

let unread;

beforeEach(() => { unread = new Unread(); });

const came = (looking, ...ids) => ids.forEach((id) => unread.came(id, looking));
const state = () => [unread.count, unread.line];

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
    unread.looked();
    assert.deepEqual(state(), [0, '2-0']);
    assert.equal(unread.seen, '3-0');
    came(true, '4-0');
    assert.deepEqual(state(), [0, '2-0']);
  });

  test('it moves when something is unread again, and goes when the guest says something', () => {
    came(false, '2-0');
    unread.looked();
    came(false, '5-0', '6-0');
    assert.deepEqual(state(), [2, '5-0']);
    unread.said();
    assert.deepEqual(state(), [0, null]);
  });

  test('the guest\'s own, and what left the log, do not count', () => {
    came(false, '2-0', '3-0', '4-0');
    unread.not('3-0');
    assert.deepEqual(state(), [2, '2-0']);
    unread.not('2-0');
    assert.deepEqual(state(), [1, '4-0']);
    unread.not('4-0');
    assert.deepEqual(state(), [0, null]);
    unread.not('9-0');
  });

  test('a page that comes back begins where this tab had stopped reading', () => {
    const own = (id) => id === '2-0';
    for (const [seen, line] of [['1-0', '3-0'], ['2-0', '3-0'], ['3-0', null], ['0-1', null], [null, null]]) {
      unread.begin(['1-0', '2-0', '3-0'], seen, own);
      assert.deepEqual(state(), [0, line], seen);
      assert.equal(unread.seen, '3-0');
    }
    unread.begin([], null, own);
    assert.deepEqual([...state(), unread.seen], [0, null, null]);
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
    return new Away({ clock, settings, sound: () => told.push('sound'), notify: (text) => told.push(`notify ${text}`) });
  };

  test('nothing is told unasked', () => {
    away(keptSettings(null).settings).came('hi');
    assert.deepEqual(told, []);
  });

  test('the text only if that was asked for too', () => {
    away({ sound: true, notify: true, text: false }).came('secret');
    assert.deepEqual(told, ['sound', 'notify ']);
    away({ sound: false, notify: true, text: true }).came('hi');
    assert.deepEqual(told, ['notify hi']);
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
  test('are remembered', () => {
    const storage = new Storage();
    assert.deepEqual(keptSettings(storage).settings, { sound: false, notify: false, text: false });
    keptSettings(storage).set('sound', true);
    assert.deepEqual(keptSettings(storage).settings, { sound: true, notify: false, text: false });
  });

  for (const broken of ['{', 'null', '3', '[]', '{"sound":"yes","other":true}']) {
    test(`are off when ${broken} is found`, () => {
      const storage = new Storage();
      storage.setItem('chatter.settings', broken);
      assert.deepEqual(keptSettings(storage).settings, { sound: false, notify: false, text: false });
    });
  }

  test('follow another tab', () => {
    const storage = new Storage();
    const [here, there] = [keptSettings(storage), keptSettings(storage)];
    there.set('notify', true);
    here.read();
    assert.deepEqual(here.settings, { sound: false, notify: true, text: false });
  });

  test('last as long as the page without a storage', () => {
    const { settings, set } = keptSettings(null);
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
    page = { inSight: true, atBottom: true, own: new Set() };
  });

  const attention = () => new Attention({
    own: page.own, seen, inSight: () => page.inSight, atBottom: () => page.atBottom, tell: (text) => told.push(text), changed: (n) => counts.push(n),
  });
  const insert = (id) => [{ do: 'insert', key: id, message: `text ${id}`, before: null }];

  test('in sight and at the bottom: nothing is unread', () => {
    const one = attention();
    one.came(insert('1-0'));
    assert.deepEqual([one.count, one.line, told], [0, null, []]);
  });

  test('further up: it counts, but nobody has to be told', () => {
    page.atBottom = false;
    const one = attention();
    one.came(insert('1-0'));
    assert.deepEqual([one.count, one.line, told], [1, '1-0', []]);
    one.look();
    assert.equal(one.count, 1);
    page.atBottom = true;
    one.look();
    assert.deepEqual([one.count, one.line], [0, '1-0']);
  });

  test('out of sight: others\' messages are told, one\'s own are not', () => {
    page.inSight = false;
    page.own.add('2-0');
    const one = attention();
    one.came(insert('1-0'));
    one.came(insert('2-0'));
    one.came([{ do: 'mark', key: 'gap-1', before: null }]);
    assert.deepEqual([one.count, told], [1, ['text 1-0']]);
    one.came(insert('3-0'));
    one.own('3-0'); // the ack came later
    one.came([{ do: 'remove', key: '1-0' }]);
    assert.deepEqual([one.count, one.line, counts.at(-1)], [0, null, 0]);
  });

  test('saying something makes all of it old', () => {
    page.atBottom = false;
    const one = attention();
    one.came(insert('1-0'));
    one.said();
    assert.deepEqual([one.count, one.line], [0, null]);
  });

  test('a page that comes back goes on from where this one was left', () => {
    const one = attention();
    one.came(insert('1-0'));
    page.inSight = false;
    one.came(insert('2-0'));
    one.leave();
    page.inSight = true;
    const two = attention();
    two.begin(['1-0', '2-0', '3-0']);
    assert.equal(two.line, '2-0');
  });
});
