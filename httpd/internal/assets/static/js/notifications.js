// Notifications use a service worker: phones show no others. It is registered when the guest
// first allows them; it handles no requests and stores nothing.
import { texts } from './texts.js';

const [script, scope] = ['/worker.js', '/worker/'];

const shake = [80, 60, 80]; // milliseconds: on, off, on

// vibrate shakes a phone while the page is visible; otherwise its notification does.
export const vibrate = () => navigator.vibrate?.(shake);

// badgeApp shows a number on the icon of the installed site, 0 for none.
export function badgeApp(count) {
  const done = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  done?.catch(() => {}); // the site is not installed
}

// mayNotify asks the guest for the permission; browsers allow that only after a click. It
// returns the key of the reason why there are none, '' for success.
export async function mayNotify() {
  // Safari 15 has service workers that show none.
  const can = globalThis.Notification && globalThis.ServiceWorkerRegistration?.prototype.showNotification;
  if (!can || !navigator.serviceWorker) return 'room.no_notes';
  try {
    if (await Notification.requestPermission() !== 'granted') return 'room.denied';
    await worker();
    return '';
  } catch {
    return 'room.no_notes';
  }
}

// notify shows that a room has a new message: one notification for each room, which the next
// one replaces. text is the text to show, '' for none; vibrate: phones shake.
export async function notify({
  room, text, icon, vibrate,
}) {
  await (await worker()).showNotification(texts.get('room.something_new', { room }), {
    body: text, tag: room, icon, data: location.pathname, ...(vibrate ? { vibrate: shake, renotify: true } : { silent: true }),
  });
}

// takeBack closes a room's notification, after the guest has seen the messages.
export async function takeBack(room) {
  const known = await navigator.serviceWorker?.getRegistration(scope);
  for (const note of await known?.getNotifications({ tag: room }) ?? []) note.close();
}

async function worker() {
  const known = await navigator.serviceWorker.register(script, { scope });
  const fresh = known.installing ?? known.waiting;
  if (known.active) return known;
  return new Promise((begun, failed) => {
    fresh.addEventListener('statechange', () => {
      if (known.active) begun(known);
      else if (fresh.state === 'redundant') failed(new Error('the worker does not start'));
    });
  });
}
