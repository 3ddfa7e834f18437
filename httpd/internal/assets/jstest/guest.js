// A guest with the page's own wiring, against the model of the server.
import { watchSleep } from '../static/js/browser.js';
import { outboxStore, ownStore } from '../static/js/storage.js';
import { RoomClient } from '../static/js/room-client.js';
import { filler, Page, Storage } from './fakes.js';

export class Guest {
  // loadSlow: see load in fallback.js.
  constructor(name, server, clock, random, loadSlow = () => Promise.reject(new Error('away'))) {
    Object.assign(this, { name, server, clock, random, loadSlow });
    this.hidden = false;
    this.states = [];
    this.storage = new Storage();
    this.said = [];
    this.load();
  }

  // load is a page that has just come: the server renders its log.
  load() {
    const newest = this.server.log.slice(-50);
    this.page = new Page(newest.map(({ id }) => id));
    this.own = ownStore(this.storage, 'x');
    this.client = new RoomClient({
      address: (since) => `ws://here/ws/chat/x/?since=${since}`,
      ids: this.page.ids,
      cursor: newest.at(-1)?.id ?? '0',
      kept: outboxStore(this.storage, 'x'),
      own: this.own,
      open: this.server.open,
      ask: this.server.ask,
      clock: this.clock,
      time: this.clock,
      retention: Infinity,
      random: this.random,
      fill: filler(this.random),
      online: () => true,
      hidden: () => this.hidden,
      loadSlow: this.loadSlow,
      slow: { room: '/chat/x/', fetch: this.server.fetch },
    });
    this.client.connect({
      log: (steps) => this.page.apply(steps),
      own() {},
      outbox: (entries) => { this.waiting = entries; },
      state: (state) => {
        this.state = state.slow ? 'slow' : state.name;
        if (this.states.at(-1) !== this.state) this.states.push(this.state);
      },
      older() {},
    });
    const { connection } = this.client;
    connection.start();
    watchSleep(this.clock, (slept) => (slept ? connection.wake() : connection.check()));
  }

  say() {
    const text = `${this.name} ${this.said.length + 1}`;
    this.said.push(text);
    this.client.say(text);
  }

  reload() {
    this.client.connection.pause();
    this.load();
  }
}
