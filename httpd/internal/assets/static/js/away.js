// Sounds and notifications while the guest looks elsewhere. The module knows no elements.

const pause = 3000; // milliseconds between two of them

// badge returns the address of an icon with a number in it, in place of the mask.
export function badge(count) {
  const text = count > 9 ? '9+' : count;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#a86a00" d="M14 7h36a10 10 0 0 1 10 10v20a10 10 0 0 1-10 10H30L17 59V47h-3A10 10 0 0 1 4 37V17A10 10 0 0 1 14 7z"/><text x="32" y="41" fill="#fff" font-family="sans-serif" font-size="38" font-weight="700" text-anchor="middle">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

// Away announces messages by a sound or a notification, as the settings say.
export class Away {
  #deps;
  #last = -Infinity;

  // deps: clock, settings (see below), sound(), vibrate(), notify(text); text is '' unless the
  // guest wants it in the notification.
  constructor(deps) { this.#deps = deps; }

  // came takes a message of another guest that arrived while the page was not visible.
  came(text) {
    const {
      clock, settings, sound, vibrate, notify,
    } = this.#deps;
    const now = clock.now();
    if (now - this.#last < pause) return;
    this.#last = now;
    if (settings.sound) sound();
    if (settings.vibrate) vibrate();
    if (settings.notify) notify(settings.text ? text : '');
  }
}

const settingsKey = 'chatter.settings';
const names = ['sound', 'notify', 'text', 'vibrate', 'badge'];

// settingsStore stores the guest's settings in a storage of this machine. All are off at
// first. It returns the settings, set(name, on), and read() for changes by another tab. The
// storage may be null, full or forbidden: then the settings last as long as the page.
export function settingsStore(storage) {
  const settings = Object.fromEntries(names.map((name) => [name, false]));
  const read = () => {
    try {
      const kept = JSON.parse(storage.getItem(settingsKey)) ?? {};
      for (const name of names) settings[name] = kept[name] === true;
    } catch { /* see above */ }
  };
  read();
  return {
    settings,
    read,
    set(name, on) {
      settings[name] = on;
      try {
        storage.setItem(settingsKey, JSON.stringify(settings));
      } catch { /* see above */ }
    },
  };
}
