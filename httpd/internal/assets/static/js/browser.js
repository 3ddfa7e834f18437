// The parts of the browser that modules without elements get as arguments.

const leap = 1000; // milliseconds

// steadyTime returns a function that returns the time in milliseconds. It never goes back, and
// is never slower than the time, however this machine's clock is set. performance.now stands
// still while some machines sleep, so a leap of the clock forward counts as sleep.
export function steadyTime() {
  let [wall, steady] = [Date.now(), performance.now()];
  let ahead = wall - steady;
  return () => {
    const [last, sinceLast] = [wall, steady];
    [wall, steady] = [Date.now(), performance.now()];
    const slept = wall - last - (steady - sinceLast);
    if (slept > leap) ahead += slept;
    return steady + ahead;
  };
}

export const clock = {
  now: steadyTime(),
  setTimeout: (call, ms) => setTimeout(call, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};

export const fill = (bytes) => crypto.getRandomValues(bytes);

export const openSocket = (url, protocols) => new WebSocket(url, protocols);

// socketAddress turns an address of this site into that of a socket.
export function socketAddress(path, query = {}) {
  const url = new URL(path, location.href);
  url.search = new URLSearchParams(query);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

// tabStorage is the tab's storage, and siteStorage this browser's; null where it
// is forbidden.
export const tabStorage = () => storage('sessionStorage');

export const siteStorage = () => storage('localStorage');

function storage(name) {
  try {
    return window[name];
  } catch {
    return null;
  }
}

// soon calls back in the next animation frame, or after a moment: a hidden page has no
// animation frames.
export function soon(call) {
  let waiting = true;
  const once = () => {
    if (waiting) call();
    waiting = false;
  };
  requestAnimationFrame(once);
  setTimeout(once, 250);
}

// serverTime follows the server's clock from the time that the server wrote into the page. It
// may be late, by the time that the page took to arrive or that the machine slept, and never
// early, however this machine's clock is set. both() has the times by each of the machine's two
// clocks: they come apart when it sleeps or its clock is set.
export function serverTime(rendered) {
  let wall; // its distance to each of this machine's clocks
  let steady;
  const set = (ms) => { [wall, steady] = [ms - Date.now(), ms - performance.now()]; };
  set(rendered);
  const both = () => [Date.now() + wall, performance.now() + steady];
  return { set, both, now: () => both()[1] };
}

// channel opens a channel to the other tabs; null: this browser has none.
export const channel = (name) => (globalThis.BroadcastChannel ? new BroadcastChannel(name) : null);

// loader returns a function that loads a module when it is needed and takes something from it.
// Browsers remember a module that failed to load, by its address.
export function loader(name, take) {
  let tries = 0;
  return async () => {
    const address = `./${name}.js?${tries += 1}`; // as a template, the bundler would look for it
    return take(await import(address));
  };
}

// expireLater loads expiry.js after a while: nothing in a new page expires at once.
// deps: see there.
export function expireLater(deps, load = loader('expiry', ({ keep }) => keep)) {
  clock.setTimeout(async () => {
    try {
      return (await load())(deps);
    } catch { /* it tries again */ }
    return expireLater(deps, load);
  }, Math.min(deps.retention / 10, 60 * 1000));
}

const visible = () => document.visibilityState === 'visible';

export const hidden = () => !visible();

// inSight tells whether the guest looks at the page: a window without the focus may be
// visible beside another one.
export const inSight = () => visible() && document.hasFocus();

// trackSight tells attention when the guest begins or stops looking at the page.
export function trackSight(attention) {
  for (const event of ['visibilitychange', 'focus', 'blur', 'pagehide']) {
    window.addEventListener(event, () => {
      attention.leave();
      attention.look();
    });
  }
}

// listen tells attention what other tabs of the guest say, while the page is shown.
export function listen(siblings, attention) {
  const hear = ({ own, seen }) => {
    if (own) attention.own(own);
    if (seen) attention.readTo(seen);
    attention.announce();
  };
  siblings.connect(hear);
  window.addEventListener('pagehide', () => siblings.close());
  window.addEventListener('pageshow', ({ persisted }) => { if (persisted) siblings.connect(hear); });
}

// ask asks over HTTP whether the sockets' server is there, and calls answer(there). If it is
// away, nginx answers in its place.
export async function ask(answer) {
  const away = [502, 503, 504];
  const [signal, settle] = within(5 * 1000);
  const there = await fetch('/ws', { cache: 'no-store', signal }).then(({ status }) => !away.includes(status), () => false);
  settle();
  answer(there);
}

// within returns a signal that aborts after some milliseconds, and a function that prevents it.
// Safari 15 has no AbortSignal.timeout.
export function within(ms) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ms);
  return [abort.signal, () => clearTimeout(timer)];
}

// startConnection starts a connection and tells it about the network, the page and sleep. now is
// called when the guest does something that needs the connection.
export function startConnection(connection, now = () => connection.now()) {
  for (const event of ['focus', 'keydown']) window.addEventListener(event, now);
  window.addEventListener('online', () => connection.online());
  window.addEventListener('offline', () => connection.offline());
  window.addEventListener('pagehide', () => connection.pause());
  window.addEventListener('pageshow', () => connection.start());
  document.addEventListener('resume', () => connection.wake());
  document.addEventListener('visibilitychange', () => { if (visible()) connection.wake(); });
  watchSleep(clock, (slept) => {
    if (slept) connection.wake();
    else if (visible()) connection.check();
  });
  connection.start();
}

const tick = 15 * 1000;

// Browsers run the timers of a background page once a minute. A later one was asleep.
const late = 75 * 1000;

// watchSleep calls back every few seconds and tells whether the machine or the page was
// asleep meanwhile: closing and opening the lid of a laptop causes no event.
export function watchSleep(clock, call) {
  const from = clock.now();
  clock.setTimeout(() => {
    call(clock.now() - from > late);
    watchSleep(clock, call);
  }, tick);
}

const longest = 15 * 1000; // milliseconds; the server has a shorter limit, Safari 15 one of its own

// loadPast fetches the page of a room's history before an ID; null: the newest.
export async function loadPast(address, before) {
  const query = new URLSearchParams(before === null ? { limit: 50 } : { before, limit: 50 });
  const [signal] = within(longest);
  const answer = await fetch(`${address}?${query}`, { headers: { accept: 'application/json' }, signal });
  if (!answer.ok) throw new Error(`history: status ${answer.status}`);
  return answer.json();
}
