// The guesses of a guest about the authors of messages. They stay in the tab. The module knows
// no elements.

const most = 500; // half of what a room's log keeps

export class Guesses {
  #store;
  #timeOf;
  #kept = true; // the store has them
  #names; // by the message's ID

  // store keeps {made, id, name}, see listStore in storage.js; timeOf(id) is the time of a
  // message: a guess lasts no longer than the message.
  constructor(store, timeOf) {
    [this.#store, this.#timeOf] = [store, timeOf];
    this.reload();
  }

  // reload reads the store again, which may have lost what is too old.
  reload() {
    if (!this.#kept) return;
    this.#names = new Map(this.#store.load()
      .filter((kept) => typeof kept?.id === 'string' && typeof kept.name === 'string')
      .map(({ id, name }) => [id, name]));
  }

  // nameOf returns '' for a message without a guess.
  nameOf(id) { return this.#names.get(id) ?? ''; }

  // set notes a name; '' removes it.
  set(id, name) {
    this.#names.delete(id);
    if (name !== '') this.#names.set(id, name);
    this.#save();
  }

  clear() {
    this.#names.clear();
    this.#save();
  }

  // counts returns pairs of a name and how often it was guessed, the most frequent first.
  get counts() {
    const counts = new Map();
    for (const name of this.#names.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a);
  }

  #save() {
    const kept = [...this.#names].slice(-most);
    this.#kept = this.#store.save(kept.map(([id, name]) => ({ made: this.#timeOf(id), id, name })));
  }
}
