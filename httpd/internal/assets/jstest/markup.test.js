// The structure of a message's text. The server has the same rules (markup.go).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  isLong, isQuotedBy, markup, quote,
} from '../static/js/markup.js';

const { texts, lengths } = JSON.parse(readFileSync(new URL('../../page/testdata/markup.json', import.meta.url)));

const listed = (part) => (typeof part === 'string' ? part : [part.kind, ...part.parts.map(listed)]);
const textOf = (part) => (typeof part === 'string' ? part : part.parts.map(textOf).join(''));

describe('markup', () => {
  for (const { text, parts, quote: want } of texts) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(markup(text).map(listed), parts);
      assert.equal(markup(text).map(textOf).join(''), text);
      assert.equal(quote(text), want);
      assert.equal(isQuotedBy(text, want), want !== '> \n');
    });
  }

  for (const {
    before, repeat, times, after, long,
  } of lengths) {
    test(`${JSON.stringify(before)}, ${times} times ${JSON.stringify(repeat)}, ${JSON.stringify(after)} is ${long ? '' : 'not '}long`, () => {
      const text = before + repeat.repeat(times) + after;
      assert.equal(isLong(text), long);
      assert.equal(markup(text).map(textOf).join(''), text);
    });
  }
});

describe('a quote leads to', () => {
  for (const [text, quotation, want] of [
    ['Hello there, all', '> Hello', true],
    ['Hello there, all', '>Hello  there', true],
    ['Hello there, all', '> hello', false],
    ['I say Hello', '> Hello', false],
    ['> Hello\nmy answer', '> my answer', true],
    ['> Hello\nmy answer', '> Hello', false],
    ['two\nlines', '> two\n> lines', true],
    ['what ends so…', '> what ends so…', true],
    ['long enough to be cut', '> long enough…', true],
    ['anything', '> \n', false],
    ['anything', '> …', false],
    ['second', '> \n> second', true],
  ]) test(`${JSON.stringify(text)} from ${JSON.stringify(quotation)}: ${want}`, () => assert.equal(isQuotedBy(text, quotation), want));
});
