// What brings a log to the page: frames, and the way back.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Frames } from '../static/js/scroll-view.js';
import { Past } from '../static/js/past.js';

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

  const past = (more = true) => new Past({
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

  test('asks once at a time', async () => {
    pages = [{ messages: [], more: true }];
    const way = past();
    await Promise.all([way.near(), way.near(), way.back()]);
    assert.deepEqual(asked, ['9-0']);
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
