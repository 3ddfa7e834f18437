// Tests of what a page keeps where the storage takes nothing, and of messages and removals that come
// by detours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Guesses } from '../static/js/pencil.js';
import { timeOf } from '../static/js/protocol.js';
import { RoomClient } from '../static/js/room-client.js';
import { SlowLine } from '../static/js/slow-line.js';
import { listStore, ownStore } from '../static/js/storage.js';
import { Clock, clientOptions, Page, Storage } from './fakes.js';

const minute = 60 * 1000;

// open is a page of a room that shows a message.
function open(storage) {
  const it = { clock: new Clock(), sockets: [], page: new Page(['1-0']), waiting: [] };
  it.client = new RoomClient({
    ...clientOptions({ clock: it.clock, sockets: it.sockets, storage, ids: it.page.ids }),
    loadSlow: () => Promise.reject(new Error('no line')),
    slow: { room: '/r/' },
  });
  it.client.connect({ log: (steps) => it.page.apply(steps), own() {}, outbox(entries) { it.waiting = entries; }, state() {}, older() {} });
  it.client.connection.start();
  it.socket = () => it.sockets.at(-1);
  return it;
}

// lose says something that is stored as 2-0, and cuts the socket before the ack comes. It returns
// the nonce.
function lose(it) {
  it.socket().opens();
  it.socket().gets({ event: 'live', cursor: '1-0' });
  it.client.say('mine');
  const { nonce } = JSON.parse(it.socket().sent[0]);
  it.socket().closes(1006);
  it.clock.advance(minute);
  it.socket().opens();
  return nonce;
}

const message = (ms) => ({ event: 'message', id: `${ms}-0`, message: 'x' });

test('a message that is stored behind a gap leaves the outbox with its late ack', () => {
  const it = open(new Storage());
  const nonce = lose(it);
  it.socket().gets({ event: 'gap' });
  for (let ms = 1000; ms < 1050; ms += 1) it.socket().gets(message(ms));
  it.socket().gets({ event: 'live', cursor: '1049-0' });
  it.socket().gets({ event: 'ack', nonce, id: '2-0' });
  assert.deepEqual(it.waiting, []);
});

test('a message whose row was taken out again leaves the outbox with its late ack', () => {
  const it = open(new Storage());
  const nonce = lose(it);
  it.socket().gets({ event: 'message', id: '2-0', message: 'mine' });
  for (let ms = 3; ms < 400; ms += 1) it.socket().gets(message(ms));
  it.socket().gets({ event: 'live', cursor: '399-0' });
  it.page.apply(it.client.trim(200, null));
  it.socket().gets({ event: 'ack', nonce, id: '2-0' });
  assert.deepEqual(it.waiting, []);
});

test('a storage that is forbidden takes no marks and no guesses from a page', () => {
  const own = ownStore(null, 'x');
  own.add('1-0');
  own.reload();
  assert.ok(own.has('1-0'));
  const guesses = new Guesses(listStore(null, 'guesses', 'x'), timeOf);
  guesses.set('1-0', 'Ann');
  guesses.reload();
  assert.equal(guesses.nameOf('1-0'), 'Ann');
});

for (const full of [false, true]) {
  test(`what is not sent stays when the page comes back: the storage is ${full ? 'full' : 'forbidden'}`, () => {
    const storage = full ? new Storage() : null;
    const it = open(storage);
    if (full) storage.setItem = () => { throw new Error('quota'); };
    it.client.say('unsent');
    it.client.connection.pause();
    it.client.restored();
    it.client.connection.start();
    assert.deepEqual(it.waiting.map(({ text }) => text), ['unsent']);
  });
}

// slow is a slow line to a server whose answers have at most 50 messages, and which tells removals
// since two minutes before the cursor.
function slow(log, removals) {
  const it = { clock: new Clock(), frames: [], asked: 0, cursor: '1000-0' };
  it.line = new SlowLine({
    clock: it.clock, random: () => 0.5, hidden: () => false, room: '/r/', since: () => it.cursor, end() {}, live() {},
    frame(event) {
      it.frames.push(event);
      if (event.event === 'message') it.cursor = event.id;
    },
    fetch: async (address) => {
      it.asked += 1;
      const after = parseInt(new URL(address, 'http://here').searchParams.get('after'), 10);
      const missed = log.filter(({ id }) => parseInt(id, 10) > after);
      const removed = removals.filter(({ at }) => at >= after - 2 * minute).map(({ id }) => id);
      return { status: 200, json: async () => ({ messages: missed.slice(0, 50), more: missed.length > 50, gap: false, removed }) };
    },
  });
  return it;
}

test('the slow line hands on a removal that comes with the first of two pages', async () => {
  const log = Array.from({ length: 80 }, (_, i) => ({ id: `${(i + 1) * minute}-0`, message: 'x' }));
  const it = slow(log, [{ id: '500-0', at: 10 * minute }]);
  it.line.now();
  await it.clock.pass(minute);
  it.line.stop();
  assert.equal(it.frames.filter(({ event }) => event === 'message').length, 80);
  assert.ok(it.frames.some(({ event, id }) => event === 'removed' && id === '500-0'));
});

test('a guest who types makes the slow line read every two seconds at most', async () => {
  const it = slow([], []);
  it.line.now();
  await it.clock.pass(1);
  const before = it.asked;
  for (let key = 0; key < 100; key += 1) {
    it.line.hurry();
    await it.clock.pass(150);
  }
  it.line.stop();
  assert.ok(it.asked - before <= 15 / 2 + 1, `${it.asked - before} readings in 15 s`);
});
