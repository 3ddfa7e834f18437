// Tests of what the sheet lists: who is around, the rooms of the tab, and guesses.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Around } from '../static/js/around.js';
import { stepOf } from '../static/js/fade.js';
import { later } from '../static/js/later.js';
import { Guesses } from '../static/js/pencil.js';
import { timeOf } from '../static/js/protocol.js';
import {
  claim, expire, forget, listStore, visit,
} from '../static/js/storage.js';
import { Clock, Storage } from './fakes.js';

describe('who is around', () => {
  let clock;
  let asked;
  let answer;
  let around;
  let live;

  beforeEach(() => {
    [clock, asked, answer] = [new Clock(), 0, { users: ['Zoë', 3, 'Carl'], rooms: [] }];
    live = true;
    around = new Around({
      clock,
      live: () => live,
      interval: 5 * 60 * 1000,
      async load() {
        asked += 1;
        if (!answer) throw new Error('offline');
        return answer;
      },
    });
  });

  test('is read once an interval, however often it is opened', async () => {
    assert.ok((await Promise.all([around.read(), around.read()])).every(Boolean));
    assert.deepEqual(around.names, ['Zoë', 'Carl']);
    clock.advance(5 * 60 * 1000 - 1);
    await around.read();
    assert.equal(asked, 1);
    clock.advance(1);
    answer = { users: ['Ann'], rooms: [] };
    await around.read();
    assert.deepEqual([asked, around.names], [2, ['Ann']]);
  });

  test('is not read while the site cannot be reached', async () => {
    live = false;
    assert.equal(await around.read(), false);
    live = true;
    await around.read();
    clock.advance(5 * 60 * 1000);
    live = false;
    assert.equal(await around.read(), true);
    assert.deepEqual([asked, around.names], [1, ['Zoë', 'Carl']]);
  });

  test('is read again after a failure, and the old names stay', async () => {
    answer = null;
    assert.equal(await around.read(), false);
    answer = { users: ['Ann'] };
    assert.equal(await around.read(), true);
    clock.advance(5 * 60 * 1000);
    answer = { error: 'no lists' };
    assert.equal(await around.read(), true);
    assert.deepEqual([asked, around.names], [3, ['Ann']]);
  });
});

describe('guesses', () => {
  const [first, second, third] = ['1700000000000-0', '1700000000001-0', '1700000005000-3'];
  let storage;
  let guesses;
  const load = (room = 'x') => new Guesses(listStore(storage, 'guesses', room), timeOf);

  beforeEach(() => {
    storage = new Storage();
    guesses = load();
  });

  test('are those of one tab and one room, also after a reload', () => {
    guesses.set(first, 'Ann');
    guesses.set(second, 'Ben');
    guesses.set(third, 'Ben');
    assert.deepEqual(guesses.counts, [['Ben', 2], ['Ann', 1]]);
    assert.equal(load().nameOf(second), 'Ben');
    assert.equal(load('y').nameOf(second), '');
  });

  test('can be changed and undone', () => {
    guesses.set(first, 'Ann');
    guesses.set(first, 'Ben');
    assert.deepEqual(load().counts, [['Ben', 1]]);
    guesses.set(first, '');
    assert.deepEqual([load().nameOf(first), storage.length], ['', 0]);
    guesses.set(first, 'Ann');
    guesses.clear();
    assert.deepEqual([guesses.counts, storage.length], [[], 0]);
  });

  test('go with their messages', () => {
    guesses.set(first, 'Ann');
    guesses.set(third, 'Ben');
    expire(storage, timeOf(third));
    guesses.reload();
    assert.deepEqual([guesses.nameOf(first), guesses.counts], ['', [['Ben', 1]]]);
  });

  test('go with the guest, and nothing is kept after sign-out', () => {
    claim(storage, 'Ann');
    guesses.set(first, 'Ben');
    forget(storage);
    guesses.set(second, 'Ben');
    assert.equal(storage.length, 0);
    const next = new Storage();
    claim(next, 'Ann');
    new Guesses(listStore(next, 'guesses', 'x'), timeOf).set(first, 'Ben');
    claim(next, 'Ben');
    assert.deepEqual(new Guesses(listStore(next, 'guesses', 'x'), timeOf).counts, []);
  });

  test('something else in the storage is no guess', () => {
    storage.setItem('chatter.guesses:x', '[1,null,{"id":3,"name":"Ann"},{"id":"1-0"}]');
    assert.deepEqual(load().counts, []);
  });
});

test('the rooms of a tab: the others, the latest first, as long as messages are kept', () => {
  const storage = new Storage();
  assert.deepEqual(visit(storage, 'A', 1000), []);
  assert.deepEqual(visit(storage, 'B', 2000), ['A']);
  assert.deepEqual(visit(storage, 'C', 3000), ['B', 'A']);
  assert.deepEqual(visit(storage, 'A', 4000), ['C', 'B']);
  expire(storage, 3000);
  assert.deepEqual(visit(storage, 'D', 5000), ['A', 'C']);
  assert.deepEqual(visit(null, 'D', 5000), []);
  for (let i = 0; i < 30; i += 1) visit(storage, `room ${i}`, 6000);
  assert.equal(visit(storage, 'E', 7000).length, 20);
});

test('a message fades in three steps in the last eighth of its time', () => {
  const day = 24;
  assert.deepEqual([0, 20.9, 21, 21.1, 22, 22.1, 23, 23.1, 24, 25].map((age) => stepOf(age, day)), [0, 0, 0, 1, 1, 2, 2, 3, 3, 3]);
});

test('modules that cannot be loaded are none, and those that can are loaded once', async () => {
  const load = later('texts', 'no-such-module');
  assert.equal(await load(), undefined);
  assert.equal(await load(), undefined);
  const good = later('texts', 'ago');
  assert.equal(typeof (await good()).ago, 'function');
  assert.equal(await good(), await good());
});
