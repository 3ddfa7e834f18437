// Properties of a message: whether it is only a few emoji, its time, and what is copied of it.

const most = 8; // a message with more emoji stays small

// A cluster that is drawn as a picture: by itself, by a variation selector, by a skin tone, as
// a flag or as a keycap. Joined emoji are one cluster. A single flag letter is a letter.
const picture = /^(?!\p{RI}(?!\p{RI}))(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]|[0-9#*]\uFE0F?\u20E3)/u;

// A browser without it shows all messages in one size.
const clusters = globalThis.Intl?.Segmenter && new Intl.Segmenter();

// onlyEmoji tells whether a text is one to eight emoji, with or without spaces. The server has
// the same rule (emoji.go).
export function onlyEmoji(text) {
  if (!clusters || text.length > most * 40 || !/\P{ASCII}/u.test(text)) return false;
  let count = 0;
  for (const { segment } of clusters.segment(text.replace(/\s+/g, ''))) {
    count += 1;
    if (count > most || !picture.test(segment)) return false;
  }
  return count > 0;
}

const minute = 60 * 1000;

// Times are those of messages, in the reader's own time zone. The words are those of the page's
// language, as the reader's country writes them if it has this language. The system decides
// between 12 and 24 hours.
export class Times {
  #clock;
  #day;

  // language is that of the page, system a locale, undefined for the browser's.
  constructor(language = globalThis.document?.documentElement.lang ?? 'en', system = undefined) {
    const { locale, hourCycle } = new Intl.DateTimeFormat(system, { hour: 'numeric' }).resolvedOptions();
    const same = new Intl.Locale(locale).language === new Intl.Locale(language).language;
    const write = (options) => new Intl.DateTimeFormat(same ? locale : language, { ...options, numberingSystem: 'latn' });
    this.#clock = write({ hour: 'numeric', minute: '2-digit', hourCycle: same ? undefined : hourCycle });
    this.#day = write({ weekday: 'long', day: 'numeric', month: 'long' });
  }

  // clock and day return '' for what no calendar knows: an ID need not carry a time.
  // A narrow column breaks a time where its language has a space.
  clock(ms) { return write(this.#clock, ms).replace(/[\u00a0\u202f]/g, ' '); }

  day(ms) { return write(this.#day, ms); }
}

function write(format, ms) {
  try {
    return format.format(ms);
  } catch {
    return '';
  }
}

// The time is shown where a minute begins. before is null for the first message.
export const sameMinute = (before, ms) => before !== null && Math.floor(before / minute) === Math.floor(ms / minute);

export const sameDay = (before, ms) => before !== null && new Date(before).toDateString() === new Date(ms).toDateString();

// textsOf returns what is selected of messages: times and texts, a line for each message.
function textsOf(selection) {
  let lines = '';
  for (let i = 0; i < selection.rangeCount; i += 1) {
    const range = selection.getRangeAt(i);
    const parts = range.cloneContents().querySelectorAll('time, p[dir]:not([class])');
    for (const { dateTime, textContent } of parts) lines += textContent + (dateTime ? ' ' : '\n');
    // A range inside of a time or a text has no element. A guess stays in the tab.
    const { parentElement } = range.commonAncestorContainer;
    if (parts.length === 0 && parentElement.closest('.message') && !parentElement.closest('.penciled')) lines += `${range}\n`;
  }
  return lines.slice(0, -1);
}

// copyTexts makes what is copied or dragged from the log plain text. The browser's HTML would
// have the colours of own messages.
export function copyTexts() {
  for (const type of ['copy', 'dragstart']) {
    document.addEventListener(type, (event) => {
      const data = event.clipboardData ?? event.dataTransfer;
      const text = textsOf(getSelection());
      data.clearData('text/html');
      if (text === '') return;
      data.setData('text/plain', text);
      if (type === 'copy') event.preventDefault(); // replaces what the browser copies
    });
  }
}
