// Notices that the machine, or the page, was asleep: a lid that is closed and
// opened again over a page in view fires no event at all.

const tick = 15 * 1000;

// Timers of a page in the background run about once a minute; one that comes
// later than that was not merely throttled.
const late = 75 * 1000;

// watchSleep calls woke() after each sleep, for as long as the page lives.
export function watchSleep(clock, woke) {
  const from = clock.now();
  clock.setTimeout(() => {
    if (clock.now() - from > late) woke();
    watchSleep(clock, woke);
  }, tick);
}
