import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, test } from 'node:test';
import { claim, forget, hasUnsent, outboxStore, ownStore, textStore } from '../static/js/storage.js';
import { answerWithin, mayCancel, mayRepeat, Outbox, resendWithin } from '../static/js/outbox.js';
import { chance, Clock, filler, Storage } from './fakes.js';

let clock;
let storage;
let sent;
let takes;
let stalls;
let fill;

beforeEach(() => {
  clock = new Clock();
  storage = new Storage();
  sent = [];
  takes = true;
  stalls = 0;
  fill = filler(chance(7));
});

function outbox(from = storage, retention = Infinity) {
  return new Outbox({
    kept: outboxStore(from, 'Go Fans'),
    clock,
    time: clock,
    retention,
    fill,
    send(frame) {
      if (takes) sent.push(JSON.parse(frame));
      return takes;
    },
    stalled: () => { stalls += 1; },
    changed() {},
  });
}

const refusal = (nonce, code, retryAfter = 0) => ({ nonce, code, detail: 'because', retryAfter });
const texts = () => sent.map((frame) => frame.message);
const states = (box) => box.entries.map((entry) => `${entry.text}: ${entry.state}`);

describe('sending', () => {
  test('nothing goes out before the socket is live', () => {
    const box = outbox();
    box.say('one');
    assert.deepEqual(texts(), []);
    box.live();
    assert.deepEqual(texts(), ['one']);
  });

  test('one is in flight at a time, and the rest follow in order', () => {
    const box = outbox();
    box.live();
    for (const text of ['one', 'two', 'three']) box.say(text);
    assert.deepEqual(texts(), ['one']);
    box.ack(sent[0].nonce, '1-0');
    assert.deepEqual(texts(), ['one', 'two']);
    box.ack(sent[1].nonce, '2-0');
    assert.deepEqual(texts(), ['one', 'two', 'three']);
  });

  test('a cut socket: the same nonce again, nothing else before it', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.say('two');
    box.down();
    assert.deepEqual(states(box), ['one: waiting', 'two: waiting']);
    box.live();
    assert.deepEqual(texts(), ['one', 'one']);
    assert.equal(sent[0].nonce, sent[1].nonce);
  });

  test('a socket that takes nothing leaves it in line', () => {
    const box = outbox();
    takes = false;
    box.live();
    box.say('one');
    assert.deepEqual(states(box), ['one: waiting']);
  });

  test('what is too long for a frame never goes out', () => {
    const box = outbox();
    box.live();
    box.say('é'.repeat(5000));
    assert.equal(box.entries[0].state, 'refused');
    assert.equal(box.entries[0].code, 'too_long');
    box.say('two');
    assert.deepEqual(texts(), ['two']);
  });

  test('a missing answer makes the socket suspect, once it is overdue', () => {
    const box = outbox();
    box.live();
    box.say('one');
    clock.advance(answerWithin - 1);
    box.say('two'); // what is said meanwhile does not grant it more time
    assert.equal(stalls, 0);
    clock.advance(1);
    assert.equal(stalls, 1);
  });

  test('without a live socket, or after the answer, nothing is overdue', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.down();
    clock.advance(answerWithin * 2);
    box.live();
    box.ack(sent[1].nonce, '1-0');
    clock.advance(answerWithin * 2);
    assert.equal(stalls, 0);
  });
});

describe('what was sent as a form before the scripts ran', () => {
  const form = 'n'.repeat(22);

  test('goes out under the nonce of the form, and cannot be taken back', () => {
    const box = outbox();
    box.say('one', form);
    assert.equal(box.drop(form), undefined);
    box.live();
    assert.deepEqual(sent.map(({ nonce }) => nonce), [form]);
    box.ack(form, '1-0');
    box.say('two');
    assert.notEqual(sent[1].nonce, form);
  });

  test('when the server may have forgotten it, the guest is asked', () => {
    const box = outbox();
    box.live();
    clock.advance(resendWithin + 1);
    box.say('one', form);
    assert.deepEqual(states(box), ['one: ask']);
    assert.deepEqual(sent, []);
  });
});

