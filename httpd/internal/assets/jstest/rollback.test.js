// A message was stored and is shown, but its ack was lost on the way; then the
// server's log goes back in time, and with it the nonce under which it was
// stored. The page sends the message again, and it is stored under another ID.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownStore } from '../static/js/storage.js';
import { newest } from '../static/js/protocol.js';
import { RoomClient } from '../static/js/room-client.js';
import { Clock, clientOptions, Page, Storage } from './fakes.js';

const message = (id, text) => ({ event: 'message', id, message: text });
const live = (cursor) => ({ event: 'live', cursor });

// open is a page with one message of somebody else's, 1-0, that is live, has
// said "twice" and shows it as 5-0. Its outbox still waits for the ack.
function open() {
  const clock = new Clock();
  const storage = new Storage();
  const page = new Page(['1-0']);
  const sockets = [];
  const own = ownStore(storage, 'x');
  const it = { clock, page, sockets, own, outbox: [] };
  const client = new RoomClient({
    ...clientOptions({ clock, sockets, storage, ids: page.ids }),
    own,
    loadSlow: () => Promise.reject(new Error('away')),
  });
  it.client = client;
  client.connect({
    log: (steps) => page.apply(steps), own() {}, gone() {}, state() {}, older() {},
    outbox: (entries) => { it.outbox = entries; },
  });
  client.connection.start();
  sockets[0].opens();
  sockets[0].gets(live('1-0'));
  client.say('twice');
  sockets[0].gets(message('5-0', 'twice'));
  return it;
}

describe('removed by the operator', () => {
  test('an own message leaves the log and the outbox, whether its ack comes before or after', () => {
    for (const ackFirst of [true, false]) {
      const it = open();
      const { page, sockets: [socket], own } = it;
      const ack = { event: 'ack', nonce: nonces(socket)[0], id: '5-0' };
      const events = [ack, { event: 'removed', id: '5-0' }];
      for (const event of ackFirst ? events : events.reverse()) socket.gets(event);
      assert.deepEqual(page.ids, ['1-0']);
      assert.deepEqual(it.outbox, []);
      assert.equal(own.has('5-0'), false);
    }
  });

  test('an own message that never arrived leaves the outbox', () => {
    const it = open();
    const { sockets: [socket], client } = it;
    socket.gets({ event: 'ack', nonce: nonces(socket)[0], id: '5-0' });
    client.say('later');
    socket.gets({ event: 'ack', nonce: nonces(socket)[1], id: '6-0' });
    assert.equal(it.outbox.length, 1);
    socket.gets({ event: 'removed', id: '6-0' });
    assert.deepEqual(it.outbox, []);
  });
});

const nonces = (socket) => socket.sent.map((frame) => JSON.parse(frame).nonce);
const copies = (page) => page.ids.filter((id) => page.texts.get(id) === 'twice');

describe('stored again under another ID', () => {
  test('after the socket was cut: one copy stays', () => {
    const { clock, page, sockets } = open();
    sockets[0].closes(1006);
    clock.advance(60_000);
    const again = sockets.at(-1);
    assert.match(again.url, /since=5-0$/);
    again.opens();
    for (const event of [{ event: 'gap' }, message('1-0', 'one'), live('1-0')]) again.gets(event);
    assert.deepEqual(copies(page), [], 'what the log does not have is not shown');
    assert.deepEqual(nonces(again), nonces(sockets[0]), 'sent again, under the same nonce');
    again.gets(message('9-0', 'twice'));
    again.gets({ event: 'ack', nonce: nonces(again)[0], id: '9-0' });
    assert.deepEqual(copies(page), ['9-0']);
  });

  test('on the same socket: one copy stays', () => {
    const it = open();
    const [socket] = it.sockets;
    for (const event of [{ event: 'gap' }, message('1-0', 'one'), message('9-0', 'twice'), live('9-0')]) socket.gets(event);
    socket.gets({ event: 'ack', nonce: nonces(socket)[0], id: '9-0' });
    assert.deepEqual(copies(it.page), ['9-0']);
    assert.deepEqual(it.outbox, []);
  });

  // Nothing tells then that the first one is not in the log any more.
  test('behind more than the server sends after a gap: the mark stands between the two', () => {
    const { page, sockets } = open();
    const since = Array.from({ length: newest - 1 }, (_, i) => message(`${10 + i}-0`, 'of others'));
    const again = message('90-0', 'twice');
    for (const event of [{ event: 'gap' }, ...since, again, live('90-0')]) sockets[0].gets(event);
    assert.deepEqual(page.keys.slice(0, 4), ['1-0', '5-0', 'gap-1', '10-0']);
    assert.deepEqual(copies(page), ['5-0', '90-0']);
  });
});
