import { titled } from './attention.js';
import { texts } from './texts.js';

// Few guests need these, and not at once.
const rest = ['tell-view', 'about-view', 'notes', 'sound-view', 'away'];

// AwayView tells a guest who does not look what is new: in the tab's title, and by what
// it loads when that is first needed.
export class AwayView {
  #deps;
  #title = document.title;
  #count = 0;
  #teller = null; // a promise, while the rest is there or comes
  #failures = 0;

  // about is the element of the page's "about", said where it is told how something went;
  // storage this browser's, see away.js.
  constructor(deps) {
    this.#deps = deps;
    deps.about.addEventListener('beforetoggle', async ({ newState }) => {
      if (newState === 'open') deps.said.textContent = await this.#load() ? '' : texts.say('room.rest_failed');
    });
    // Another tab may ask for something too.
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

  // tell: a message came while nobody looked.
  async tell(text) { (await this.#load())?.tell(text); }

  // The modules do not import each other: browsers remember that one could not be had.
  // Under another address it is asked for again.
  #load() {
    const again = this.#failures > 0 ? `?${this.#failures}` : '';
    return this.#teller ??= Promise.all(rest.map((name) => import(`./${name}.js${again}`))).then((modules) => {
      const parts = Object.assign({}, ...modules);
      return new parts.TellView(this.#deps, parts);
    }).catch(() => {
      this.#failures += 1;
      this.#teller = null;
    });
  }
}
