import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Calm, least, patience } from '../static/js/state-view.js';
import { Clock } from './fakes.js';

let clock;
let shown;
let calm;

beforeEach(() => {
  clock = new Clock();
  shown = [];
  calm = new Calm({ clock, show: (state) => shown.push(state.at ? `${state.name} ${state.at}` : state.name) });
});

// take gives the states one after the other, each a while after the one before.
function take(...steps) {
  for (const step of steps) {
    if (typeof step === 'number') clock.advance(step);
    else calm.change(typeof step === 'string' ? { name: step } : step);
  }
}

test('a page that is live at once never says that it is connecting', () => {
  take('connecting', patience - 1, 'live', 60_000);
  assert.deepEqual(shown, ['live']);
});

test('one that takes longer says so', () => {
  take('connecting', patience);
  assert.deepEqual(shown, ['connecting']);
});

test('half a second without a socket, or without a network, is not shown', () => {
  take('live', 'reconnecting', 300, 'connecting', 200, 'live', 60_000, 'offline', 300, 'connecting', 200, 'live', 60_000);
  assert.deepEqual(shown, ['live', 'live', 'live']);
});

test('attempts that fail at once do not put it off', () => {
  take('live');
  for (let ms = 0; ms < patience - 100; ms += 100) take('reconnecting', 50, 'connecting', 50);
  assert.deepEqual(shown, ['live']);
  take(100);
  assert.deepEqual(shown, ['live', 'connecting']);
});

test('a trouble stays in sight during an attempt, and says when the next one is', () => {
  take('live', { name: 'reconnecting', at: 1 }, patience, 'connecting', 100, { name: 'reconnecting', at: 2 }, 60_000);
  assert.deepEqual(shown, ['live', 'reconnecting 1', 'reconnecting 2']);
});

test('a trouble that was shown can be read', () => {
  take('live', 'reconnecting', patience, 100, 'live');
  assert.deepEqual(shown, ['live', 'reconnecting']);
  take(least - 101);
  assert.deepEqual(shown, ['live', 'reconnecting']);
  take(1);
  assert.deepEqual(shown, ['live', 'reconnecting', 'live']);
});

test('what comes before that is over counts', () => {
  take('live', 'reconnecting', patience, 'live', 100, 'reconnecting', 60_000);
  assert.deepEqual(shown, ['live', 'reconnecting', 'reconnecting']);
});

test('what is final is said at once', () => {
  take('live', 'reconnecting', 'signedout');
  assert.deepEqual(shown, ['live', 'signedout']);
  take(60_000);
  assert.deepEqual(shown, ['live', 'signedout']);
});

test('however far a clock is set back, a trouble that is over is not shown for longer', () => {
  take('live', 'reconnecting', patience);
  let back = 0;
  const { now } = clock;
  clock.now = () => now() - back;
  back = 86_400_000;
  take('live', least);
  assert.equal(shown.at(-1), 'live');
});
