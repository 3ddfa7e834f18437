import assert from 'node:assert/strict';
import test from 'node:test';
import { isUnclear, matcher } from '../static/js/filter.js';

const rooms = ['Go Fans', 'Café Zoë', 'سلام', '茶室', 'Garden 🌱', 'I'];
const found = (typed) => rooms.filter(matcher(typed));

test('what is typed leaves the rooms that hold it', () => {
  assert.deepEqual(found(''), rooms);
  assert.deepEqual(found('  '), rooms);
  assert.deepEqual(found('go'), ['Go Fans']);
  assert.deepEqual(found('FANS g'), ['Go Fans']);
  assert.deepEqual(found('zoe cafe'), ['Café Zoë']);
  assert.deepEqual(found('Gärden'), ['Garden 🌱']);
  assert.deepEqual(found('سل'), ['سلام']);
  assert.deepEqual(found('室'), ['茶室']);
  assert.deepEqual(found('🌱'), ['Garden 🌱']);
  assert.deepEqual(found('nothing'), []);
  assert.deepEqual(found('a.*'), []);
});

test('a text that is no name in the list is unclear while names match it', () => {
  assert.equal(isUnclear('frid', ['Friday drinks']), true);
  assert.equal(isUnclear('friday', ['Friday drinks', 'Black Friday']), true);
  assert.equal(isUnclear('frid', []), false, 'a new room');
  for (const typed of ['Friday drinks', ' friday  DRINKS ', 'Ｆriday drinks']) {
    assert.equal(isUnclear(typed, ['Friday drinks', 'No Friday drinks']), false, typed);
  }
  assert.equal(isUnclear('cafe zoe', ['Café Zoë']), true, 'accents make another room');
  assert.equal(isUnclear('  ', rooms), false);
});
