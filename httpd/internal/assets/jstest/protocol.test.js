import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  compareIDs, isID, isNonce, newNonce, parseFrame, parseRetry, sayFrame, timeOf, tooLong,
} from '../static/js/protocol.js';
import { chance, filler } from './fakes.js';

const golden = JSON.parse(readFileSync(new URL('../../../../shared/wire/testdata/frames.json', import.meta.url)));
const server = golden.filter((frame) => frame.direction === 'server');
const client = golden.filter((frame) => frame.direction === 'client');

describe('golden frames', () => {
  test('the file holds both directions, good and bad', () => {
    assert.ok(server.length >= 9 && client.length > 0);
    assert.ok(client.some((frame) => frame.valid) && client.some((frame) => !frame.valid));
  });

  for (const { name, frame, valid } of server) {
    test(`server ${name} is ${valid ? 'understood, nothing of it lost' : 'ignored'}`, () => {
      const event = parseFrame(frame);
      if (!valid) {
        assert.equal(event.event, 'ignored');
        return;
      }
      const { retry_after: retryAfter, ...said } = JSON.parse(frame);
      assert.deepEqual(event, retryAfter === undefined ? said : { ...said, retryAfter });
    });
  }

  // A client frame may be written in other ways; one of them is ours.
  const ours = client.filter(({ frame, valid }) => {
    if (!valid) return false;
    const { message, nonce } = JSON.parse(frame);
    return frame === sayFrame(message, nonce);
  });
  test('what we say is among the good client frames, byte for byte', () => assert.ok(ours.length > 0));
});

test('a frame keeps every character', () => {
  const text = '<script>"\\\n\t🎭\u2028مرحبا';
  assert.deepEqual(JSON.parse(sayFrame(text, 'n'.repeat(22))), {
    command: 'new_message', message: text, nonce: 'n'.repeat(22),
  });
});

describe('frames that are not understood are ignored with a reason', () => {
  const frames = [
    '', '{', 'null', '3', '"x"', '[]', '[{"event":"gap"}]', '{}', '{"event":3}', '{"event":"toString"}',
    '{"event":"__proto__"}', '{"event":"constructor"}', '{"event":"unheard of"}',
    '{"event":"message"}', '{"event":"message","id":"1-0"}', '{"event":"message","id":1,"message":"x"}',
    '{"event":"message","id":"1","message":"x"}', '{"event":"message","id":"1-0","message":7}',
    '{"event":"ack","nonce":"short","id":"1-0"}', '{"event":"ack","nonce":"nnnnnnnnnnnnnnnnnnnnnn"}',
    '{"event":"refused","nonce":null,"code":"empty","detail":"","retry_after":0}',
    '{"event":"refused","nonce":"","detail":"","retry_after":0}',
    '{"event":"live"}', '{"event":"live","cursor":"x"}',
    '{"event":"recent","users":null,"rooms":[]}', '{"event":"recent","users":[1],"rooms":[]}',
    new ArrayBuffer(3), undefined,
  ];
  for (const frame of frames) {
    test(String(frame), () => {
      const event = parseFrame(frame);
      assert.equal(event.event, 'ignored');
      assert.ok(event.reason);
    });
  }
});

test('a wait that no timer could hold is cut short', () => {
  const frame = { event: 'refused', nonce: '', code: 'rate_limited', detail: '' };
  const wait = (n) => parseFrame(JSON.stringify({ ...frame, retry_after: n })).retryAfter;
  assert.deepEqual([wait(2), wait(0), wait(-1), wait('2'), wait(1e300)], [2, 0, 0, 0, 20 * 86400]);
});

test('nonces are well formed and differ', () => {
  const fill = filler(chance(1));
  const nonces = new Set(Array.from({ length: 1000 }, () => newNonce(fill)));
  assert.equal(nonces.size, 1000);
  for (const nonce of nonces) assert.ok(isNonce(nonce) && nonce.length === 22);
  assert.ok(isNonce(newNonce((bytes) => crypto.getRandomValues(bytes))));
});

test('IDs are compared as two 64-bit numbers', () => {
  const ordered = [
    '0-0', '0-1', '9-0', '10-0', '10-9', '10-10', '1700000000000-0', '9007199254740992-0',
    '9007199254740993-0', '9007199254740993-18446744073709551614', '9007199254740993-18446744073709551615',
    '18446744073709551615-0',
  ];
  ordered.forEach((a, i) => ordered.forEach((b, j) => assert.equal(compareIDs(a, b), Math.sign(i - j), `${a} ${b}`)));
  ordered.forEach((id) => assert.ok(isID(id), id));
});

test('only canonical IDs are IDs', () => {
  for (const s of ['', '0', '1-', '-1', '01-0', '1-00', '+1-0', '1-0 ', ' 1-0', '1-0-0', 'x-0', '1-18446744073709551616',
    '18446744073709551616-0', '99999999999999999999-0', '1٣-0', null, 5, {}, ['1-0']]) assert.ok(!isID(s), String(s));
  assert.equal(timeOf('1700000000123-4'), 1700000000123);
});

test('a close reason may ask for a delay', () => {
  assert.equal(parseRetry('retry=1500'), 1500);
  assert.equal(parseRetry('retry=0'), 0);
  for (const s of ['', 'retry=', 'retry=-1', 'retry=1.5', 'retry=1s', ' retry=1', 'retry=1\n', 'x retry=1', 'retry=999999999', null, undefined]) {
    assert.equal(parseRetry(s), null, String(s));
  }
});

test('too long is counted in bytes', () => {
  assert.ok(!tooLong('x'.repeat(8192)));
  assert.ok(tooLong('x'.repeat(8193)));
  assert.ok(tooLong('é'.repeat(4097)));
});
