// NotifierView shows the number of unread messages in the tab's icon, and announces messages
// as the guest has set in the dialog about the room.
export class NotifierView {
  #icon = document.querySelector('link[rel=icon]');
  #address = this.#icon.href;
  #parts;
  #room;
  #away;

  // deps: see away-view.js; parts are what the modules beside this one export.
  constructor({ room, about, clock, storage }, parts) {
    const { Away, AboutView, settingsStore, notify, play, ready, again } = parts;
    this.#parts = parts;
    this.#room = room;
    const { settings, set, read } = settingsStore(storage);
    window.addEventListener('storage', read);
    this.#away = new Away({
      clock, settings, sound: play, notify: (text) => notify({ room, text, icon: this.#address }).catch(() => {}),
    });
    new AboutView({ element: about, settings, set, parts });
    document.addEventListener('visibilitychange', again);
    for (const event of ['pointerdown', 'pointerup', 'keydown']) {
      document.addEventListener(event, () => { if (settings.sound) ready(); });
    }
  }

  show(count) {
    this.#icon.href = count > 0 ? this.#parts.badge(count) : this.#address;
    if (count === 0) this.#parts.takeBack(this.#room);
  }

  tell(text) { this.#away.came(text); }
}