describe('acknowledgements', () => {
  test('tell the ID, and the entry stays in sight until it lands', () => {
    const box = outbox();
    box.live();
    box.say('one');
    assert.ok(box.ack(sent[0].nonce, '5-0'));
    assert.deepEqual(states(box), ['one: stored']);
    assert.equal(box.entries[0].id, '5-0');
    box.shown('4-0');
    assert.equal(box.entries.length, 1);
    box.shown('5-0');
    assert.equal(box.entries.length, 0);
  });

  test('of others, and the same one again, are not ours', () => {
    const box = outbox();
    box.live();
    box.say('one');
    assert.ok(!box.ack('x'.repeat(22), '5-0'));
    assert.ok(box.ack(sent[0].nonce, '5-0'));
    assert.ok(!box.ack(sent[0].nonce, '5-0'));
  });

  test('a stored one that never came as a message goes with the next live', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.ack(sent[0].nonce, '5-0');
    box.down();
    box.live();
    assert.deepEqual(states(box), []);
    assert.deepEqual(texts(), ['one']);
  });
});

describe('refusals', () => {
  for (const code of ['rate_limited', 'unavailable', 'full']) {
    test(`${code}: tried again when it is time, and nothing overtakes it`, () => {
      const box = outbox();
      box.live();
      box.say('one');
      box.say('two');
      box.refused(refusal(sent[0].nonce, code, 3));
      clock.advance(2999);
      assert.deepEqual(texts(), ['one']);
      clock.advance(1);
      assert.deepEqual(texts(), ['one', 'one']);
      assert.equal(sent[1].nonce, sent[0].nonce);
    });
  }

  test('a server that names no time is not asked again at once', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.refused(refusal(sent[0].nonce, 'unavailable', 0));
    clock.advance(999);
    assert.equal(sent.length, 1);
    clock.advance(1);
    assert.equal(sent.length, 2);
  });

  // What PROTOCOL.md promises for each code.
  const table = readFileSync(new URL('../../../../shared/wire/PROTOCOL.md', import.meta.url), 'utf8');
  for (const [, code, again] of table.matchAll(/^\| `([a-z_]+)` \| (by itself|asks the guest) \|/gm)) {
    test(`${code}: ${again}, as the protocol's table says`, () => {
      const box = outbox();
      box.live();
      box.say('one');
      box.refused(refusal(sent[0].nonce, code, 3));
      clock.advance(10 * 60 * 1000);
      assert.deepEqual(texts(), again === 'by itself' ? ['one', 'one'] : ['one']);
      assert.equal(box.entries[0].state, again === 'by itself' ? 'sent' : 'refused');
    });
  }

  test('muted: the guest keeps the text, knows until when, and decides', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.say('two');
    box.refused(refusal(sent[0].nonce, 'muted', 3600));
    assert.equal(box.entries[0].retryAt, clock.now() + 3600 * 1000);
    assert.deepEqual(texts(), ['one', 'two']);
    box.refused(refusal(sent[1].nonce, 'muted', 3600));
    clock.advance(2 * 3600 * 1000);
    assert.deepEqual(states(outbox()), ['one: refused', 'two: refused']); // also after a reload
    assert.equal(sent.length, 2);
    box.resend(sent[0].nonce);
    assert.equal(sent.length, 3);
  });

  test('full: the guest may take the text back while it waits', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.say('two');
    assert.equal(mayCancel(box.entries[0]), false);
    box.refused(refusal(sent[0].nonce, 'full', 30));
    assert.equal(mayCancel(box.entries[0]), true);
    clock.advance(30 * 1000); // on its way again: it may be stored
    assert.equal(mayCancel(box.entries[0]), false);
    box.down();
    assert.equal(mayCancel(box.entries[0]), false);
    box.live();
    box.refused(refusal(sent[0].nonce, 'full', 30));
    assert.equal(box.drop(sent[0].nonce).text, 'one');
    assert.deepEqual(states(box), ['two: sent']);
  });

  test('others wait for the guest, and the rest goes on', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.say('two');
    box.refused(refusal(sent[0].nonce, 'bad_text'));
    assert.deepEqual(states(box), ['one: refused', 'two: sent']);
    clock.advance(10 * 60 * 1000);
    assert.deepEqual(texts(), ['one', 'two']);
    assert.equal(box.drop(sent[0].nonce).text, 'one');
    assert.deepEqual(states(box), ['two: sent']);
  });

  test('without a nonce it is about the one in flight', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.say('two');
    box.refused(refusal('', 'bad_frame'));
    assert.deepEqual(states(box), ['one: refused', 'two: sent']);
  });

  test('of an unknown nonce changes nothing', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.refused(refusal('x'.repeat(22), 'bad_text'));
    assert.deepEqual(states(box), ['one: sent']);
  });

  test('what has gone out and is in line cannot be dropped: it may be stored already', () => {
    const box = outbox();
    box.live();
    box.say('one');
    assert.equal(box.drop(sent[0].nonce), undefined);
    box.down();
    assert.equal(box.drop(sent[0].nonce), undefined);
    assert.equal(outbox().drop(sent[0].nonce), undefined, 'nor after a reload');
    assert.equal(box.entries.length, 1);
  });

  test('what has never gone out can be taken back, after a reload too', () => {
    const box = outbox();
    box.say('one');
    box.say('two');
    const [one, two] = box.entries;
    assert.equal(box.drop(one.nonce).text, 'one');
    const again = outbox();
    assert.equal(again.drop(two.nonce).text, 'two');
    again.live();
    assert.deepEqual(texts(), []);
  });

  test('a refused one goes again when the guest says so, with its nonce', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.refused(refusal(sent[0].nonce, 'bad_frame'));
    assert.equal(mayRepeat(box.entries[0], clock.now()), true);
    box.resend(sent[0].nonce);
    assert.deepEqual(texts(), ['one', 'one']);
    assert.equal(sent[1].nonce, sent[0].nonce);
  });

  for (const code of ['too_long', 'bad_text', 'empty', 'bad_nonce']) {
    test(`not after ${code}, which would only be refused again`, () => {
      const box = outbox();
      box.live();
      box.say('one');
      box.refused(refusal(sent[0].nonce, code));
      assert.equal(mayRepeat(box.entries[0], clock.now()), false);
      box.resend(sent[0].nonce);
      assert.deepEqual(states(box), ['one: refused']);
      assert.deepEqual(texts(), ['one']);
      assert.equal(box.drop(sent[0].nonce).text, 'one');
    });
  }

  test('a muted guest sends again when the time is over, not before', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.refused(refusal(sent[0].nonce, 'muted', 60));
    clock.advance(60 * 1000 - 1);
    box.resend(sent[0].nonce);
    assert.deepEqual(texts(), ['one']);
    clock.advance(1);
    box.resend(sent[0].nonce);
    assert.deepEqual(texts(), ['one', 'one']);
  });

  test('but one that is too long never goes', () => {
    const box = outbox();
    box.live();
    box.say('é'.repeat(5000));
    box.resend(box.entries[0].nonce);
    assert.deepEqual(texts(), []);
    assert.equal(box.entries[0].state, 'refused');
  });
});

