import { titled } from './attention.js';
import { later } from './later.js';
import { texts } from './texts.js';

const loadRest = later('notifier-view', 'about-view', 'notifications', 'sound-view', 'away', 'invite');

// AwayView shows the number of unread messages in the tab's title, and loads the parts that
// show it elsewhere.
export class AwayView {
  #deps;
  #title = document.title;
  #count = 0;
  #notifier = null; // promise of a NotifierView

  // about is the sheet about the room (sheet-view.js), status its element for results; storage
  // is that of the browser, see away.js.
  constructor(deps) {
    this.#deps = deps;
    deps.about.addEventListener('open', async () => {
      deps.status.textContent = await this.#load() ? '' : texts.get('room.rest_failed');
    });
    // Another tab may change the settings.
    window.addEventListener('storage', ({ key }) => { if (key === 'chatter.settings') this.#load(); });
    try {
      if (deps.storage.getItem('chatter.settings')) this.#load();
    } catch { /* there is no storage */ }
  }

  async show(count) {
    if (count === this.#count) return;
    this.#count = count;
    document.title = titled(this.#title, count);
    (await this.#load())?.show(this.#count);
  }

  // tell announces a message that arrived while the guest did not look.
  async tell(text) { (await this.#load())?.tell(text); }

  #load() {
    return this.#notifier ??= loadRest().then((parts) => {
      if (parts) return new parts.NotifierView(this.#deps, parts);
      this.#notifier = null;
      return null;
    });
  }
}
