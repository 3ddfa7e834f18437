import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newest } from '../static/js/protocol.js';
import { Timeline } from '../static/js/timeline.js';
import { Page } from './fakes.js';

const message = (id, text = `text ${id}`) => ({ event: 'message', id, message: text });
const gap = { event: 'gap' };
const live = (cursor) => ({ event: 'live', cursor });

// full is as many messages as the server sends at most after a gap.
const full = (from) => Array.from({ length: newest }, (_, i) => message(`${from + i}-0`));

// follow feeds events to a timeline and shows what a page would show.
function follow(ids, cursor, events) {
  const timeline = new Timeline(ids, cursor);
  const page = new Page(ids);
  for (const event of events) page.apply(timeline.receive(event));
  return { timeline, page, keys: page.keys.map((key) => key.replace(/^gap-\d+$/, 'GAP')) };
}

describe('a removed message', () => {
  const removed = (id) => ({ event: 'removed', id });

  test('leaves the log, and the cursor stays', () => {
    const { timeline, keys } = follow(['1-0', '2-0'], '2-0', [removed('2-0'), removed('2-0'), removed('7-0')]);
    assert.deepEqual(keys, ['1-0']);
    assert.equal(timeline.since, '2-0');
  });

  test('does not come back with a page of history, or after a gap', () => {
    const { timeline, page } = follow(['3-0'], '3-0', [removed('2-0'), removed('3-0')]);
    page.apply(timeline.older([{ id: '1-0', message: 'a' }, { id: '2-0', message: 'b' }]));
    assert.deepEqual(page.keys, ['1-0']);
    for (const event of [gap, message('1-0'), message('4-0'), live('4-0'), removed('4-0')]) page.apply(timeline.receive(event));
    assert.deepEqual(page.ids, ['1-0']);
  });
});

describe('without a gap', () => {
  test('messages are appended and move the cursor', () => {
    const { timeline, keys } = follow(['1-0', '2-0'], '2-0', [message('3-0'), message('10-0'), live('10-0')]);
    assert.deepEqual(keys, ['1-0', '2-0', '3-0', '10-0']);
    assert.equal(timeline.since, '10-0');
  });

  test('a message that is there already changes nothing', () => {
    const { timeline, keys } = follow(['1-0', '2-0'], '2-0', [message('2-0'), message('1-0'), message('3-0'), message('3-0')]);
    assert.deepEqual(keys, ['1-0', '2-0', '3-0']);
    assert.equal(timeline.since, '3-0');
  });

  test('a late message takes its place and moves no cursor', () => {
    const { timeline, keys } = follow(['1-0', '3-0'], '3-0', [message('2-0')]);
    assert.deepEqual(keys, ['1-0', '2-0', '3-0']);
    assert.equal(timeline.since, '3-0');
  });

  test('an empty page asks for everything', () => {
    for (const cursor of [null, '0', '0-0']) assert.equal(new Timeline([], cursor).since, '0');
    const { timeline, keys } = follow([], '0', [message('5-0'), message('6-0'), live('6-0')]);
    assert.deepEqual(keys, ['5-0', '6-0']);
    assert.equal(timeline.since, '6-0');
  });

  test('an empty room stays at the beginning', () => {
    assert.equal(follow([], '0', [live('0-0')]).timeline.since, '0');
  });

  test('history fills in before, and moves no cursor', () => {
    const { timeline, page } = follow(['7-0', '8-0'], '8-0', []);
    page.apply(timeline.older([{ id: '5-0', message: 'a' }, { id: '6-0', message: 'b' }, { id: '7-0', message: 'c' }]));
    assert.deepEqual(page.keys, ['5-0', '6-0', '7-0', '8-0']);
    assert.equal(timeline.since, '8-0');
    assert.equal(timeline.oldest, '5-0');
  });
});

test('after a gap, history goes on behind the mark, and past what is known', () => {
  const { timeline, page } = follow(['1-0', '2-0'], '2-0', [gap, ...full(103), live(`${102 + newest}-0`)]);
  assert.equal(timeline.oldest, '103-0');
  page.apply(timeline.older([{ id: '101-0', message: 'a' }, { id: '102-0', message: 'b' }]));
  assert.match(page.keys.slice(0, 6).join(' '), /^1-0 2-0 gap-\d+ 101-0 102-0 103-0$/);
  page.apply(timeline.older([{ id: '1-0', message: 'c' }, { id: '2-0', message: 'd' }]));
  assert.equal(timeline.oldest, '1-0');
  page.apply(timeline.receive(gap));
  assert.equal(timeline.oldest, null);
});

test('what is too much goes at the old end, and may come back', () => {
  const { timeline, page } = follow(['1-0', '2-0', '3-0'], '3-0', [gap, message('3-0'), live('3-0')]);
  timeline.receive(message('4-0')).forEach((step) => page.apply([step]));
  page.apply(timeline.trim(9));
  assert.equal(page.keys.length, 3);
  page.apply(timeline.trim(1));
  assert.deepEqual(page.keys, ['4-0']);
  assert.equal(timeline.oldest, '4-0');
  assert.equal(timeline.since, '4-0');
  page.apply(timeline.older([{ id: '3-0', message: 'a' }]));
  assert.deepEqual(page.keys, ['3-0', '4-0']);
});

test('what is to be kept does not go, nor what stands behind it', () => {
  const { timeline, page } = follow(['1-0', '2-0', '3-0', '4-0'], '4-0', []);
  page.apply(timeline.trim(1, '3-0'));
  assert.deepEqual(page.keys, ['3-0', '4-0']);
  assert.equal(timeline.oldest, '3-0');
  page.apply(timeline.trim(1, '3-0'));
  assert.deepEqual(page.keys, ['3-0', '4-0']);
  page.apply(timeline.trim(1, '2-0')); // which is not there
  assert.deepEqual(page.keys, ['4-0']);
});

