import assert from 'node:assert/strict';
import test from 'node:test';
import { matcher } from '../static/js/filter.js';

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
