import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { excerpt, placesOf, Search } from '../static/js/search.js';

const found = (text, words) => placesOf(text, words).map(([from, to]) => text.slice(from, to));

describe('words in a text', () => {
  for (const [text, words, want] of [
    ['Tea, tea and TEA', 'tea', ['Tea', 'tea', 'TEA']],
    ['Müller und Muller', 'muller', ['Müller', 'Muller']],
    ['cafe\u0301!', 'café', ['cafe\u0301']],
    ['cafe\u0301!', 'cafe', ['cafe\u0301']],
    ['\u{1d400}bc', 'abc', ['\u{1d400}bc']],
    ['ﬁne', 'i', ['ﬁ']], // one letter for two
    ['ﬁne', 'fin', ['ﬁn']],
    ['שלום עולם', 'עולם', ['עולם']],
    ['चाय पीते हैं', 'पीते', ['पीते']],
    ['日本語のテキスト', 'テキ', ['テキ']],
    ['two\nlines', '  lines ', ['lines']],
    ['👩‍👩‍👧 here', 'here', ['here']],
    ['aaaa', 'aa', ['aa', 'aa']],
    ['nothing', 'else', []],
    ['nothing', '  ', []],
  ]) test(`${JSON.stringify(words)} in ${JSON.stringify(text)}`, () => assert.deepEqual(found(text, words), want));
});

test('an excerpt has what stands around', () => {
  const text = `${'a'.repeat(40)}\n\n this ${'b'.repeat(80)}`;
  const { before, found: middle, after } = excerpt(text, placesOf(text, 'this')[0]);
  assert.equal(before, `…${'a'.repeat(29)} `);
  assert.equal(middle, 'this');
  assert.equal(after, ` ${'b'.repeat(59)}…`);
  assert.deepEqual(excerpt('x', [0, 1]), { before: '', found: 'x', after: '' });
});

describe('a search', () => {
  // A room of many messages, as httpd answers for it.
  const room = (count, size = 50) => {
    const all = Array.from({ length: count }, (_, i) => ({ id: `${i + 1}-0`, message: i % 3 === 0 ? `tea ${i}` : 'water' }));
    const asked = [];
    const load = async (before) => {
      asked.push(before);
      const end = before === null ? all.length : all.findIndex(({ id }) => id === before);
      return { messages: all.slice(Math.max(0, end - size), end), more: end > size };
    };
    return { load, asked };
  };

  test('reads everything, the newest first, and asks only for pages', async () => {
    const { load, asked } = room(120);
    const states = [];
    let last;
    const search = new Search({ load, changed(now) { states.push(now.state); last = now; } });
    await search.run('TEA');
    assert.deepEqual(asked, [null, '71-0', '21-0']);
    assert.deepEqual(states, ['searching', 'searching', 'searching', 'done']);
    assert.equal(last.read, 120);
    assert.equal(last.matches.length, 40);
    assert.equal(last.matches[0].id, '118-0');
    assert.equal(last.matches.at(-1).id, '1-0');
  });

  test('of an empty room ends', async () => {
    let last;
    await new Search({ ...room(0), changed(now) { last = now; } }).run('tea');
    assert.deepEqual(last, { state: 'done', matches: [], read: 0 });
  });

  test('is bounded', async () => {
    let last;
    const endless = { asked: 0, load: async () => ({ messages: [{ id: `${1e6 - (endless.asked += 1)}-0`, message: 'x' }], more: true }) };
    await new Search({ load: endless.load, changed(now) { last = now; } }).run('tea');
    assert.equal(last.state, 'cut');
    assert.equal(endless.asked, 60);
    await new Search({ ...room(1000), changed(now) { last = now; } }).run('tea');
    assert.deepEqual([last.state, last.matches.length], ['cut', 200]);
  });

  test('says when it failed, and can begin again', async () => {
    const { load } = room(120);
    let broken = true;
    let last;
    const search = new Search({
      load: async (before) => {
        if (broken && before !== null) throw new Error('offline');
        return load(before);
      },
      changed(now) { last = now; },
    });
    await search.run('tea');
    assert.deepEqual([last.state, last.read], ['failed', 50]);
    broken = false;
    await search.run('tea');
    assert.deepEqual([last.state, last.read], ['done', 120]);
  });

  test('that is stopped, or followed by another one, tells nothing more', async () => {
    const { load, asked } = room(500);
    let release;
    const gate = new Promise((open) => { release = open; });
    const told = [];
    const search = new Search({ load: (before) => gate.then(() => load(before)), changed: (now) => told.push(now.state) });
    const first = search.run('tea');
    const second = search.run('water');
    search.stop();
    release();
    await Promise.all([first, second]);
    assert.deepEqual(told, ['searching', 'searching']);
    assert.deepEqual(asked, [null, null]);
  });
});
