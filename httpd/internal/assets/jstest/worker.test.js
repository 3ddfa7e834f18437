import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

const source = readFileSync(new URL('../static/worker.js', import.meta.url), 'utf8');

// clicked has a notification of a room clicked while some pages are open, and returns
// what became of it.
async function clicked(path, ...open) {
  const did = [];
  const heard = new Map();
  const pages = open.map((page) => ({ url: `https://chat.example${page}`, focus: () => did.push(`focus ${page}`) }));
  const self = {
    addEventListener: (name, handle) => heard.set(name, handle),
    clients: {
      matchAll: async ({ includeUncontrolled }) => (includeUncontrolled ? pages : []),
      openWindow: (address) => did.push(`open ${address}`),
    },
  };
  runInNewContext(source, { self, URL });
  assert.deepEqual([...heard.keys()], ['notificationclick'], 'the worker has to do with notifications alone');
  let done;
  heard.get('notificationclick')({
    notification: { close: () => did.push('close'), data: path },
    waitUntil: (promise) => { done = promise; },
  });
  await done;
  return did;
}

test('a notification leads to the page of its room', async () => {
  assert.deepEqual(await clicked('/chat/Tea%20&%20x/', '/index/', '/chat/Tea/', '/chat/Tea%20&%20x/'), ['close', 'focus /chat/Tea%20&%20x/']);
  assert.deepEqual(await clicked('/chat/Tea/', '/chat/Tea/?a=b'), ['close', 'focus /chat/Tea/?a=b']);
});

test('it opens the room when no page has it', async () => {
  assert.deepEqual(await clicked('/chat/Tea/', '/index/'), ['close', 'open /chat/Tea/']);
});
