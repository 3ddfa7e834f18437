// What the modules without a page are given of the browser.

export const clock = {
  now: () => Date.now(), // goes on during sleep, unlike performance.now
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

// soon calls back in the next frame; a page that is not shown has none, and gets
// a turn all the same.
export function soon(call) {
  let waiting = true;
  const once = () => {
    if (waiting) call();
    waiting = false;
  };
  requestAnimationFrame(once);
  setTimeout(once, 250);
}

const visible = () => document.visibilityState === 'visible';

// inSight tells whether somebody looks: a window may be in view while one works in another.
export const inSight = () => visible() && document.hasFocus();

// heed tells attention when somebody begins to look, or does not any more.
export function heed(attention) {
  for (const event of ['visibilitychange', 'focus', 'blur', 'pagehide']) {
    window.addEventListener(event, () => {
      attention.leave();
      attention.look();
    });
  }
}

// follow tells a connection what the browser knows about network and sleep.
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

// Timers of a page in the background run about once a minute; one that comes
// later than that was not merely throttled.
const late = 75 * 1000;

// watchSleep calls back every few seconds, for as long as the page lives, and tells
// whether the machine, or the page, was asleep meanwhile: a lid that is closed and
// opened again over a page in view fires no event at all.
export function watchSleep(clock, call) {
  const from = clock.now();
  clock.setTimeout(() => {
    call(clock.now() - from > late);
    watchSleep(clock, call);
  }, tick);
}

const longest = 15 * 1000; // milliseconds for a page of history; the server gives up sooner

// loadPast fetches the page of a room's history before an ID; null: the newest.
export async function loadPast(address, before) {
  const query = new URLSearchParams(before === null ? { limit: 50 } : { before, limit: 50 });
  const answer = await fetch(`${address}?${query}`, {
    headers: { accept: 'application/json' }, signal: AbortSignal.timeout(longest),
  });
  if (!answer.ok) throw new Error(`history: status ${answer.status}`);
  return answer.json();
}
