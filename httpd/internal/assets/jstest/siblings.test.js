// Tests of several tabs of one guest in one room.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Attention } from '../static/js/attention.js';
import { hold, Siblings } from '../static/js/siblings.js';
import { Channels, Clock } from './fakes.js';

let clock;
let channels;

beforeEach(() => { [clock, channels] = [new Clock(), new Channels()]; });

class Tab {
  own = new Set();
  underWay = [];
  told = [];
  inSight = false;
  count = 0;

  constructor(name, guest = 'Ann') {
    this.siblings = new Siblings({ open: () => channels.open(`chatter:${guest}:x`), self: name, clock });
    this.attention = new Attention({
      own: { has: (id) => this.own.has(id) || this.siblings.has(id) },
      seen: { load: () => '', save() {} },
      saying: (text) => this.underWay.includes(text) || this.siblings.isSaying(text),
      inSight: () => this.inSight,
      atBottom: () => true,
      tell: (text) => this.told.push(text),
      whenReported: (call) => this.siblings.whenReported(call),
      read: (id) => this.siblings.seen(id),
      changed: (count) => { this.count = count; },
    });
    this.siblings.connect(({ own, seen }) => {
      if (own) this.attention.own(own);
      if (seen) this.attention.readTo(seen);
      this.attention.announce();
    });
    channels.deliver();
  }

  says(text) {
    this.underWay = [text];
    this.siblings.saying(this.underWay);
  }

  acked(id) {
    this.own.add(id);
    this.underWay = [];
    this.siblings.own(id);
    this.siblings.saying([]);
    this.attention.own(id);
    this.attention.announce();
  }

  gets(id, message) { this.attention.came([{ do: 'insert', key: id, message, before: null }]); }
}

test('a tab alone announces at once', () => {
  const tab = new Tab('1');
  tab.gets('1-0', 'hello');
  assert.deepEqual(tab.told, ['hello']);
});

test('a tab of another guest is no sibling', () => {
  const [tab] = [new Tab('1'), new Tab('2', 'Ben')];
  tab.gets('1-0', 'hello');
  assert.deepEqual(tab.told, ['hello']);
});

test('with a sibling, what nobody knows is announced after a moment', () => {
  const [one, two] = [new Tab('1'), new Tab('2')];
  for (const tab of [one, two]) tab.gets('1-0', 'hello');
  clock.advance(hold - 1);
  assert.deepEqual([one.told, two.told], [[], []]);
  clock.advance(1);
  assert.deepEqual([one.told, two.told, one.count], [['hello'], ['hello'], 1]);
});

for (const order of ['ack first', 'message first', 'ack much later']) {
  test(`what the guest says in one tab is not announced in the other, ${order}`, () => {
    const [one, two] = [new Tab('1'), new Tab('2')];
    one.inSight = true;
    one.says('mine');
    channels.deliver();
    const ack = () => {
      one.acked('1-0');
      channels.deliver();
    };
    if (order === 'ack first') ack();
    for (const tab of [one, two]) tab.gets('1-0', 'mine');
    if (order === 'ack much later') {
      // The first tab does not see the message before that either.
      one.inSight = false;
      clock.advance(10 * hold);
    }
    if (order !== 'ack first') ack();
    clock.advance(10 * hold);
    assert.deepEqual([one.told, two.told, two.count], [[], [], 0]);
    assert.ok(!two.own.has('1-0'), 'only the first tab knows it as its own');
  });
}

test('the same text of somebody else is announced', () => {
  const [one, two] = [new Tab('1'), new Tab('2')];
  one.says('hello');
  channels.deliver();
  for (const tab of [one, two]) for (const id of ['1-0', '2-0']) tab.gets(id, 'hello');
  clock.advance(hold);
  one.acked('2-0');
  channels.deliver();
  assert.deepEqual([one.told, two.told, two.count], [['hello'], ['hello'], 1]);
});

for (const order of ['read first', 'message first', 'rung already']) {
  test(`a message that is read in one tab is not unread in the other, ${order}`, () => {
    const [one, two] = [new Tab('1'), new Tab('2')];
    const read = () => {
      one.inSight = true;
      one.attention.look();
      channels.deliver();
    };
    one.gets('1-0', 'hello');
    if (order === 'read first') read();
    two.gets('1-0', 'hello');
    if (order === 'rung already') clock.advance(hold);
    if (order !== 'read first') read();
    clock.advance(hold);
    assert.deepEqual([two.told, two.count], [order === 'rung already' ? ['hello'] : [], 0]);
    for (const tab of [one, two]) tab.gets('2-0', 'next');
    assert.equal(two.count, 1, 'until the first tab says that it is read');
    channels.deliver();
    assert.equal(two.count, 0);
  });
}

test('a tab in the background reads nothing, also when it begins', () => {
  const one = new Tab('1');
  one.gets('1-0', 'hello');
  const two = new Tab('2');
  two.attention.begin(['1-0'], false);
  channels.deliver();
  assert.equal(one.count, 1);
});

test('after the last sibling has gone, a tab announces at once, and nothing is open', () => {
  const [one, two] = [new Tab('1'), new Tab('2')];
  two.says('lost with its tab');
  two.siblings.close();
  channels.deliver();
  one.gets('1-0', 'lost with its tab');
  assert.deepEqual(one.told, ['lost with its tab']);
  one.siblings.close();
  assert.equal(channels.size, 0);
  one.siblings.seen('1-0'); // a page on its way into the history of the browser
});

test('a browser without channels does as before', () => {
  const alone = new Siblings({ open: () => null, self: '1', clock });
  alone.connect(() => {});
  alone.own('1-0');
  let reported = false;
  alone.whenReported(() => { reported = true; });
  assert.ok(reported);
  alone.close();
});
