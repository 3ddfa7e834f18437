// NotifierView shows the number of unread messages in the tab's icon, and announces messages
// as the guest has set in the dialog about the room.
export class NotifierView {
  #icon = document.querySelector('link[rel=icon]');
  #address = this.#icon.href;
  #parts;
  #room;
  #away;
  #settings;
  #count = 0;

  // deps: see away-view.js; parts are what the modules beside this one export.
  constructor({ room, about, clock, storage }, parts) {
    const {
      Away, AboutView, settingsStore, notify, play, ready, again, vibrate,
    } = parts;
    this.#parts = parts;
    this.#room = room;
    const { settings, set, read } = settingsStore(storage);
    window.addEventListener('storage', read);
    this.#away = new Away({
      clock,
      settings,
      sound: play,
      vibrate,
      notify: (text) => notify({
        room, text, icon: this.#address, vibrate: settings.vibrate,
      }).catch(() => {}),
    });
    this.#settings = settings;
    new AboutView({
      element: about, settings, set, parts, changed: () => this.#badge(),
    });
    window.addEventListener('pagehide', () => { if (settings.badge) parts.badgeApp(0); });
    document.addEventListener('visibilitychange', again);
    for (const event of ['pointerdown', 'pointerup', 'keydown']) {
      document.addEventListener(event, () => { if (settings.sound) ready(); });
    }
  }

  show(count) {
    this.#count = count;
    if (this.#settings.badge) this.#badge();
    this.#icon.href = count > 0 ? this.#parts.badge(count) : this.#address;
    if (count === 0) this.#parts.takeBack(this.#room);
  }

  tell(text) { this.#away.came(text); }

  #badge() { this.#parts.badgeApp(this.#settings.badge ? this.#count : 0); }
}
