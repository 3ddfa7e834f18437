// Storms: guests with the page's own wiring against a model of the server, with
// cuts, losses, refusals, late and doubled acks, reloads and silent sockets
// drawn from a seed. What a failing seed did can be run again alone:
//   STORM_SEED=17 node --test httpd/internal/web/jstest/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance, Clock } from './fakes.js';
import { Guest } from './guest.js';
import { Server } from './server.js';

const only = process.env.STORM_SEED;
const seeds = only ? [Number(only)] : Array.from({ length: 400 }, (_, i) => i + 1);

const faults = {
  silent: 0.1, refuse: 0.15, lost: 0.1, cut: 0.15, rate_limited: 0.1, unavailable: 0.05, full: 0.05, double: 0.3, slow: 0.5, again: 0.1,
};

function storm(seed, { guests = 3, steps = 60, goBack = false } = {}) {
  const random = chance(seed);
  const clock = new Clock();
  const server = new Server(clock, random, { ...faults });
  const all = Array.from({ length: guests }, (_, i) => new Guest(`guest${i}`, server, clock, random));
  const someone = () => all[Math.floor(random() * guests)];
  for (let step = 0; step < steps; step += 1) {
    clock.advance(random() * random() * 3000);
    const draw = random();
    if (draw < 0.6) someone().say();
    else if (draw < 0.7) someone().reload();
    else if (draw < 0.8) someone().client.connection.wake();
    else if (draw < 0.9) server.restart();
    else if (draw < 0.93) clock.sleep(random() * 60_000);
    else if (goBack) server.goBack(1 + Math.floor(random() * 5));
  }
  server.faults = {};
  if (random() < 0.5) server.silence();
  for (let i = 0; i < 3; i += 1) server.append('of somebody else');
  clock.advance(5 * 60 * 1000);
  return { server, all };
}

const inLog = (server, guest) => server.log.map(({ message }) => message).filter((text) => text.startsWith(`${guest.name} `));

for (const seed of seeds) {
  test(`storm ${seed}: everything said is stored once, in the order it was said, and shown once, in the log's`, () => {
    const { server, all } = storm(seed);
    const ids = server.log.map(({ id }) => id);
    for (const guest of all) {
      assert.equal(guest.state, 'live');
      assert.deepEqual(inLog(server, guest), guest.said);
      assert.deepEqual(guest.waiting, [], 'the outbox is empty');
      assert.deepEqual(guest.page.keys, ids.slice(ids.indexOf(guest.page.keys[0])), 'the page shows the log, without a gap');
      for (const { id, message } of server.log) {
        assert.equal(guest.own.has(id), message.startsWith(`${guest.name} `), `own mark of ${message}`);
      }
    }
    assert.equal(server.gaps, 0);
  });

  test(`storm ${seed} with a log that goes back in time: pages show what it has, once, and say where it broke`, () => {
    const { server, all } = storm(seed, { goBack: true });
    const ids = server.log.map(({ id }) => id);
    let marks = 0;
    for (const guest of all) {
      assert.equal(guest.state, 'live');
      assert.deepEqual(guest.waiting, []);
      assert.deepEqual(guest.page.ids, ids.slice(ids.indexOf(guest.page.ids[0])));
      const kept = inLog(server, guest);
      assert.deepEqual(kept, guest.said.filter((text) => kept.includes(text)), 'nothing twice, nothing out of order');
      marks += guest.page.keys.length - guest.page.ids.length;
    }
    assert.ok(marks <= server.gaps);
  });
}
