// How a message looks is decided by its text and its time alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  onlyEmoji, sameDay, sameMinute, Times,
} from '../static/js/message.js';
import { maxText, maxTextBytes, measure } from '../static/js/protocol.js';

process.env.TZ = 'America/New_York';

// The server marks them by the same rule (emoji.go).
describe('emoji', () => {
  const { large, small } = JSON.parse(readFileSync(new URL('../../page/testdata/emoji.json', import.meta.url)));
  for (const text of large) test(`${JSON.stringify(text)} is shown large`, () => assert.ok(onlyEmoji(text)));
  for (const text of small) test(`${JSON.stringify(text)} is not`, () => assert.ok(!onlyEmoji(text)));
});

describe('length', () => {
  const family = '👩‍👩‍👧‍👦'; // 25 bytes, one character to a reader

  test('a short text is not worth counting', () => assert.deepEqual(measure(' hi '), { n: 2, near: false, over: false }));

  for (const [what, text, want] of [
    ['as long as may be', 'x'.repeat(maxText), { n: maxText, near: true, over: false }],
    ['one too many', 'x'.repeat(maxText + 1), { n: maxText + 1, near: true, over: true }],
    ['space around does not count', `\n ${'x'.repeat(maxText)}\n\n`, { n: maxText, near: true, over: false }],
    ['what a reader takes for one is one', 'e\u0301'.repeat(maxText), { n: maxText, near: true, over: false }],
    ['three bytes each, all of them fit', '茶'.repeat(maxText), { n: maxText, near: true, over: false }],
    ['few but heavy', family.repeat(300), { n: 300, near: true, over: false }],
    ['few but too heavy', family.repeat(maxTextBytes / 25 + 1), { n: 328, near: true, over: true }],
    ['not near yet', 'x'.repeat(maxText * 0.9 - 1), { n: 1799, near: false, over: false }],
    ['near', 'x'.repeat(maxText * 0.9), { n: 1800, near: true, over: false }],
    ['ten thousand', 'x'.repeat(10000), { n: 10000, near: true, over: true }],
    ['a whole book', '茶'.repeat(200_000), { n: 200_000, near: true, over: true }],
  ]) {
    test(what, () => {
      const { n, near, over } = measure(text);
      assert.deepEqual({ n, near, over }, want);
    });
  }
});

describe('times', () => {
  const at = (text) => Date.parse(text);

  test('are those of the reader', () => {
    const ms = at('2026-11-23T23:05:00Z');
    for (const [page, system, clock, day] of [
      ['en', 'en-US', '6:05 PM', 'Monday, November 23'],
      ['en', 'en-GB', '18:05', 'Monday 23 November'],
      ['en', 'fr-FR', '18:05', 'Monday, November 23'],
      ['de', 'de-AT', '18:05', 'Montag, 23. November'],
      ['de', 'en-US', '6:05 PM', 'Montag, 23. November'],
      ['ar', 'de-DE', '18:05', 'الاثنين، 23 نوفمبر'],
      ['ar', 'ar-EG', '6:05 م', 'الاثنين، 23 نوفمبر'],
    ]) {
      const times = new Times(page, system);
      assert.equal(times.clock(ms).replace(/[\u00a0\u202f]/g, ' '), clock, `${page} ${system}`);
      assert.equal(times.day(ms), day, `${page} ${system}`);
    }
  });

  test('of an ID that carries none are empty', () => {
    assert.equal(new Times('en').clock(Number('18446744073709551615')), '');
    assert.equal(new Times('en').day(NaN), '');
  });

  test('a minute is one group', () => {
    assert.ok(sameMinute(at('2026-11-23T10:00:00Z'), at('2026-11-23T10:00:59.999Z')));
    assert.ok(!sameMinute(at('2026-11-23T10:00:59.999Z'), at('2026-11-23T10:01:00Z')));
    assert.ok(!sameMinute(null, 0));
  });

  test('a day ends at the reader\'s midnight', () => {
    assert.ok(sameDay(at('2026-11-23T23:00:00Z'), at('2026-11-24T04:59:00Z')));
    assert.ok(!sameDay(at('2026-11-24T04:59:00Z'), at('2026-11-24T05:00:00Z')));
    assert.ok(!sameDay(null, 0));
  });
});
