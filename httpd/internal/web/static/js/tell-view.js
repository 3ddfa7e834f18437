// TellView tells a guest who does not look what is new in the tab's icon, and by what they
// have asked for in the page's "about".
export class TellView {
  #icon = document.querySelector('link[rel=icon]');
  #address = this.#icon.href;
  #parts;
  #room;
  #away;

  // deps: see away-view.js; parts are what the modules beside this one export.
  constructor({ room, about, clock, storage }, parts) {
    const { Away, AboutView, keptSettings, notify, play, ready } = parts;
    this.#parts = parts;
    this.#room = room;
    const { settings, set, read } = keptSettings(storage);
    window.addEventListener('storage', read);
    this.#away = new Away({
      clock, settings, sound: play, notify: (text) => notify({ room, text, icon: this.#address }).catch(() => {}),
    });
    new AboutView({ element: about, settings, set, parts });
    for (const event of ['pointerdown', 'keydown']) {
      document.addEventListener(event, () => { if (settings.sound) ready(); });
    }
  }

  show(count) {
    this.#icon.href = count > 0 ? this.#parts.badge(count) : this.#address;
    if (count === 0) this.#parts.takeBack(this.#room);
  }

  tell(text) { this.#away.came(text); }
}
