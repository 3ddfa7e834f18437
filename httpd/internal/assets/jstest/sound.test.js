import assert from 'node:assert/strict';
import { test } from 'node:test';
import { again, ready } from '../static/js/sound-view.js';

let made = 0;
const context = { state: 'suspended', resumed: 0, resume() { this.resumed += 1; return Promise.resolve(); } };
globalThis.AudioContext = class {
  constructor() {
    made += 1;
    return context;
  }
};

test('a sound is ready again after an interruption', () => {
  again(); // before an action of the guest
  assert.deepEqual([made, context.resumed], [0, 0]);
  ready();
  assert.deepEqual([made, context.resumed], [1, 1]);
  context.state = 'running';
  ready();
  again();
  assert.deepEqual([made, context.resumed], [1, 1]);
  context.state = 'interrupted'; // the phone was locked
  again();
  assert.equal(context.resumed, 2);
  ready();
  assert.deepEqual([made, context.resumed], [1, 3]);
});

test('a browser that does not allow it yet is no error', async () => {
  context.state = 'interrupted';
  context.resume = () => Promise.reject(new Error('not allowed'));
  again();
  await Promise.resolve();
});
