import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { outboxStore } from '../static/js/storage.js';
import { mayCancel, mayRepeat, Outbox, resendWithin } from '../static/js/outbox.js';
import { chance, Clock, filler, Storage } from './fakes.js';

const [soonest, latest] = [5000, 60_000];

let clock;
let storage;
let sent; // {text, nonce, at}
let random;

beforeEach(() => {
  clock = new Clock();
  storage = new Storage();
  sent = [];
  random = chance(11);
});

function outbox() {
  return new Outbox({
    kept: outboxStore(storage, 'Go Fans'),
    clock,
    time: clock,
    retention: Infinity,
    fill: filler(() => random()),
    send(frame) {
      const { message, nonce } = JSON.parse(frame);
      sent.push({ text: message, nonce, at: clock.now() });
      return true;
    },
    stalled() {},
    changed() {},
  });
}

const texts = () => sent.map(({ text }) => text);
const states = (box) => box.entries.map((entry) => `${entry.text}: ${entry.state}`);

describe('a message that is sent later', () => {
  test('goes out by itself between 5 and 60 seconds, at another moment each time', () => {
    const waits = new Set();
    for (let i = 0; i < 200; i += 1) {
      const box = outbox();
      box.live();
      const from = clock.now();
      box.say(`${i}`, undefined, true);
      clock.advance(soonest - 1);
      assert.equal(sent.length, i);
      clock.advance(latest - soonest + 1);
      assert.equal(sent.length, i + 1);
      waits.add(sent[i].at - from);
      box.ack(sent[i].nonce, `${i + 1}-0`);
      box.shown(`${i + 1}-0`);
    }
    assert.ok(waits.size > 190, `${waits.size} different waits`);
    assert.ok(Math.min(...waits) < 7000 && Math.max(...waits) > 58_000, 'the waits fill the minute');
  });

  test('the least and the greatest random number stay inside the minute', () => {
    for (const [number, wait] of [[0, soonest], [0.99999, latest]]) {
      random = () => number;
      const box = outbox();
      box.live();
      const n = sent.length;
      box.say('x', undefined, true);
      clock.advance(wait - 1);
      assert.equal(sent.length, n);
      clock.advance(1);
      assert.equal(sent.length, n + 1);
      box.ack(sent[n].nonce, `${n + 1}-0`);
      box.shown(`${n + 1}-0`);
    }
  });

  test('holds up no other message', () => {
    const box = outbox();
    box.live();
    box.say('later', undefined, true);
    box.say('one');
    box.ack(sent[0].nonce, '1-0');
    box.say('two');
    assert.deepEqual(texts(), ['one', 'two']);
    clock.advance(latest);
    assert.deepEqual(texts(), ['one', 'two']); // one is in flight at a time
    box.ack(sent[1].nonce, '2-0');
    assert.deepEqual(texts(), ['one', 'two', 'later']);
  });

  test('can be taken back until it goes out', () => {
    const box = outbox();
    box.live();
    box.say('later', undefined, true);
    const [entry] = box.entries;
    assert.equal(mayCancel(entry), true);
    assert.equal(mayRepeat(entry, clock.now()), false);
    assert.equal(box.drop(entry.nonce).text, 'later');
    clock.advance(2 * latest);
    assert.deepEqual(texts(), []);

    box.say('another', undefined, true);
    const { nonce } = box.entries[0];
    clock.advance(latest);
    assert.equal(box.drop(nonce), undefined);
    assert.deepEqual(states(box), ['another: sent']);
  });

  test('survives a reload, with its moment and its nonce', () => {
    outbox().say('later', undefined, true);
    const [{ due, nonce }] = JSON.parse(storage.getItem('chatter.outbox:Go Fans'));
    const box = outbox();
    box.live();
    assert.deepEqual(states(box), ['later: later']);
    clock.advance(due - clock.now() - 1);
    assert.deepEqual(texts(), []);
    clock.advance(1);
    assert.deepEqual(sent, [{ text: 'later', nonce, at: due }]);
  });

  test('waits for a live socket, and goes out at once when it is late', () => {
    const box = outbox();
    box.say('later', undefined, true);
    clock.advance(2 * latest);
    assert.deepEqual(states(box), ['later: later']);
    box.live();
    assert.deepEqual(texts(), ['later']);
  });

  test('its age counts from the first attempt', () => {
    const box = outbox();
    box.say('later', undefined, true);
    clock.advance(30 * 60 * 1000);
    box.live();
    box.down();
    clock.advance(resendWithin - 1000);
    box.live();
    assert.deepEqual(texts(), ['later', 'later']);
    assert.equal(sent[0].nonce, sent[1].nonce);
    box.down();
    clock.advance(2000);
    box.live();
    assert.deepEqual(states(box), ['later: ask']);
  });

  test('is not sent without a question when it waited for very long', () => {
    const box = outbox();
    box.say('later', undefined, true);
    clock.advance(resendWithin + 1);
    box.live();
    assert.deepEqual(texts(), []);
    assert.deepEqual(states(box), ['later: ask']);
  });

  test('does not wait for a clock that was set back', () => {
    random = () => 0.99999;
    outbox().say('later', undefined, true);
    clock = new Clock(clock.now() - 50_000);
    const box = outbox();
    box.live();
    assert.deepEqual(texts(), ['later']);
  });

  test('a text that may be stored under its nonce already goes out at once', () => {
    const box = outbox();
    box.live();
    box.say('of a form', 'n'.repeat(22), true);
    assert.deepEqual(texts(), ['of a form']);
  });
});
