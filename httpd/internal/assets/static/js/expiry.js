// Removes what is older than the retention from an open page. The module knows no elements.

const often = 60 * 1000; // milliseconds
const longest = 15 * 1000;
const apart = 1000;

// serverDate asks the server for its time.
async function serverDate() {
  const answer = await fetch('/robots.txt', { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout?.(longest) });
  return Date.parse(answer.headers.get('date'));
}

// check removes what is older than the retention. It first asks the server for its time if
// this machine's two clocks have come apart. deps: time, see serverTime in browser.js;
// retention in milliseconds; connection; expire(before), which removes what is older than a
// time.
export async function check({ time, retention, connection, expire }, date = serverDate) {
  const [wall, steady] = time.both();
  if (Math.abs(wall - steady) > apart && connection.state.name === 'live') {
    const ms = await date().catch(() => NaN);
    if (Number.isFinite(ms)) time.set(ms);
  }
  expire(time.now() - retention);
}

// keep checks again and again.
export function keep(deps) {
  const again = () => {
    check(deps);
    setTimeout(again, Math.min(deps.retention / 10, often));
  };
  again();
  // The timers of a page that was not visible are late.
  for (const event of ['visibilitychange', 'pageshow']) window.addEventListener(event, () => check(deps));
}
