// A guest has a session, and sockets whose frames a test reads one by one.

import { randomBytes } from 'node:crypto'
import WebSocket from 'ws'

export const subprotocol = 'chatter.v1'

// Nothing here takes this long unless it never comes.
const patience = 120_000

const [site] = process.argv.slice(2)
if (!site) throw new Error('usage: node talk.js http://HOST:PORT')

const { port } = new URL(site)
export const cookieName = port ? `chatter-${port}` : 'chatter'

// signIn signs in as a browser does and returns the session's cookie.
export async function signIn(name) {
  const answer = await fetch(new URL('/index/', site), {
    method: 'POST', body: new URLSearchParams({ user: name }), redirect: 'manual',
  })
  const cookie = answer.headers.getSetCookie().find(c => c.startsWith(`${cookieName}=`))
  if (answer.status !== 303 || !cookie) throw new Error(`signing in: ${answer.status}, cookie ${cookie}`)
  return cookie.split(';')[0]
}

export const nonce = () => randomBytes(16).toString('base64url')
export const roomPath = (room, since) =>
  `/ws/chat/${encodeURIComponent(room)}/${since === undefined ? '' : `?since=${since}`}`

// within fails when a promise takes too long.
export async function within(promise, what) {
  let timer
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what} did not come`)), patience)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

export class Socket {
  #frames = []
  #waiting = []

  // A classic client offers no subprotocol.
  constructor(path, { cookie, classic = false } = {}) {
    const url = new URL(path, site.replace(/^http/, 'ws'))
    const headers = { origin: new URL(site).origin, ...(cookie && { cookie }) }
    this.ws = new WebSocket(url, classic ? [] : [subprotocol], { headers })
    this.opened = new Promise((done, fail) => {
      this.ws.on('open', done)
      this.ws.on('error', fail)
    })
    this.opened.catch(() => {})
    this.closed = new Promise(done => {
      this.ws.on('close', (code, reason) => done({ code, reason: reason.toString() }))
    })
    this.closed.then(({ code }) => this.#give({ closed: code }))
    this.ws.on('message', (data, binary) => this.#give({ text: data.toString(), binary }))
  }

  static async open(path, options) {
    const socket = new Socket(path, options)
    await within(socket.opened, `opening ${path}`)
    return socket
  }

  #give(frame) {
    const next = this.#waiting.shift()
    next ? next(frame) : this.#frames.push(frame)
  }

  // text returns the next frame as it came.
  async text() {
    const frame = this.#frames.shift() ?? await within(new Promise(done => this.#waiting.push(done)), 'a frame')
    if (frame.text === undefined || frame.binary) throw new Error(`wanted a text frame, got ${JSON.stringify(frame)}`)
    return frame.text
  }

  async next() { return JSON.parse(await this.text()) }

  async take(n) {
    const frames = []
    while (frames.length < n) frames.push(await this.next())
    return frames
  }

  send(frame) { this.ws.send(typeof frame === 'object' && !Buffer.isBuffer(frame) ? JSON.stringify(frame) : frame) }

  // say sends a message and returns its nonce.
  say(message, n = nonce()) {
    this.send({ command: 'new_message', message, nonce: n })
    return n
  }

  // said says something and returns its ID, when everybody and the sender know it.
  async said(message, n = nonce()) {
    this.say(message, n)
    const frames = await this.take(2)
    const ack = frames.find(f => f.event === 'ack'), echo = frames.find(f => f.event === 'message')
    if (!ack || !echo || ack.id !== echo.id || ack.nonce !== n || echo.message !== message) {
      throw new Error(`saying ${JSON.stringify(message)} gave ${JSON.stringify(frames)}`)
    }
    return ack.id
  }

  async close() {
    this.ws.close(1000)
    return within(this.closed, 'the end of a socket')
  }
}
