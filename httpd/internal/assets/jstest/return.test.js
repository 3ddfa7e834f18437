// Ten thousand guests come back after an outage: soon, and spread out.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Connection } from '../static/js/connection.js';
import { chance, Clock, Socket } from './fakes.js';

const second = 1000;
const guests = 10_000;
const open = 50; // milliseconds until a socket is live

class Crowd {
  clock = new Clock(0);
  there = true;
  tell = null; // the close reason of a restart
  asked = []; // times
  opened = [];
  back = [];
  #random = chance(1);
  #sockets = [];

  constructor() {
    for (let i = 0; i < guests; i += 1) this.#guest();
    this.clock.advance(60 * second);
    [this.opened, this.back] = [[], []];
  }

  #guest() {
    const { clock } = this;
    const connection = new Connection({
      clock,
      url: () => 'ws://here/',
      random: this.#random,
      online: () => true,
      hidden: () => false,
      frame() {},
      changed: ({ name }) => { if (name === 'live') this.back.push(clock.now()); },
      ask: (answer) => {
        this.asked.push(clock.now());
        clock.setTimeout(() => answer(this.there), 20);
      },
      open: (...args) => {
        const socket = new Socket(...args);
        this.opened.push(clock.now());
        this.#sockets.push(socket);
        clock.setTimeout(() => {
          if (!this.there) socket.closes(1006);
          else socket.gets({ event: 'live', cursor: '1-0' });
        }, open);
        return socket;
      },
    });
    connection.start();
  }

  // leave ends all sockets.
  leave(reason) {
    this.there = false;
    const sockets = this.#sockets;
    this.#sockets = [];
    for (const socket of sockets) socket.closes(reason ? 1012 : 1006, reason?.());
  }
}

// most is the highest number of times within a second.
function most(times) {
  let first = 0;
  return times.reduce((top, at, i) => {
    while (times[first] <= at - second) first += 1;
    return Math.max(top, i - first + 1);
  }, 0);
}

describe('ten thousand guests after an outage', () => {
  for (const [length, name] of [[60 * second, 'a minute'], [3 * 60 * second, 'three minutes']]) {
    test(`of ${name}: half of them are back within 3 s, and no storm comes`, (t) => {
      const crowd = new Crowd();
      crowd.leave();
      crowd.clock.advance(length);
      assert.equal(crowd.opened.length, 0, 'no socket is opened while the site is away');
      const asked = most(crowd.asked.filter((at) => at > crowd.clock.now() - 20 * second));
      const from = crowd.clock.now();
      crowd.there = true;
      crowd.clock.advance(60 * second);
      const waits = crowd.back.map((at) => at - from);
      t.diagnostic(`median ${waits[guests / 2]} ms, last ${waits.at(-1)} ms, ${most(crowd.opened)} sockets in a second, ${asked} questions in a second`);
      assert.equal(waits.length, guests);
      assert.ok(waits[guests / 2] <= 3 * second);
      assert.ok(waits.at(-1) <= 6 * second);
      assert.equal(crowd.opened.length, guests, 'one socket each');
      assert.ok(most(crowd.opened) <= guests / 2);
      assert.ok(asked <= guests / 2);
    });
  }

  test('of a restart: each comes when the server has asked for it', () => {
    const crowd = new Crowd();
    const random = chance(2);
    const from = crowd.clock.now();
    crowd.leave(() => `retry=${Math.floor(random() * 20 * second)}`);
    crowd.there = true;
    crowd.clock.advance(60 * second);
    assert.equal(crowd.back.length, guests);
    assert.ok(most(crowd.opened) <= guests / 10);
    assert.ok(crowd.back.at(-1) - from >= 19 * second);
  });
});
