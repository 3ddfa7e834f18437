import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { ago } from '../static/js/ago.js';
import { Texts } from '../static/js/texts.js';

const json = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url)));
const catalogs = readdirSync(new URL('../../text/languages/', import.meta.url))
  .map((file) => ({ language: file.replace('.json', ''), words: json(`../../text/languages/${file}`).scripts }));

function textsIn(language, words) {
  const texts = new Texts();
  texts.load(language, words);
  return texts;
}

test('the time of a recent name reads as the server says it', () => {
  for (const { language, words } of catalogs) {
    const texts = textsIn(language, words);
    for (const line of json('../../text/testdata/ago.json')) assert.equal(ago(texts, line.seconds * 1000), line[language]);
  }
});

test('every form that a language counts with is there', () => {
  for (const { language, words } of catalogs) {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [key, forms] of Object.entries(words)) {
      if (typeof forms !== 'string') assert.deepEqual(Object.keys(forms).sort(), [...pluralCategories].sort(), `${language} ${key}`);
    }
  }
});

test('values stand in their places, numbers as the language writes them', () => {
  const words = { a: '{who} has {n} {n}', b: { one: '{n} thing', other: '{n} things' }, c: 'no {place}' };
  const get = (language, ...args) => textsIn(language, words).get(...args);
  assert.equal(get('de', 'a', { who: '$&', n: 2000 }), '$& has 2.000 2.000');
  assert.equal(get('ar', 'a', { who: 'x', n: 2000 }), 'x has 2,000 2,000');
  assert.equal(get('ar-EG', 'a', { who: 'x', n: 2000 }), 'x has 2,000 2,000');
  assert.equal(get('en', 'b', { n: 1 }), '1 thing');
  assert.equal(get('en', 'b', { n: 2000 }), '2,000 things');
  assert.equal(get('en', 'c'), 'no {place}');
  assert.equal(get('en', 'd'), 'd');
  assert.equal(get('en', 'toString'), 'toString');
});
