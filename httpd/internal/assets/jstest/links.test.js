import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitLinks } from '../static/js/message.js';

// links returns what would be clickable: [what is shown, where it leads].
const links = (text) => splitLinks(text).filter((part) => part.href).map(({ text: shown, href }) => [shown, href]);

const cases = {
  'a word, no link': [],
  'https://go.dev': [['https://go.dev', 'https://go.dev/']],
  'HTTP://go.dev/x': [['HTTP://go.dev/x', 'http://go.dev/x']],
  'see https://go.dev/doc.': [['https://go.dev/doc', 'https://go.dev/doc']],
  '(https://go.dev/doc), too': [['https://go.dev/doc', 'https://go.dev/doc']],
  'https://en.wikipedia.org/wiki/Go_(game)': [['https://en.wikipedia.org/wiki/Go_(game)', 'https://en.wikipedia.org/wiki/Go_(game)']],
  '"https://go.dev/?q=1&x=2#top"!': [['https://go.dev/?q=1&x=2#top', 'https://go.dev/?q=1&x=2#top']],
  '<https://go.dev/>': [['https://go.dev/', 'https://go.dev/']],
  'http://a.example http://b.example': [['http://a.example', 'http://a.example/'], ['http://b.example', 'http://b.example/']],
  'javascript:alert(1)': [],
  'javascript:alert("https://")': [],
  'ftp://go.dev data:text/html,x file:///etc/passwd': [],
  'https://': [],
  'https://[': [],
  'https://bank.example@evil.example/': [],
  'xhttps://go.dev': [],
  'https://go.dev/\u202egpj.exe': [['https://go.dev/', 'https://go.dev/']],
};

for (const [text, want] of Object.entries(cases)) {
  test(JSON.stringify(text), () => assert.deepEqual(links(text), want));
}

test('the parts make up the text again', () => {
  for (const text of [...Object.keys(cases), '', '\n https://go.dev\n\n', 'x'.repeat(8192), '('.repeat(4000) + 'https://go.dev/' + ')'.repeat(4000)]) {
    assert.equal(splitLinks(text).map((part) => part.text).join(''), text);
  }
});

// A link is cut off where it ends with a loop over its letters. Whatever goes through the
// whole text must not happen once for each of them.
test('a hostile text is gone through a few times, not once for each letter', (t) => {
  let letters = 0;
  for (const method of ['split', 'slice', 'matchAll', 'match', 'replace', 'indexOf', 'includes', 'lastIndexOf']) {
    const plain = String.prototype[method];
    t.mock.method(String.prototype, method, function count(...args) {
      letters += this.length;
      return plain.apply(this, args);
    });
  }
  for (const text of [`https://go.dev/${')'.repeat(8000)}`, `https://go.dev/${'.'.repeat(8000)}`, 'http://'.repeat(1100)]) {
    letters = 0;
    splitLinks(text);
    assert.ok(letters > 0 && letters < 20 * text.length, `${letters} letters are gone through in a text of ${text.length}`);
  }
});
