// Notifications, by a service worker: phones show no others. It is registered when the
// guest first asks for them, sees none of the site's pages, and keeps nothing.
import { texts } from './texts.js';

const [script, scope] = ['/worker.js', '/worker/'];

// mayNotify asks the guest; browsers allow that by a click alone. It returns the key of
// what stands in the way, '' for nothing.
export async function mayNotify() {
  if (!globalThis.Notification || !navigator.serviceWorker) return 'room.no_notes';
  try {
    if (await Notification.requestPermission() !== 'granted') return 'room.denied';
    await worker();
    return '';
  } catch {
    return 'room.no_notes';
  }
}

// notify says that there is something new in a room: one notification for each, the newest
// in place of the one before. text is what to show of the message, '' for nothing.
export async function notify({ room, text, icon }) {
  await (await worker()).showNotification(texts.say('room.something_new', { room }), {
    body: text, tag: room, silent: true, icon, data: location.pathname,
  });
}

// takeBack closes a room's notification: it has been seen.
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
