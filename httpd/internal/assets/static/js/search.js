// Search in everything that a room keeps. The module knows no elements.

const mostPages = 60; // a log keeps about a thousand messages
const mostMatches = 200;

// fold maps a text to one that equal words share: without case, accents and other forms of a
// letter. at has the place in the text for each place in the folded one.
function fold(text) {
  let folded = '';
  const at = [];
  for (let i = 0; i < text.length;) {
    const letter = String.fromCodePoint(text.codePointAt(i));
    const plain = letter.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
    for (let k = 0; k < plain.length; k += 1) at.push(i);
    folded += plain;
    i += letter.length;
  }
  at.push(text.length);
  return { folded, at };
}

// placesOf returns where words are in a text, as pairs [from, to].
export function placesOf(text, words) {
  const wanted = fold(words.trim()).folded;
  const { folded, at } = fold(text);
  const places = [];
  if (wanted === '') return places;
  for (let i = folded.indexOf(wanted); i >= 0; i = folded.indexOf(wanted, i + wanted.length)) {
    let end = i + wanted.length;
    while (end < at.length - 1 && at[end] === at[end - 1]) end += 1; // inside of one letter
    let to = at[end];
    while (/^[\u0300-\u036f]/.test(text.slice(to))) to += 1; // the accents of the last letter
    places.push([at[i], to]);
  }
  return places;
}

// excerpt returns the first place in a text with what stands around it.
export function excerpt(text, [from, to]) {
  const line = (part) => part.replace(/\s+/g, ' ');
  const [before, after] = [Array.from(line(text.slice(0, from))), Array.from(line(text.slice(to)))];
  return {
    before: (before.length > 30 ? '…' : '') + before.slice(-30).join(''),
    found: line(text.slice(from, to)),
    after: after.slice(0, 60).join('') + (after.length > 60 ? '…' : ''),
  };
}

// Search reads a room's history backwards, page by page. The words stay in the browser.
export class Search {
  #deps;
  #turn = 0;

  // deps: load(before) fetches a page; changed({state, matches, read}) is called after each
  // page. state: searching, done, cut (there may be more matches), failed or stopped.
  constructor(deps) { this.#deps = deps; }

  async run(words) {
    const turn = this.#turn += 1;
    const matches = []; // {id, text, place}, the newest first
    let [before, read, state] = [null, 0, 'searching'];
    const tell = (now) => {
      state = now;
      this.#deps.changed({ state, matches, read });
    };
    tell('searching');
    for (let pages = 0; state === 'searching'; pages += 1) {
      let page;
      try {
        page = await this.#deps.load(before);
      } catch { /* page is undefined */ }
      if (turn !== this.#turn) return;
      if (!Array.isArray(page?.messages)) return tell('failed');
      read += page.messages.length;
      for (const { id, message } of [...page.messages].reverse()) {
        const [place] = placesOf(message, words);
        if (place && matches.length < mostMatches) matches.push({ id, text: message, place });
      }
      before = page.messages[0]?.id;
      if (page.more !== true || !before) tell('done');
      else tell(pages + 1 >= mostPages || matches.length >= mostMatches ? 'cut' : 'searching');
    }
  }

  // stop ends the search that runs.
  stop() { this.#turn += 1; }
}
