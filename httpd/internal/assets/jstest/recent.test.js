import assert from 'node:assert/strict';
import test from 'node:test';
import { withOwn } from '../static/js/index-view.js';

test('the own name stays first, in the own spelling', () => {
  assert.deepEqual(withOwn('Ann', []), ['Ann']);
  assert.deepEqual(withOwn('Ann', ['Bob', 'Cid']), ['Ann', 'Bob', 'Cid']);
  assert.deepEqual(withOwn('Ann', ['Bob', 'ann', 'Ann B', 'Cid']), ['Ann', 'Bob', 'Ann B', 'Cid']);
  assert.deepEqual(withOwn('Zoë', ['ZOË', 'Zoe']), ['Zoë', 'Zoe']);
});

test('a list without an own name is as it comes', () => {
  const names = ['b', 'a'];
  assert.deepEqual(withOwn('', names), names);
  assert.notEqual(withOwn('', names), names);
});
