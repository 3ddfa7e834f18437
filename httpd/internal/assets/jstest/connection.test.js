import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { steady } from '../static/js/backoff.js';
import { limits, Connection } from '../static/js/connection.js';
import { ask, steadyTime, watchSleep } from '../static/js/browser.js';
import { askFrame } from '../static/js/protocol.js';
import { Clock, Socket } from './fakes.js';

let clock;
let sockets;
let frames;
let states;
let online;
let cursor;
let luck;
let throws;
let plain;
let there; // what the site answers; null: nothing
let asked;
let hidden;

beforeEach(() => {
  clock = new Clock();
  [sockets, frames, states] = [[], [], []];
  [online, cursor, luck, throws, plain] = [true, '0', 0, false, false];
  [there, asked, hidden] = [true, 0, false];
});

function connect() {
  const connection = new Connection({
    url: () => `ws://here/ws/chat/x/?since=${cursor}`,
    open(url, protocols) {
      if (throws) throw new Error('forbidden');
      sockets.push(new Socket(url, protocols));
      return sockets.at(-1);
    },
    clock,
    random: () => luck,
    online: () => online,
    hidden: () => hidden,
    ask(answer) {
      asked += 1;
      if (there !== null) answer(there);
    },
    frame: (event) => frames.push(event),
    changed: (state) => states.push(state.name),
    plain,
  });
  connection.start();
  return connection;
}

const last = () => sockets.at(-1);
const live = { event: 'live', cursor: '1-0' };

function goLive() {
  const connection = connect();
  last().opens();
  last().gets(live);
  return connection;
}

// delay returns after how long the next attempt is made.
function delay() {
  const before = sockets.length;
  for (let ms = 0; ms <= 200_000; ms += 50) {
    if (sockets.length > before) return ms;
    clock.advance(50);
  }
  return Infinity;
}

describe('becoming live', () => {
  test('asks for the protocol and from the cursor on', () => {
    cursor = '7-1';
    connect();
    assert.equal(last().url, 'ws://here/ws/chat/x/?since=7-1');
    assert.deepEqual(last().protocols, ['chatter.v1']);
    assert.deepEqual(states, ['connecting']);
  });

  test('only the live event makes it live', () => {
    const connection = connect();
    last().opens();
    last().gets({ event: 'message', id: '1-0', message: 'x' });
    assert.equal(connection.state.name, 'connecting');
    assert.ok(!connection.send('x'));
    last().gets(live);
    assert.equal(connection.state.name, 'live');
    assert.deepEqual(frames.map((frame) => frame.event), ['message', 'live']);
    assert.ok(connection.send('x'));
    assert.deepEqual(last().sent, ['x']);
  });

  test('a plain socket is live once it is open', () => {
    plain = true;
    const connection = connect();
    last().opens();
    clock.advance(limits.connect * 2);
    assert.equal(connection.state.name, 'live');
    assert.equal(sockets.length, 1);
  });

  test('a broken frame harms nothing', () => {
    const connection = goLive();
    last().gets('{');
    assert.equal(connection.state.name, 'live');
    assert.equal(frames.at(-1).event, 'ignored');
  });

  test('a closing socket takes nothing', () => {
    const connection = goLive();
    last().readyState = 2;
    assert.ok(!connection.send('x'));
  });
});

