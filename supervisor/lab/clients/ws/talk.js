// Talks Chatter's two protocols with npm's ws. Prints a line for each check that has
// passed and ends with status 1 at the first that has not.
//
//   npm ci && node talk.js http://127.0.0.1:8080 [CHECK…]
//
// "rate limit" needs a site with limits, the other checks one without.

import assert from 'node:assert/strict'
import { Socket, cookieName, nonce, roomPath, signIn, subprotocol, within } from './guest.js'

const join = async (room, since, options = {}) =>
  Socket.open(roomPath(room, since), { cookie: await signIn('Wanda Ws'), ...options })

// enter joins a room, with all of its log that since asks for, and waits until it is live.
async function enter(room, since = '0') {
  const socket = await join(room, since)
  const before = []
  for (;;) {
    const frame = await socket.next()
    if (frame.event === 'live') return { socket, before, cursor: frame.cursor }
    before.push(frame)
  }
}

const closes = async (path, options) => {
  const { code } = await within(new Socket(path, options).closed, 'a close')
  return code
}

const messages = frames => frames.map(f => f.message)

const checks = {
  async handshake() {
    const { socket, before, cursor } = await enter('ws handshake')
    assert.equal(socket.ws.protocol, subprotocol)
    assert.equal(socket.ws.extensions, '', 'ws offers compression; wsd takes none')
    assert.deepEqual({ before, cursor }, { before: [], cursor: '0-0' })
  },

  async say() {
    const room = 'ws ? say / é'.replace('/', '%') // what a path has to escape
    const { socket: a } = await enter(room)
    const { socket: b } = await enter(room)
    const id = await a.said('hello')
    assert.match(id, /^\d+-\d+$/)
    assert.equal(await b.text(), `{"event":"message","id":"${id}","message":"hello"}`)
    const next = await b.said('hello yourself')
    assert.equal((await a.next()).id, next, 'b has no ack of what a said in between')
  },

  async text() {
    const { socket: a } = await enter('ws text')
    for (const text of ['<script>alert(1)</script> & "more"', '👩‍🚀 🍵', 'مرحبا بالعالم', 'two\nlines\tand a tab', 'ä'.repeat(2000)]) {
      await a.said(text)
    }
  },

  async retry() {
    const { socket: a } = await enter('ws retry')
    const n = nonce()
    const id = await a.said('once', n)
    const { socket: again, before } = await enter('ws retry')
    assert.deepEqual(before.map(f => f.id), [id])
    again.say('once', n)
    assert.deepEqual(await again.next(), { event: 'ack', nonce: n, id })
    const later = await again.said('later')
    assert.equal((await a.next()).id, later, 'what was sent again is not said again')
  },

  async refused() {
    const { socket: a } = await enter('ws refused')
    const n = nonce()
    const say = more => ({ command: 'new_message', message: 'x', nonce: n, ...more })
    for (const [frame, code, of] of [
      [say({ message: '' }), 'empty', n],
      [say({ message: 'x'.repeat(2001) }), 'too_long', n],
      [say({ message: 'a\0b' }), 'bad_text', n],
      [`{"command":"new_message","message":"\\ud800","nonce":"${n}"}`, 'bad_text', n],
      [say({ nonce: 'short' }), 'bad_nonce', ''],
      [say({ nonce: undefined }), 'bad_nonce', ''],
      [say({ command: 'dance' }), 'bad_frame', undefined],
      ['{"command":', 'bad_frame', ''],
      ['[]', 'bad_frame', ''],
      [Buffer.from('{}'), 'bad_frame', ''],
    ]) {
      a.send(frame)
      const got = await a.next()
      assert.deepEqual([got.event, got.code, got.retry_after], ['refused', code, 0], String(frame))
      assert.ok(got.detail)
      if (of !== undefined) assert.equal(got.nonce, of, String(frame))
    }
    await a.said('still here')
  },

  async 'rate limit'() {
    const { socket: a } = await enter('ws flood')
    const sent = Array.from({ length: 60 }, (_, i) => a.say(`flood ${i}`))
    const answers = []
    while (answers.length < sent.length) {
      const frame = await a.next()
      if (frame.event !== 'message') answers.push(frame)
    }
    const refused = answers.filter(f => f.event === 'refused')
    assert.ok(refused.length > 0 && refused.length < sent.length, `${refused.length} refused`)
    for (const r of refused) {
      assert.equal(r.code, 'rate_limited')
      assert.ok(r.retry_after >= 1 && sent.includes(r.nonce))
    }
  },

  async resume() {
    const { socket: a } = await enter('ws resume')
    const { socket: b } = await enter('ws resume')
    const last = await a.said('seen')
    assert.equal((await b.next()).id, last)
    await b.close()
    for (const text of ['one', 'two', 'three']) await a.said(text)
    const { before, cursor } = await enter('ws resume', last)
    assert.deepEqual(messages(before), ['one', 'two', 'three'])
    assert.equal(cursor, before.at(-1).id)
    const nothing = await enter('ws resume', cursor)
    assert.deepEqual(nothing.before, [])
  },

  async gap() {
    const { socket: a } = await enter('ws gap')
    await a.said('one')
    await a.said('two')
    for (const since of [`${Date.now()}-999`, '99999999999999-0', 'nonsense']) {
      const { before } = await enter('ws gap', since)
      assert.deepEqual(before.map(f => f.message ?? f), [{ event: 'gap' }, 'one', 'two'], since)
    }
    for (const since of ['0', '1-1']) {
      const { before } = await enter('ws gap', since)
      assert.deepEqual(messages(before), ['one', 'two'], 'no gap for an empty page, nor for an expired cursor')
    }
  },

  async 'close 4401'() {
    for (const cookie of [undefined, `${cookieName}=forged.forged`]) {
      assert.equal(await closes(roomPath('ws'), { cookie }), 4401)
      assert.equal(await closes('/ws/index/', { cookie }), 4401)
      assert.equal(await closes(roomPath('ws'), { cookie, classic: true }), 4401)
    }
  },

  async 'close 4404'() {
    const cookie = await signIn('Wanda Ws')
    for (const room of ['a/b', 'x'.repeat(26), 'a\u0007b', ' ']) {
      assert.equal(await closes(roomPath(room), { cookie }), 4404, room)
      assert.equal(await closes(roomPath(room), { cookie, classic: true }), 4404, room)
    }
  },

  async 'close 1009'() {
    const { socket: a } = await enter('ws big')
    const { socket: b } = await enter('ws big')
    a.send(' '.repeat(65 * 1024))
    assert.equal((await within(a.closed, 'a close')).code, 1009)
    await b.said('nobody else notices')
  },

  async fragments() {
    const { socket: a } = await enter('ws fragments')
    const n = nonce()
    const text = JSON.stringify({ command: 'new_message', message: 'in parts', nonce: n })
    for (const [i, c] of [...text].entries()) a.ws.send(c, { fin: i === text.length - 1, binary: false })
    const frames = await a.take(2)
    assert.deepEqual(frames.find(f => f.event === 'message').message, 'in parts')
  },

  async ping() {
    const { socket: a } = await enter('ws ping')
    const pong = new Promise(done => a.ws.on('pong', data => done(data.toString())))
    a.ws.ping('are you there')
    assert.equal(await within(pong, 'a pong'), 'are you there')
  },

  async goodbye() {
    const { socket: a } = await enter('ws goodbye')
    assert.equal((await a.close()).code, 1000)
  },

  async classic() {
    const { socket: events } = await enter('ws classic')
    await events.said('before anybody came')
    const classic = await join('ws classic', undefined, { classic: true })
    assert.equal(classic.ws.protocol, '')
    classic.send({ command: 'new_message', message: 'hi' })
    classic.send({ message: 'hi again' })
    classic.send('{"command":') // refused, which this protocol has no word for
    const heard = await classic.take(2)
    assert.deepEqual(messages(heard), ['hi', 'hi again'], 'from the moment it joins, and no acks')
    assert.deepEqual(await events.take(2), heard, 'the same for both protocols')
    const id = await events.said('and back')
    assert.equal(await classic.text(), `{"event":"message","id":"${id}","message":"and back"}`)
  },

  async 'classic resume'() {
    const { socket: events } = await enter('ws classic resume')
    const first = await events.said('one')
    await events.said('two')
    const all = await join('ws classic resume', '0', { classic: true })
    assert.deepEqual(messages(await all.take(2)), ['one', 'two'])
    const later = await join('ws classic resume', first, { classic: true })
    assert.equal((await later.next()).message, 'two')
    await events.said('three')
    for (const socket of [all, later]) assert.equal((await socket.next()).message, 'three')
  },

  async index() {
    const socket = await Socket.open('/ws/index/', { cookie: await signIn('Wanda Ws') })
    const frame = await socket.next()
    assert.equal(frame.event, 'recent')
    assert.ok(Array.isArray(frame.users) && Array.isArray(frame.rooms))
  },
}

for (const name of process.argv.length > 3 ? process.argv.slice(3) : Object.keys(checks)) {
  try {
    await checks[name]()
  } catch (err) {
    console.error(`FAILED ${name}: ${err.stack}`)
    process.exit(1)
  }
  console.log(`ok ${name}`)
}
process.exit(0) // with the sockets that are still open
