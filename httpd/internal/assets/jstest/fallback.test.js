// Tests of a room where sockets are blocked.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { blocked } from '../static/js/fallback.js';
import { SlowLine } from '../static/js/slow-line.js';
import { chance, Clock } from './fakes.js';
import { Guest } from './guest.js';
import { Server } from './server.js';

const minute = 60 * 1000;

let clock;
let server;
let random;

function begin(seed = 1, faults = {}) {
  random = chance(seed);
  clock = new Clock();
  server = new Server(clock, random, faults);
}

const guest = (name) => new Guest(name, server, clock, random, async () => SlowLine);
const texts = () => server.log.map(({ message }) => message);
const shown = (one) => one.page.keys.map((key) => one.page.texts.get(key));

beforeEach(() => begin());

for (const way of ['refuse', 'swallow']) {
  describe(`sockets that the network blocks: ${way}`, () => {
    test('within a minute it is live, and both ways work', async () => {
      server.blocked = way;
      const ann = guest('Ann');
      ann.say();
      await clock.pass(minute);
      assert.equal(ann.state, 'slow');
      await clock.pass(1000);
      assert.deepEqual(texts(), ['Ann 1']);
      server.append('of somebody else');
      ann.say();
      await clock.pass(minute);
      assert.deepEqual(shown(ann), ['Ann 1', 'of somebody else', 'Ann 2']);
      assert.deepEqual(ann.waiting, []);
      assert.ok(ann.own.has(server.log[0].id) && !ann.own.has(server.log[1].id));
      assert.ok(ann.states.every((state) => ['connecting', 'reconnecting', 'slow'].includes(state)), ann.states.join());
      assert.equal(ann.states.filter((state) => state === 'slow').length, 1, 'attempts in the background are not shown');
    });

    test('a room that was live goes on from its cursor', async () => {
      const ann = guest('Ann');
      await clock.pass(1000);
      ann.say();
      await clock.pass(1000);
      server.blocked = way;
      server.restart();
      for (let i = 0; i < 120; i += 1) server.append(`meanwhile ${i}`);
      while (server.http.length === 0) await clock.pass(250);
      await clock.pass(1000); // it reads page after page, without a pause
      assert.equal(ann.state, 'slow');
      assert.deepEqual(shown(ann), texts());
      assert.equal(server.gaps, 0);
    });

    test('back to the socket when it works, without loss or double', async () => {
      server.blocked = way;
      const ann = guest('Ann');
      await clock.pass(minute);
      assert.equal(ann.state, 'slow');
      for (let i = 0; i < 20; i += 1) {
        if (i === 5) server.blocked = null;
        ann.say();
        server.append(`other ${i}`);
        await clock.pass(5000);
      }
      assert.equal(ann.state, 'live');
      assert.deepEqual(texts().filter((text) => text.startsWith('Ann')), ann.said);
      assert.deepEqual(shown(ann), texts());
      const requests = server.http.length;
      await clock.pass(5 * minute);
      assert.equal(server.http.length, requests, 'the line has stopped');
    });
  });
}

test('while sockets work, nothing is read over HTTP', async () => {
  guest('Ann');
  await clock.pass(5 * minute);
  assert.deepEqual(server.http, []);
});

test('short interruptions do not begin it', async () => {
  guest('Ann');
  for (let i = 0; i < 10; i += 1) {
    await clock.pass(1000);
    server.blocked = 'refuse';
    server.restart();
    await clock.pass(blocked.after / 2);
    server.blocked = null;
    await clock.pass(blocked.after);
  }
  assert.deepEqual(server.http, []);
});

test('it reads every 5 to 10 s, seldom when hidden, at once when the guest comes back', async () => {
  server.blocked = 'refuse';
  const ann = guest('Ann');
  await clock.pass(minute);
  const requests = async (ms) => {
    const before = server.http.length;
    await clock.pass(ms);
    return server.http.length - before;
  };
  const visible = await requests(5 * minute);
  assert.ok(visible >= 29 && visible <= 61, `${visible}`);
  ann.hidden = true;
  await clock.pass(10_000);
  const unseen = await requests(10 * minute);
  assert.ok(unseen >= 9 && unseen <= 21, `${unseen}`);
  ann.hidden = false;
  server.append('new');
  ann.client.now();
  await clock.pass(250);
  assert.deepEqual(shown(ann), ['new']);
});

test('a gap is told of', async () => {
  const ann = guest('Ann');
  await clock.pass(1000);
  ann.say();
  await clock.pass(1000);
  server.blocked = 'refuse';
  server.restart();
  server.log = [];
  for (let i = 0; i < 60; i += 1) server.append(`later ${i}`);
  await clock.pass(minute);
  assert.equal(ann.page.keys.length - ann.page.ids.length, 1);
  assert.deepEqual(ann.page.ids.slice(-50), server.log.slice(-50).map(({ id }) => id));
});