describe('age', () => {
  test('what is older than the server remembers waits for the guest; what is younger goes', () => {
    const box = outbox();
    box.say('old');
    clock.advance(resendWithin - 1000);
    box.say('young');
    clock.advance(2000);
    box.live();
    assert.deepEqual(states(box), ['old: ask', 'young: sent']);
  });

  test('the bound lies inside the hour that the server remembers', () => assert.ok(resendWithin < 60 * 60 * 1000));

  test('it goes when the guest says so, with the nonce it had', () => {
    const box = outbox();
    box.live();
    box.say('old');
    box.down();
    clock.advance(resendWithin + 1);
    box.live();
    assert.deepEqual(texts(), ['old']);
    box.resend(sent[0].nonce);
    assert.deepEqual(texts(), ['old', 'old']);
    assert.equal(sent[1].nonce, sent[0].nonce);
  });

  test('a clock that was set back proves no age', () => {
    const box = outbox();
    box.say('one');
    clock = new Clock(clock.now() - 3 * 60 * 60 * 1000);
    const again = outbox();
    again.live();
    assert.deepEqual(states(again), ['one: ask']);
    assert.deepEqual(texts(), []);
  });
});

describe('a reload', () => {
  test('keeps what is not acknowledged, with its nonce and order', () => {
    const box = outbox();
    box.live();
    for (const text of ['one', 'two', 'three']) box.say(text);
    box.ack(sent[0].nonce, '1-0');
    const again = outbox();
    assert.deepEqual(states(again), ['two: waiting', 'three: waiting']);
    again.live();
    assert.equal(sent.at(-1).nonce, sent[1].nonce);
  });

  test('keeps what waits for the guest', () => {
    const box = outbox();
    box.live();
    box.say('one');
    box.refused(refusal(sent[0].nonce, 'bad_text'));
    const again = outbox();
    again.live();
    assert.deepEqual(states(again), ['one: refused']);
    assert.equal(again.entries[0].code, 'bad_text');
  });

  test('leaves nothing behind when all is said', () => {
    const box = outbox();
    box.live();
    box.say('one');
    assert.ok(hasUnsent(storage));
    box.ack(sent[0].nonce, '1-0');
    assert.equal(storage.length, 0);
  });

  test('a page that comes back out of the history knows what became of its entries', () => {
    const box = outbox();
    box.say('one');
    box.down();
    const later = outbox(); // the same room, further on in the history
    later.live();
    later.ack(sent[0].nonce, '1-0');
    later.say('two');
    box.reload();
    box.down();
    assert.deepEqual(states(box), ['two: waiting']);
    assert.deepEqual(states(outbox()), ['two: waiting']);
  });

  test('a duplicated tab has a copy and sends the same nonce', () => {
    const box = outbox();
    box.say('one');
    const copy = outbox(new Storage(storage));
    box.live();
    copy.live();
    assert.equal(sent.length, 2);
    assert.equal(sent[0].nonce, sent[1].nonce);
  });

  const broken = {
    'not JSON': '{', 'not a list': '{}', 'null': 'null', 'a list of other things': '[null,3,{"nonce":"x"}]',
    'an entry without a text': `[{"nonce":"${'n'.repeat(22)}","at":1}]`,
  };
  for (const [what, text] of Object.entries(broken)) {
    test(`begins anew when it finds ${what}`, () => {
      storage.setItem('chatter.outbox:Go Fans', text);
      assert.deepEqual(outbox().entries, []);
    });
  }

  test('does without a storage that is forbidden or full', () => {
    const throwing = { getItem() { throw new Error('no'); }, setItem() { throw new Error('full'); }, removeItem() { throw new Error('no'); } };
    for (const none of [null, throwing]) {
      const box = outbox(none);
      box.live();
      box.say('one');
      assert.equal(sent.pop().message, 'one');
      assert.ok(!hasUnsent(none));
      forget(none);
    }
  });
});