describe('after a cut', () => {
  test('it waits longer each time, up to the cap, with chance in it', () => {
    const delays = (value, down) => {
      luck = value;
      clock = new Clock();
      connect();
      clock.advance(1);
      clock.sleep(down);
      return Array.from({ length: 9 }, () => {
        last().closes(1006);
        return delay();
      });
    };
    const long = 10 * 60 * 1000;
    assert.deepEqual(delays(0, long), [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    assert.deepEqual(delays(0.999999, long), [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    assert.deepEqual(delays(0.999999, 0), [500, 1000, 2000, 2500, 2500, 2500, 2500, 2500, 2500]);
  });

  test('for the time of a restart it never waits long; then it does', () => {
    luck = 0.999999;
    goLive();
    clock.advance(steady);
    const begun = clock.now();
    const delays = [];
    while (delays.at(-1) !== 30_000) {
      last().closes(1006);
      delays.push(delay());
      if (delays.at(-1) <= 2500) assert.ok(clock.now() - begun < 35_000, 'not for ever');
    }
    assert.deepEqual(delays.slice(-4), [4000, 8000, 16000, 30000]);
    assert.ok(delays.slice(0, -4).every((ms) => ms <= 2500));
  });

  test('says when it tries again, and takes the cursor of that moment', () => {
    const connection = goLive();
    last().closes(1006);
    assert.deepEqual(connection.state, { name: 'reconnecting', at: clock.now() + 250, requested: false, restart: false });
    cursor = '9-0';
    clock.advance(250);
    assert.match(last().url, /since=9-0$/);
    assert.deepEqual(states, ['connecting', 'live', 'reconnecting', 'connecting']);
  });

  test('a server that drops everybody at once is not besieged', () => {
    goLive();
    const delays = Array.from({ length: 4 }, () => {
      last().closes(1006);
      const ms = delay();
      last().opens();
      last().gets(live);
      return ms;
    });
    assert.deepEqual(delays, [250, 500, 1000, 1250]);
    clock.advance(steady);
    last().closes(1006);
    assert.equal(delay(), 250);
  });

  test('a server that says goodbye was well: the back-off begins anew', () => {
    goLive();
    for (let i = 0; i < 3; i += 1) {
      last().closes(1006);
      delay();
    }
    last().opens();
    last().gets(live);
    last().closes(1012, 'retry=50');
    delay();
    last().closes(1006);
    assert.equal(delay(), 250);
  });

  test('a wait that the server asks for is no failure', () => {
    connect();
    for (let i = 0; i < 5; i += 1) {
      last().closes(1012, 'retry=50');
      assert.equal(delay(), 50);
    }
    last().closes(1006);
    assert.equal(delay(), 250);
  });

  test('a server that cannot do its work is asked less and less often, and never too soon', () => {
    connect();
    const delays = [];
    for (let i = 0; i < 5; i += 1) {
      last().closes(1013, 'retry=600');
      delays.push(delay());
    }
    assert.deepEqual(delays, [600, 600, 1000, 1250, 1250]); // more after half a minute
    goLive();
    last().closes(1013, 'retry=100');
    assert.equal(delay(), 250);
  });

  for (const code of [1012, 1013, 1001]) {
    test(`${code}: the delay that the server chose`, () => {
      goLive();
      last().closes(code, 'retry=4200');
      assert.equal(delay(), 4200);
    });
  }

  test('a restart is told from a cut', () => {
    const connection = goLive();
    last().closes(1012, 'retry=500');
    assert.ok(connection.state.restart);
    clock.advance(500);
    last().closes(1006);
    assert.ok(connection.state.restart);
    clock.advance(limits.restart);
    last().closes(1006);
    assert.ok(!connection.state.restart, 'it takes too long to be one');
  });

  test('a delay beyond reason is cut short', () => {
    goLive();
    last().closes(1012, 'retry=99999999');
    assert.equal(delay(), 120_000);
  });

  test('4408: at once, but not in a circle', () => {
    goLive();
    last().closes(4408);
    clock.advance(0);
    assert.equal(sockets.length, 2);
    last().opens();
    last().closes(4408);
    assert.ok(delay() > 0);
  });

  test('a socket that may not be made is tried again', () => {
    throws = true;
    const connection = connect();
    assert.equal(connection.state.name, 'reconnecting');
    throws = false;
    assert.equal(delay(), 250);
  });

  for (const [code, name] of [[4401, 'signedout'], [4404, 'noroom']]) {
    test(`${code}: ${name}, and no more attempts`, () => {
      const connection = goLive();
      last().closes(code, 'retry=1');
      assert.equal(connection.state.name, name);
      assert.equal(delay(), Infinity);
      for (const call of ['online', 'offline', 'wake', 'check', 'reopen']) connection[call]();
      assert.equal(connection.state.name, name);
      assert.equal(sockets.length, 1);
    });
  }
});

describe('the watchdog', () => {
  test('gives up an attempt without progress', () => {
    const connection = connect();
    const first = last();
    clock.advance(limits.connect);
    assert.equal(connection.state.name, 'reconnecting');
    assert.equal(first.readyState, 3);
  });

  test('each sign of progress grants more time', () => {
    const connection = connect();
    clock.advance(limits.connect - 1);
    last().opens();
    clock.advance(limits.connect - 1);
    last().gets({ event: 'message', id: '1-0', message: 'x' });
    clock.advance(limits.connect - 1);
    assert.equal(connection.state.name, 'connecting');
    clock.advance(1);
    assert.equal(connection.state.name, 'reconnecting');
  });

  test('a silent room is no reason to give up: asked, the server answers', () => {
    const connection = goLive();
    for (let i = 1; i <= 60; i += 1) {
      clock.advance(limits.quiet + 1);
      connection.check();
      assert.deepEqual(last().sent, Array(i).fill(askFrame));
      clock.advance(limits.answer - 1);
      last().gets({ event: 'refused', nonce: JSON.parse(askFrame).nonce, code: 'empty' });
    }
    clock.advance(limits.answer);
    assert.deepEqual(states, ['connecting', 'live']);
    assert.equal(sockets.length, 1);
  });

  test('a network that has gone without a word is found out', () => {
    const connection = goLive();
    cursor = '5-0';
    clock.advance(limits.quiet + 1);
    connection.check();
    clock.advance(limits.answer - 1);
    assert.equal(connection.state.name, 'live');
    clock.advance(1);
    assert.equal(connection.state.name, 'connecting');
    assert.equal(sockets[0].readyState, 3);
    assert.match(last().url, /since=5-0$/);
  });

  test('a socket that is closing is not asked, and does not stay', () => {
    const connection = goLive();
    clock.advance(limits.quiet + 1);
    last().readyState = 2;
    connection.check();
    assert.deepEqual(last().sent, []);
    clock.advance(limits.answer);
    assert.equal(sockets.length, 2);
  });

  test('while somebody talks, or there is no socket, nobody is asked', () => {
    const connection = goLive();
    for (let i = 0; i < 10; i += 1) {
      clock.advance(limits.quiet);
      connection.check();
      last().gets({ event: 'message', id: `${i + 2}-0`, message: 'x' });
    }
    assert.deepEqual(last().sent, []);
    last().closes(1012, 'retry=100000');
    clock.advance(limits.quiet + 1);
    connection.check();
    clock.advance(limits.answer);
    assert.equal(sockets.length, 1);
  });

  test('a socket that was given up is not listened to', () => {
    const connection = connect();
    const first = last();
    clock.advance(limits.connect);
    first.opens();
    first.gets(live);
    first.closes(4401);
    assert.equal(connection.state.name, 'reconnecting');
    assert.deepEqual(frames, []);
  });
});

describe('what the browser says', () => {
  test('online: at once, also in place of a socket that seems to live', () => {
    const connection = goLive();
    last().closes(1012, 'retry=60000');
    connection.online();
    assert.equal(sockets.length, 2);
    last().opens();
    last().gets(live);
    connection.online();
    assert.equal(sockets.length, 3);
    assert.equal(sockets[1].readyState, 3);
  });

  test('offline: said at once; a browser that errs is found out', () => {
    const connection = goLive();
    online = false;
    connection.offline();
    assert.equal(connection.state.name, 'offline');
    assert.equal(delay(), 250);
    last().opens();
    last().gets(live);
    assert.equal(connection.state.name, 'live');
  });

  test('looked at again soon: the socket is kept', () => {
    const connection = goLive();
    clock.advance(limits.quiet);
    connection.wake();
    assert.equal(sockets.length, 1);
  });

  test('looked at again after a long silence: a new socket from the cursor on', () => {
    const connection = goLive();
    cursor = '5-0';
    clock.advance(limits.quiet + 1);
    connection.wake();
    assert.equal(sockets.length, 2);
    assert.match(last().url, /since=5-0$/);
  });

  test('looked at while waiting: now, unless the server chose the delay', () => {
    const connection = goLive();
    last().closes(1006);
    connection.wake();
    assert.equal(sockets.length, 2);
    last().closes(1012, 'retry=9000');
    connection.wake();
    assert.equal(sockets.length, 2);
    assert.equal(delay(), 9000);
  });

  test('hidden in the history: no socket; shown again: from the cursor on', () => {
    const connection = goLive();
    connection.pause();
    assert.equal(sockets[0].readyState, 3);
    assert.equal(delay(), Infinity);
    connection.start();
    connection.start();
    assert.equal(sockets.length, 2);
  });
});

describe('whether the site is there', () => {
  test('a page that has just come does not ask', () => {
    connect();
    assert.deepEqual([sockets.length, asked], [1, 0]);
  });

  test('later attempts ask, and open no socket while it is away', () => {
    goLive();
    there = false;
    last().closes(1006);
    clock.advance(5 * 60 * 1000);
    assert.equal(sockets.length, 1);
    assert.ok(asked > 5 * 60 / 5, `${asked}`);
    there = true;
    const before = clock.now();
    while (sockets.length === 1) clock.advance(50);
    assert.ok(clock.now() - before <= 5000);
  });

  test('without an answer the attempt fails, and a late answer does nothing', () => {
    goLive();
    there = null;
    let answer;
    const connection = new Connection({
      url: () => 'ws://here/', open: (...args) => { sockets.push(new Socket(...args)); return sockets.at(-1); }, clock,
      ask: (call) => { answer = call; }, random: () => 0, online: () => true, hidden: () => false, frame() {}, changed() {},
    });
    connection.start();
    last().closes(1006);
    clock.advance(250);
    assert.equal(connection.state.name, 'connecting');
    clock.advance(limits.connect);
    assert.equal(connection.state.name, 'reconnecting');
    const count = sockets.length;
    answer(true);
    assert.equal(sockets.length, count);
  });

  test('it is asked seldom by a page that nobody sees, and while sockets fail', () => {
    luck = 0.999999;
    const inTenMinutes = () => {
      const before = asked;
      clock.advance(10 * 60 * 1000);
      return asked - before;
    };
    goLive();
    last().closes(1006);
    hidden = true;
    there = false;
    clock.advance(60 * 1000);
    assert.equal(inTenMinutes(), 20);
    hidden = false;
    clock.advance(60 * 1000);
    assert.equal(inTenMinutes(), 120);
    there = true;
    throws = true;
    clock.advance(2 * 60 * 1000);
    assert.equal(inTenMinutes(), 20);
  });
});

describe('what the guest does', () => {
  test('counts as now, at most every few seconds', () => {
    const connection = goLive();
    connection.now();
    assert.deepEqual([sockets.length, asked], [1, 0]);
    luck = 0.999999;
    there = false;
    last().closes(1006);
    clock.advance(60 * 1000);
    const before = asked;
    for (let i = 0; i < 100; i += 1) {
      connection.now();
      clock.advance(10);
    }
    assert.ok(asked - before <= 2, `${asked - before} in a second`);
    clock.advance(limits.hurry);
    there = true;
    while (connection.state.name !== 'reconnecting') clock.advance(50);
    connection.now();
    assert.equal(connection.state.name, 'connecting');
    assert.equal(sockets.length, 2);
    connection.now();
    assert.equal(sockets.length, 2, 'an attempt is under way');
  });

  test('does not shorten a delay that the server chose', () => {
    const connection = goLive();
    last().closes(1012, 'retry=9000');
    connection.now();
    assert.equal(sockets.length, 1);
    assert.equal(delay(), 9000);
  });
});

test('sleep is noticed, background throttling is not taken for it', () => {
  const slept = [];
  watchSleep(clock, (so) => slept.push(so));
  clock.advance(60 * 1000);
  assert.deepEqual(slept, [false, false, false, false]);
  clock.sleep(60 * 1000);
  clock.advance(60 * 1000);
  assert.ok(!slept.includes(true));
  clock.sleep(60 * 60 * 1000);
  assert.deepEqual(slept.filter(Boolean), [true]);
});

test('the question is answered by the status of nginx', async () => {
  const real = globalThis.fetch;
  try {
    for (const [status, want] of [[204, true], [404, true], [403, true], [429, true], [502, false], [503, false], [504, false], [null, false]]) {
      globalThis.fetch = async () => {
        if (status === null) throw new TypeError('no network');
        return { status };
      };
      const answers = [];
      await ask((there) => answers.push(there));
      assert.deepEqual(answers, [want], `${status}`);
    }
  } finally {
    globalThis.fetch = real;
  }
});

describe('the time that waits are measured with', () => {
  const day = 24 * 60 * 60 * 1000;
  const [realDate, realPerformance] = [Date.now, performance.now];
  let wall;
  let steady;

  // It takes steps of [wall, steady] in milliseconds and returns how far it went in each.
  const steps = (list) => {
    [wall, steady] = [1_700_000_000_000, 500];
    [Date.now, performance.now] = [() => wall, () => steady];
    try {
      const now = steadyTime();
      assert.equal(now(), wall);
      return list.map(([byWall, bySteady]) => {
        const before = now();
        wall += byWall;
        steady += bySteady;
        return now() - before;
      });
    } finally {
      [Date.now, performance.now] = [realDate, realPerformance];
    }
  };

  test('goes on when the clock is set back', () => assert.deepEqual(steps([[100, 100], [-day, 100], [100, 100]]), [100, 100, 100]));
  test('has the time of a sleep', () => assert.deepEqual(steps([[3_600_000, 0], [3_600_000, 3_600_000]]), [3_600_000, 3_600_000]));
  test('is not moved by the steps of coarse clocks', () => {
    assert.equal(steps(Array.from({ length: 1000 }, (_, i) => [i % 2 ? 200 : 0, 100])).reduce((a, b) => a + b), 100_000);
  });
});
