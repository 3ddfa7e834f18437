// What a guest is told who does not look: in the tab's title and icon, and, if
// they have asked for it, by a sound or a notification.

const pause = 3000; // milliseconds: a sound that goes on and on would be switched off

export const titled = (title, count) => (count > 0 ? `(${count > 99 ? '99+' : count}) ${title}` : title);

// badge returns the address of an icon with a number in it, in place of the mask.
export function badge(count) {
  const text = count > 9 ? '9+' : count;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="#a86a00" d="M14 7h36a10 10 0 0 1 10 10v20a10 10 0 0 1-10 10H30L17 59V47h-3A10 10 0 0 1 4 37V17A10 10 0 0 1 14 7z"/><text x="32" y="41" fill="#fff" font-family="sans-serif" font-size="38" font-weight="700" text-anchor="middle">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export class Away {
  #deps;
  #last = -Infinity;

  // deps: clock, settings (see settings.js), sound(), notify(text), text is ''
  // unless the guest wants to see it.
  constructor(deps) { this.#deps = deps; }

  // came: somebody else's message came while the page was out of sight.
  came(text) {
    const { clock, settings, sound, notify } = this.#deps;
    const now = clock.now();
    if (now - this.#last < pause) return;
    this.#last = now;
    if (settings.sound) sound();
    if (settings.notify) notify(settings.text ? text : '');
  }
}
