// Tests of what an open page removes when the retention is over.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { serverTime } from '../static/js/browser.js';
import { check } from '../static/js/expiry.js';
import { Outbox } from '../static/js/outbox.js';
import { expire, outboxStore, ownStore, textStore } from '../static/js/storage.js';
import { Timeline } from '../static/js/timeline.js';
import { chance, Clock, filler, Page, Storage } from './fakes.js';

const retention = 10_000;

describe('the time before which everything is too old', () => {
  let server; // true time
  let wall;
  let steady;
  let asked;
  let befores;
  let time;
  let connection;
  let realDate;
  let realPerformance;

  beforeEach(() => {
    [server, wall, steady, asked, befores, connection] = [1_700_000_000_000, 5_000, 100, 0, [], { state: { name: 'live' } }];
    [realDate, realPerformance] = [Date.now, performance.now];
    Date.now = () => wall;
    performance.now = () => steady;
    time = serverTime(String(server));
  });

  const answer = async () => {
    asked += 1;
    return server;
  };

  async function before(date = answer) {
    await check({ time, retention, connection, expire: (ms) => befores.push(ms) }, date);
    return befores.at(-1);
  }

  // The clocks are the test's own. node gets its own back at once.
  const restoring = (name, run) => test(name, async () => {
    try {
      await run();
    } finally {
      [Date.now, performance.now] = [realDate, realPerformance];
    }
  });

  const pass = (ms) => { server += ms; wall += ms; steady += ms; };

  restoring('follows the server, however this machine\'s clock is set', async () => {
    pass(3000);
    assert.equal(await before(), server - retention);
    assert.equal(asked, 0);
  });

  restoring('is not early when the clock is set forward, and asks the server', async () => {
    wall += 90_000_000;
    assert.equal(time.now(), server);
    assert.equal(await before(), server - retention);
    assert.equal(asked, 1);
    pass(1000);
    assert.equal(await before(), server - retention);
    assert.equal(asked, 1);
  });

  restoring('does not heed a clock that is set back, and asks the server', async () => {
    wall -= 90_000_000;
    connection.state.name = 'reconnecting';
    assert.equal(await before(), server - retention);
    assert.equal(asked, 0);
    connection.state.name = 'live';
    assert.equal(await before(), server - retention);
    assert.equal(asked, 1);
  });

  restoring('is right after a sleep, in which one of the two clocks stood still', async () => {
    server += 60_000;
    wall += 60_000;
    connection.state.name = 'offline';
    assert.equal(await before(), server - 60_000 - retention);
    connection.state.name = 'live';
    assert.equal(await before(), server - retention);
  });

  restoring('stays what it is when the server does not answer', async () => {
    wall += 90_000_000;
    for (const date of [() => Promise.reject(new Error('away')), async () => NaN]) {
      assert.equal(await before(date), server - retention);
    }
  });
});

describe('the log', () => {
  const ids = ['1000-0', '2000-0', '3000-0'];

  test('loses the messages that are too old, and no others', () => {
    const page = new Page(ids);
    const timeline = new Timeline(ids, '3000-0');
    page.apply(timeline.expire(1000));
    assert.deepEqual(page.keys, ids);
    page.apply(timeline.expire(2001));
    assert.deepEqual(page.keys, ['3000-0']);
    page.apply(timeline.expire(9999));
    assert.deepEqual(page.keys, []);
    assert.equal(timeline.since, '3000-0'); // the next socket goes on from there
    page.apply(timeline.receive({ event: 'message', id: '4000-0', message: 'x' }));
    assert.deepEqual(page.keys, ['4000-0']);
  });

  test('keeps a mark in front of a message that stays, and loses it with that message', () => {
    const page = new Page(ids);
    const timeline = new Timeline(ids, '3000-0');
    for (const event of [{ event: 'gap' }, { event: 'message', id: '3000-0', message: 'x' }, { event: 'message', id: '5000-0', message: 'y' }, { event: 'live', cursor: '5000-0' }]) {
      page.apply(timeline.receive(event));
    }
    assert.deepEqual(page.keys, ['3000-0', 'gap-1', '5000-0']);
    page.apply(timeline.expire(4000));
    assert.deepEqual(page.keys, ['gap-1', '5000-0']);
    page.apply(timeline.expire(4000));
    assert.deepEqual(page.keys, ['gap-1', '5000-0']);
    page.apply(timeline.expire(6000));
    assert.deepEqual(page.keys, []);
  });
});

describe('what the tab keeps', () => {
  let clock;
  let storage;

  beforeEach(() => { [clock, storage] = [new Clock(), new Storage()]; });

  const outbox = (sent) => new Outbox({
    kept: outboxStore(storage, 'x'), clock, time: clock, retention, fill: filler(chance(7)), send: (frame) => sent.push(frame), stalled() {}, changed() {},
  });

  test('in an outbox goes, and is never sent', () => {
    const sent = [];
    const box = outbox(sent);
    box.say('old');
    clock.advance(retention - 1000);
    box.say('new');
    clock.advance(2000);
    box.expire(clock.now() - retention);
    assert.deepEqual(box.entries.map(({ text }) => text), ['new']);
    box.live();
    assert.deepEqual(sent.map((frame) => JSON.parse(frame).message), ['new']);
  });

  test('in the outbox of a tab that slept is not sent before it goes', () => {
    const sent = [];
    const box = outbox(sent);
    box.say('old');
    clock.sleep(retention + 1);
    box.live();
    assert.deepEqual(sent, []);
    assert.deepEqual(box.entries.map(({ state }) => state), ['ask']);
  });

  test('of any room goes when the tab is opened again', () => {
    const sent = [];
    outbox(sent).say('old');
    const draft = textStore(storage, 'draft', 'elsewhere', clock.now);
    draft.save('half a sentence');
    const own = ownStore(storage, 'x');
    own.add(`${clock.now()}-0`);
    storage.setItem('chatter.guest', JSON.stringify(['5-0'])); // a name that looks like an ID
    storage.setItem('of another', 'script');
    clock.advance(retention);
    expire(storage, clock.now() - retention);
    assert.equal(storage.length, 5);
    clock.advance(1);
    expire(storage, clock.now() - retention);
    assert.deepEqual(storage.entries(), [['chatter.guest', '["5-0"]'], ['of another', 'script']]);
    assert.deepEqual(outbox(sent).entries, []);
    assert.equal(draft.load(), '');
    own.reload();
    assert.ok(!own.has('1700000000000-0'));
    assert.doesNotThrow(() => expire(null, 1));
  });

  test('as a draft has the time of its last change, also after a reload', () => {
    textStore(storage, 'draft', 'x', clock.now).save('half');
    const began = clock.now();
    clock.advance(5000);
    const again = textStore(storage, 'draft', 'x', clock.now);
    again.load();
    assert.equal(again.made, began);
    again.save('half a');
    assert.equal(again.made, began + 5000);
  });
});