test('a draft is kept for its room, and a storage that is broken keeps none', () => {
  const draft = textStore(storage, 'draft', 'Go Fans', clock.now);
  assert.equal(draft.load(), '');
  draft.save('half a sen');
  assert.equal(textStore(storage, 'draft', 'Go Fans', clock.now).load(), 'half a sen');
  assert.equal(textStore(storage, 'draft', 'elsewhere', clock.now).load(), '');
  assert.ok(!hasUnsent(storage));
  draft.save('');
  assert.equal(storage.length, 0);
  storage.setItem('chatter.draft:Go Fans', '[3]');
  assert.equal(draft.load(), '');
  textStore(null, 'draft', 'x', clock.now).save('lost');
  assert.equal(textStore(null, 'draft', 'x', clock.now).load(), '');
});

test('own messages are remembered for the tab and forgotten on signing out', () => {
  const own = ownStore(storage, 'Go Fans');
  own.add('5-0');
  assert.ok(ownStore(storage, 'Go Fans').has('5-0'));
  assert.ok(!ownStore(storage, 'elsewhere').has('5-0'));
  ownStore(storage, 'Go Fans').add('6-0');
  assert.ok(!own.has('6-0'));
  own.reload();
  assert.ok(own.has('6-0'));
  storage.setItem('of another', 'script');
  outbox().say('one');
  forget(storage);
  assert.deepEqual(storage.entries(), [['of another', 'script']]);
  textStore(storage, 'seen', 'Go Fans', clock.now).save('5-0'); // as the page goes away
  assert.deepEqual(storage.entries(), [['of another', 'script']]);
});

test('what a tab keeps is one guest\'s, who may sign in anew', () => {
  claim(storage, 'Ann');
  ownStore(storage, 'x').add('5-0');
  storage.setItem('of another page', 'stays');
  claim(storage, 'Ann');
  assert.ok(ownStore(storage, 'x').has('5-0'));
  claim(storage, 'Ben');
  assert.ok(!ownStore(storage, 'x').has('5-0'));
  assert.equal(storage.getItem('of another page'), 'stays');
  assert.doesNotThrow(() => claim(null, 'Ann'));
});
