import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { inBytes, inLanguage } from '../static/js/collate.js';

// The server has the same test (collate_test.go).
const orders = JSON.parse(readFileSync(new URL('../../text/testdata/collate.json', import.meta.url), 'utf8'));
for (const [language, names] of Object.entries(orders)) {
  test(`names in the order of ${language}`, () => {
    assert.deepEqual([...names].sort(inLanguage(language)), names);
    assert.deepEqual([...names].reverse().sort(inLanguage(language)), names);
    assert.deepEqual([...names].sort().sort(inLanguage(language)), names);
  });

  test(`the bytes of the names of ${language}`, () => {
    const bytes = (name) => Buffer.from(name);
    for (const a of names) for (const b of names) assert.equal(Math.sign(inBytes(a, b)), Buffer.compare(bytes(a), bytes(b)), `${a} ${b}`);
  });
}

test('bytes are not the units of a string', () => assert.ok(inBytes('｡', '🌱') < 0 && '｡' > '🌱'));
