// The times of messages, in the reader's own time zone and way of writing.
const minute = 60 * 1000;

export class Times {
  #clock;
  #day;

  // locale: undefined for the browser's.
  constructor(locale) {
    this.#clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });
    this.#day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
  }

  get language() { return this.#day.resolvedOptions().locale; }

  // clock and day return '' for what no calendar knows: an ID need not carry a time.
  clock(ms) { return write(this.#clock, ms); }

  day(ms) { return write(this.#day, ms); }
}

function write(format, ms) {
  try {
    return format.format(ms);
  } catch {
    return '';
  }
}

// A message belongs to the one before it when both are of the same minute. That
// is all there is to go by: nobody knows who wrote them. before is null for the
// first message.
export const sameMinute = (before, ms) => before !== null && Math.floor(before / minute) === Math.floor(ms / minute);

export const sameDay = (before, ms) => before !== null && new Date(before).toDateString() === new Date(ms).toDateString();
