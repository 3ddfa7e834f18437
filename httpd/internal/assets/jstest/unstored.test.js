// The state must not be "live" alone while the server can store nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RoomClient } from '../static/js/room-client.js';
import { Clock, clientOptions, Storage } from './fakes.js';

const message = (id) => ({ event: 'message', id, message: 'x' });
const live = { event: 'live', cursor: '1-0' };

// open is a live page that notes the states that it shows.
function open() {
  const clock = new Clock();
  const sockets = [];
  const it = { clock, sockets, states: [] };
  it.client = new RoomClient({
    ...clientOptions({ clock, sockets, storage: new Storage(), ids: ['1-0'] }),
  });
  it.client.connect({
    log() {}, own() {}, outbox() {}, older() {},
    state({ name, code }) {
      const shown = name + (code ? ` ${code}` : '');
      if (it.states.at(-1) !== shown) it.states.push(shown);
    },
  });
  it.client.connection.start();
  sockets[0].opens();
  sockets[0].gets(live);
  it.states = [];
  it.refuse = (code) => {
    const { nonce } = JSON.parse(sockets.at(-1).sent.at(-1));
    sockets.at(-1).gets({ event: 'refused', nonce, code, detail: '', retry_after: 2 });
  };
  return it;
}

for (const code of ['unavailable', 'full']) {
  test(`${code}: the state says so until the message is stored`, () => {
    const { client, clock, sockets: [socket], states, refuse } = open();
    client.say('one');
    refuse(code);
    assert.deepEqual(states, [`live ${code}`]);
    clock.advance(2000); // sent again
    refuse(code);
    assert.deepEqual(states, [`live ${code}`]);
    clock.advance(2000);
    socket.gets({ event: 'ack', nonce: JSON.parse(socket.sent.at(-1)).nonce, id: '2-0' });
    assert.deepEqual(states, [`live ${code}`, 'live']);
  });

  test(`${code}: a message of another guest that is stored ends it`, () => {
    const { client, sockets: [socket], states, refuse } = open();
    client.say('one');
    refuse(code);
    socket.gets(message('2-0'));
    assert.deepEqual(states, [`live ${code}`, 'live']);
  });

  test(`${code}: a new socket says so while the message waits, not afterwards`, () => {
    const { client, clock, sockets, states, refuse } = open();
    client.say('one');
    refuse(code);
    sockets[0].closes(1012, 'retry=10');
    clock.advance(10);
    sockets[1].opens();
    sockets[1].gets(message('1-0')); // an old one
    sockets[1].gets(live);
    assert.deepEqual(states.slice(-2), ['connecting', `live ${code}`]);
    clock.advance(2000);
    sockets[1].gets({ event: 'ack', nonce: JSON.parse(sockets[1].sent.at(-1)).nonce, id: '2-0' });
    sockets[1].closes(1012, 'retry=10');
    clock.advance(10);
    sockets[2].opens();
    sockets[2].gets(live);
    assert.equal(states.at(-1), 'live');
  });
}

test('taking the message back does not end it', () => {
  const { client, sockets: [socket], states, refuse } = open();
  client.say('one');
  refuse('full');
  assert.equal(client.drop(JSON.parse(socket.sent[0]).nonce).text, 'one');
  assert.deepEqual(states, ['live full']);
});

test('other refusals say nothing about the storage', () => {
  const { client, states, refuse } = open();
  for (const code of ['rate_limited', 'bad_text', 'muted']) {
    client.say(code);
    refuse(code);
  }
  assert.deepEqual(states, []);
});
