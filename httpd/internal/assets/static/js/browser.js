// The parts of the browser that modules without elements get as arguments.

export const clock = {
  now: () => Date.now(), // continues during sleep, unlike performance.now
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
  return { set, both, now: () => Math.min(...both()) };
}

// expireLater loads expiry.js when the page is live: nothing in a new page expires at once.
// deps: see there.
export function expireLater(deps, tries = 1) {
  clock.setTimeout(async () => {
    try {
      // Browsers remember a module that failed to load, by its address.
      const address = `./expiry.js?${tries}`;
      if (deps.connection.state.name === 'live') return (await import(address)).keep(deps);
    } catch { /* it tries again */ }
    return expireLater(deps, tries + 1);
  }, Math.min(deps.retention / 10, 60 * 1000));
}

const visible = () => document.visibilityState === 'visible';

// inSight tells whether the guest looks at the page: a window without the focus may be
// visible beside another one.
export const inSight = () => visible() && document.hasFocus();

// heed tells attention when the guest begins or stops looking at the page.
export function heed(attention) {
  for (const event of ['visibilitychange', 'focus', 'blur', 'pagehide']) {
    window.addEventListener(event, () => {
      attention.leave();
      attention.look();
    });
  }
}

// follow starts a connection and tells it about the network, the page and sleep.
export function follow(connection) {
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
  const answer = await fetch(`${address}?${query}`, {
    headers: { accept: 'application/json' }, signal: AbortSignal.timeout?.(longest),
  });
  if (!answer.ok) throw new Error(`history: status ${answer.status}`);
  return answer.json();
}
