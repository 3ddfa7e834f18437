import { Away, badge, titled } from './attention.js';
import { keptSettings } from './kept.js';
import { texts } from './texts.js';

// AwayView tells a guest who does not look what is new: in the tab's title and
// icon, and by whatever they have asked for in the page's "about".
export class AwayView {
  #icon = document.querySelector('link[rel=icon]');
  #address = this.#icon.href;
  #title = document.title;
  #count = 0;
  #room;
  #away;

  // about is the element of the "about"; storage this browser's, see kept.js.
  constructor({ room, about, clock, storage }) {
    this.#room = room;
    const { settings, set } = keptSettings(storage);
    this.#away = new Away({
      clock, settings, sound: async () => (await loadSound()).play(), notify: (text) => this.#notify(text),
    });
    about.addEventListener('beforetoggle', async () => {
      const { AboutView } = await import('./about-view.js');
      new AboutView({ element: about, settings, set });
    }, { once: true });
    for (const event of ['pointerdown', 'keydown']) {
      document.addEventListener(event, async () => { if (settings.sound) (await loadSound()).ready(); });
    }
  }

  show(count) {
    if (count === this.#count) return;
    this.#count = count;
    document.title = titled(this.#title, count);
    this.#icon.href = count > 0 ? badge(count) : this.#address;
  }

  // tell: a message came while nobody looked.
  tell(text) { this.#away.came(text); }

  // One notification a room, the newest in place of the one before. text is what
  // to show of the message, '' for nothing.
  #notify(text) {
    try {
      const note = new Notification(texts.say('room.something_new', { room: this.#room }), {
        body: text, tag: this.#room, silent: true, icon: this.#address,
      });
      note.onclick = () => {
        window.focus();
        note.close();
      };
    } catch { /* phones show them for installed pages only */ }
  }
}

const loadSound = () => import('./sound-view.js');
