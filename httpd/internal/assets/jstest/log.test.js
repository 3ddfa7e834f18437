// Tests of Frames and History, which bring messages to the page.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Frames } from '../static/js/frames.js';
import { History } from '../static/js/history.js';
import { compareIDs, newest } from '../static/js/protocol.js';
import { Timeline } from '../static/js/timeline.js';
import { chance, Page } from './fakes.js';

describe('frames', () => {
  let due;
  let drawn;
  let frames;

  beforeEach(() => {
    [due, drawn] = [[], []];
    frames = new Frames({ soon: (call) => due.push(call), draw: (steps, last) => drawn.push([steps, last]) });
  });

  const frame = () => due.splice(0).forEach((call) => call());

  test('all that comes between two is drawn in one, in order', () => {
    frames.add([1, 2]);
    frames.add([3]);
    frames.want();
    assert.equal(due.length, 1);
    assert.deepEqual(drawn, []);
    frame();
    assert.deepEqual(drawn, [[[1, 2, 3], true]]);
    frame();
    assert.equal(drawn.length, 1);
  });

  test('a frame can be without steps', () => {
    frames.want();
    frame();
    assert.deepEqual(drawn, [[[], true]]);
  });

  test('what is too much for one goes into the next, and nothing overtakes it', () => {
    const steps = Array.from({ length: 250 }, (_, i) => i);
    frames.add(steps);
    frame();
    frames.add([250]);
    frame();
    frame();
    assert.deepEqual(drawn.map(([some, last]) => [some.length, last]), [[100, false], [100, false], [51, true]]);
    assert.deepEqual(drawn.flatMap(([some]) => some), [...steps, 250]);
    assert.deepEqual(due, []);
  });

  test('what is drawn may ask for another', () => {
    const twice = new Frames({ soon: (call) => due.push(call), draw: () => { if (drawn.push(1) === 1) twice.want(); } });
    twice.want();
    frame();
    frame();
    assert.equal(drawn.length, 2);
  });
});

describe('the way back', () => {
  let pages;
  let asked;
  let got;
  let states;

  beforeEach(() => { [pages, asked, got, states] = [[], [], [], []]; });

  const past = (more = true) => new History({
    more,
    async load(before) {
      asked.push(before);
      const page = pages.shift();
      if (page instanceof Error) throw page;
      return page;
    },
    oldest: () => got.at(-1)?.id ?? '9-0',
    loaded: (messages) => got.push(...messages),
    changed: (state) => states.push(state),
  });

  test('goes on until nothing is left', async () => {
    pages = [{ messages: [{ id: '8-0', message: 'a' }], more: true }, { messages: [{ id: '7-0', message: 'b' }], more: false }];
    const way = past();
    await way.near();
    await way.near();
    await way.near();
    assert.deepEqual(asked, ['9-0', '8-0']);
    assert.deepEqual(states, ['loading', 'more', 'loading', 'end']);
    way.offer();
    assert.equal(way.state, 'more');
  });

  test('asks once at a time, unless the guest asks again', async () => {
    pages = [{ messages: [{ id: '8-0', message: 'late' }], more: false }, { messages: [{ id: '8-0', message: 'a' }], more: true }];
    const way = past();
    await Promise.all([way.near(), way.near(), way.back()]);
    assert.deepEqual(asked, ['9-0', '9-0']);
    assert.deepEqual(got, [{ id: '8-0', message: 'a' }]);
    assert.deepEqual(states, ['loading', 'loading', 'more']);
  });

  test('what is given up on changes nothing when it fails', async () => {
    pages = [new Error('hung'), { messages: [], more: false }];
    const way = past();
    await Promise.all([way.near(), way.back()]);
    assert.deepEqual(states, ['loading', 'loading', 'end']);
  });

  test('an offer while it asks is not forgotten', async () => {
    pages = [{ messages: [], more: false }, { messages: [], more: false }];
    const way = past();
    const asking = way.near();
    way.offer();
    await asking;
    assert.equal(way.state, 'more');
    await way.near();
    assert.equal(way.state, 'end');
  });

  test('without more there is nothing to ask for', async () => {
    await past(false).near();
    assert.deepEqual(asked, []);
  });

  test('after a failure only the guest tries again, unless there is reason to hope', async () => {
    pages = [new Error('away'), new Error('still'), { messages: [], more: false }];
    const way = past();
    await way.near();
    await way.near();
    assert.deepEqual(asked, ['9-0']);
    assert.equal(way.state, 'failed');
    await way.back();
    assert.equal(way.state, 'failed');
    way.again();
    await way.near();
    way.again();
    assert.equal(way.state, 'end');
  });

  test('takes only what is a message; an answer that is none is a failure', async () => {
    pages = [{ messages: [null, { id: 'x', message: 'a' }, { id: '1-0' }, { id: '2-0', message: 'b' }], more: 'yes' }, {}];
    const way = past();
    await way.near();
    assert.deepEqual(got, [{ id: '2-0', message: 'b' }]);
    assert.equal(way.state, 'end');
    await way.back();
    assert.equal(way.state, 'failed');
  });
});

// A room's log goes on and is cut, a page is told of gaps and asks for history while
// they come. In the end, going back leads to everything that the log has.
for (let seed = 1; seed <= 200; seed += 1) {
  test(`storm ${seed}: the way back leads to all that a gap has left out`, async () => {
    const random = chance(seed);
    const log = [];
    const append = (n) => {
      for (let i = 0; i < n; i += 1) log.push({ id: `${(log.at(-1) ? Number(log.at(-1).id.split('-')[0]) : 0) + 1}-0`, message: 'x' });
    };
    append(1 + Math.floor(random() * 200));
    const first = log.slice(-newest);
    const timeline = new Timeline(first.map(({ id }) => id), first.at(-1).id);
    const page = new Page(first.map(({ id }) => id));
    const answers = [];
    const past = new History({
      more: log.length > newest,
      // The answer holds what the server knows at the time of the request, and may come late.
      load(before) {
        const older = before === null ? [...log] : log.filter(({ id }) => compareIDs(id, before) < 0);
        return new Promise((done) => answers.push(() => done({ messages: older.slice(-newest), more: older.length > newest })));
      },
      oldest: () => timeline.oldest,
      loaded: (messages) => page.apply(timeline.older(messages)),
      changed() {},
    });
    const settled = () => new Promise((done) => setImmediate(done));
    const tell = (event) => {
      page.apply(timeline.receive(event));
      if (event.event === 'gap') past.offer();
    };
    for (let step = 0; step < 12; step += 1) {
      const draw = random();
      if (draw < 0.35) past.near();
      else if (draw < 0.4) past.back();
      else if (draw < 0.6) {
        answers.shift()?.();
        await settled();
      } else if (draw < 0.8) {
        append(1);
        tell({ event: 'message', ...log.at(-1) });
      } else if (draw < 0.9) {
        page.apply(timeline.trim(newest));
        past.offer();
      } else { // away for long; what it had may not be kept any more
        append(Math.floor(random() * 200));
        if (random() < 0.5) log.splice(0, Math.floor(random() * log.length));
        tell({ event: 'gap' });
        for (const entry of log.slice(-newest)) tell({ event: 'message', ...entry });
        tell({ event: 'live', cursor: log.at(-1).id });
      }
    }
    while (past.state !== 'end' || answers.length > 0) {
      answers.splice(0).forEach((answer) => answer());
      await settled();
      past.near();
    }
    const kept = new Set(log.map(({ id }) => id));
    assert.deepEqual(page.ids.filter((id) => kept.has(id)), [...kept]);
  });
}
