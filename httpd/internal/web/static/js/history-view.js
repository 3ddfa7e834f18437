import { isID } from './protocol.js';
import { texts } from './texts.js';

// HistoryView is the button that loads what is older than the log shows.
export class HistoryView {
  #button;
  #words;

  // address is that of the history, oldest() the ID to go back from or null,
  // loaded(messages) takes what came.
  constructor({ button, address, oldest, loaded, more }) {
    this.#button = button;
    this.#words = button.textContent;
    button.hidden = !more;
    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        const page = await load(address, oldest());
        loaded(page.messages);
        this.offer(page.more);
      } catch {
        button.textContent = texts.say('room.older_failed');
      } finally {
        button.disabled = false;
      }
    });
  }

  offer(more) {
    this.#button.hidden = !more;
    this.#button.textContent = this.#words;
  }
}

async function load(address, before) {
  const query = new URLSearchParams(before === null ? { limit: 50 } : { before, limit: 50 });
  const answer = await fetch(`${address}?${query}`, { headers: { accept: 'application/json' } });
  if (!answer.ok) throw new Error(`history: status ${answer.status}`);
  const { messages, more } = await answer.json();
  return { messages: messages.filter((m) => isID(m?.id) && typeof m.message === 'string'), more: more === true };
}