test('after too much has gone, history comes back to what is shown', () => {
  const { timeline, page } = follow(['5-0', '6-0'], '6-0', []);
  page.apply(timeline.older([{ id: '3-0', message: 'a' }, { id: '4-0', message: 'b' }]));
  assert.equal(timeline.oldest, '3-0');
  page.apply(timeline.trim(2));
  assert.equal(timeline.oldest, '5-0');
  page.apply(timeline.older([{ id: '4-0', message: 'b' }]));
  assert.deepEqual(page.keys, ['4-0', '5-0', '6-0']);
});

test('only what comes from the history is marked as old', () => {
  const { timeline } = follow(['7-0'], '7-0', []);
  assert.deepEqual(timeline.older([{ id: '5-0', message: 'a' }]), [{ do: 'insert', key: '5-0', message: 'a', before: '7-0', old: true }]);
  assert.deepEqual(timeline.receive(message('8-0', 'b')), [{ do: 'insert', key: '8-0', message: 'b', before: null }]);
});

describe('after a gap', () => {
  test('the line stands between what was there and what is new', () => {
    const { timeline, keys } = follow(['1-0', '2-0'], '2-0', [gap, ...full(101), live('150-0'), message('151-0')]);
    assert.deepEqual(keys.slice(0, 5), ['1-0', '2-0', 'GAP', '101-0', '102-0']);
    assert.equal(keys.length, 3 + newest + 1);
    assert.equal(timeline.since, '151-0');
  });

  test('when all that the log has came, nothing older is in it', () => {
    const { keys } = follow(['1-0', '2-0'], '2-0', [gap, message('8-0'), message('9-0'), live('9-0')]);
    assert.deepEqual(keys, ['GAP', '8-0', '9-0']);
  });

  test('what the log lost goes, what it still has stays once', () => {
    const { timeline, keys } = follow(['1-0', '2-0', '3-0', '4-0'], '4-0', [
      gap, message('1-0'), message('2-0'), message('7-0'), live('7-0')]);
    assert.deepEqual(keys, ['1-0', '2-0', 'GAP', '7-0']);
    assert.equal(timeline.since, '7-0');
  });

  test('a log that went back and has nothing new lowers the cursor', () => {
    const { timeline, keys } = follow(['1-0', '2-0', '3-0', '4-0'], '4-0', [gap, message('1-0'), message('2-0'), live('2-0')]);
    assert.deepEqual(keys, ['1-0', '2-0', 'GAP']);
    assert.equal(timeline.since, '2-0');
  });

  test('new messages with lower IDs than the lost ones stand behind the line', () => {
    const { keys } = follow(['1-0', '2-0', '5-0', '6-0'], '6-0', [gap, message('1-0'), message('2-0'), message('4-0'), live('4-0')]);
    assert.deepEqual(keys, ['1-0', '2-0', 'GAP', '4-0']);
  });

  test('older ones than the page had fill in above it', () => {
    const { keys } = follow(['5-0', '6-0'], '6-0', [gap, message('3-0'), message('4-0'), message('5-0'), message('8-0'), live('8-0')]);
    assert.deepEqual(keys, ['3-0', '4-0', '5-0', 'GAP', '8-0']);
  });

  test('an empty log empties the page, and starts from the beginning', () => {
    const { timeline, keys } = follow(['1-0', '2-0'], '2-0', [gap, live('0-0'), message('9-0')]);
    assert.deepEqual(keys, ['GAP', '9-0']);
    assert.equal(timeline.since, '9-0');
  });

  test('a socket cut before the first message asks with the old cursor, and the line is not doubled', () => {
    const { timeline, page } = follow(['1-0', '2-0'], '2-0', [gap]);
    assert.equal(timeline.since, '2-0');
    for (const event of [gap, message('2-0'), message('8-0'), live('8-0')]) page.apply(timeline.receive(event));
    assert.deepEqual(page.keys, ['2-0', 'gap-1', '8-0']);
  });

  test('a socket cut in the middle goes on from there, and what was lost still goes', () => {
    const { timeline, page } = follow(['1-0', '2-0', '3-0'], '3-0', [gap, message('1-0')]);
    assert.equal(timeline.since, '1-0');
    for (const event of [message('2-0'), live('2-0')]) page.apply(timeline.receive(event));
    assert.deepEqual(page.keys, ['1-0', '2-0', 'gap-1']);
  });

  test('two gaps with nothing between are one line, with something between two', () => {
    const twice = follow(['1-0'], '1-0', [gap, message('1-0'), live('1-0'), gap, message('1-0'), live('1-0')]);
    assert.deepEqual(twice.keys, ['1-0', 'GAP']);
    const apart = follow(['1-0'], '1-0', [
      gap, message('1-0'), message('5-0'), live('5-0'), gap, message('1-0'), message('5-0'), message('9-0'), live('9-0')]);
    assert.deepEqual(apart.keys, ['1-0', 'GAP', '5-0', 'GAP', '9-0']);
  });

  test('what is shown is dropped once, and comes back when it is said again', () => {
    const { timeline, keys } = follow(['1-0', '2-0'], '2-0', [gap, message('1-0'), live('1-0'), message('2-0')]);
    assert.deepEqual(keys, ['1-0', 'GAP', '2-0']);
    assert.ok(timeline.has('2-0'));
  });
});

test('events that are not its own are none of its business', () => {
  const timeline = new Timeline(['1-0'], '1-0');
  for (const event of ['ack', 'refused', 'ignored', 'recent']) assert.deepEqual(timeline.receive({ event }), []);
});