test('a site that is away is not live, and comes back', async () => {
  server.blocked = 'refuse';
  const ann = guest('Ann');
  await clock.pass(minute);
  assert.equal(ann.state, 'slow');
  server.away = true;
  ann.say();
  await clock.pass(2 * minute);
  assert.notEqual(ann.state, 'slow');
  server.http = [];
  await clock.pass(10 * minute);
  assert.ok(server.http.length < 20, `${server.http.length} requests in ten minutes`);
  server.away = false;
  await clock.pass(2 * minute);
  assert.equal(ann.state, 'slow');
  assert.deepEqual(texts(), ['Ann 1']);
});

test('an answer becomes the events of a socket, in their order', async () => {
  const events = [];
  const answers = [
    { messages: [{ id: '5-0', message: 'a' }], more: true, gap: true, removed: ['4-0'] },
    { messages: [{ id: '6-0', message: 'b' }], more: true, gap: false, removed: [] },
    { messages: [{ id: '7-0', message: 'c' }], more: false, gap: false, removed: ['6-0'] },
    { messages: [], more: false, gap: true, removed: [] },
    { messages: 'none' },
  ];
  const line = new SlowLine({
    clock, random, room: '/chat/x/', hidden: () => false, since: () => '3-0', live: (on) => events.push(on), end() {},
    frame: ({ event, id, cursor }) => events.push(`${event} ${id ?? cursor ?? ''}`.trim()),
    fetch: async () => ({ status: 200, json: async () => answers.shift() }),
  });
  line.now();
  await clock.pass(5 * minute);
  line.stop();
  assert.deepEqual(events, [
    'gap', 'message 5-0', 'live 5-0', 'removed 4-0', true,
    'message 6-0', 'message 7-0', 'live 7-0', 'removed 6-0',
    'gap', 'live 0-0', false,
  ]);
});

for (const [status, state] of [[401, 'signedout'], [404, 'noroom']]) {
  test(`status ${status}: ${state}, and no more requests`, async () => {
    server.blocked = 'refuse';
    let requests = 0;
    server.fetch = async () => {
      requests += 1;
      return { status, json: async () => ({ error: '' }) };
    };
    const ann = guest('Ann');
    await clock.pass(5 * minute);
    assert.equal(ann.state, state);
    assert.equal(requests, 1);
  });
}

test('a refusal is that of the wire, and an answer that is none is tried again', async () => {
  server.blocked = 'refuse';
  const { fetch } = server;
  const posts = [];
  const answers = [{ code: 'rate_limited', retry_after: 7 }, null, { code: 'bad_text', retry_after: 0 }];
  server.fetch = (address, options) => {
    if (options.method !== 'POST') return fetch(address, options);
    posts.push([clock.now(), options.body.get('nonce')]);
    return Promise.resolve({ status: 400, json: async () => answers[posts.length - 1] });
  };
  const ann = guest('Ann');
  await clock.pass(minute);
  assert.equal(ann.state, 'slow');
  ann.say();
  await clock.pass(minute);
  assert.equal(posts.length, 3);
  assert.ok(posts[1][0] - posts[0][0] >= 7000 && posts[1][0] - posts[0][0] <= 7500);
  assert.equal(new Set(posts.map(([, nonce]) => nonce)).size, 1);
  assert.deepEqual(ann.waiting.map(({ state, code }) => [state, code]), [['refused', 'bad_text']]);
});

// A socket that comes and goes, requests that are lost, arrive when the page has given them up, or
// whose answers are lost.
for (let seed = 1; seed <= 60; seed += 1) {
  test(`both ways by turns, ${seed}: everything is stored once, in order, and shown once`, async () => {
    begin(seed, { lost: 0.1, cut: 0.2, unavailable: 0.1, late: 0.15, refuse: 0.1, double: 0.3, slow: 0.5 });
    const all = [guest('Ann'), guest('Ben')];
    let slow = 0;
    for (let step = 0; step < 30; step += 1) {
      server.blocked = [null, 'refuse', 'refuse', 'swallow'][Math.floor(random() * 4)];
      if (random() < 0.3) server.restart();
      for (let i = 0; i < 3; i += 1) {
        all[Math.floor(random() * 2)].say();
        await clock.pass(random() * 20_000, 1000);
        slow += all.filter(({ state }) => state === 'slow').length;
      }
    }
    server.faults = {};
    server.blocked = random() < 0.5 ? null : 'refuse';
    await clock.pass(3 * minute, 1000);
    assert.ok(slow > 0, 'the slow line was used');
    for (const one of all) {
      assert.deepEqual(one.waiting, []);
      assert.deepEqual(texts().filter((text) => text.startsWith(`${one.name} `)), one.said);
      assert.deepEqual(one.page.keys, server.log.map(({ id }) => id));
      for (const { id, message } of server.log) assert.equal(one.own.has(id), message.startsWith(`${one.name} `));
    }
    assert.equal(server.gaps, 0);
  });
}
