const minute = 60 * 1000;
const step = 5; // minutes, as on the server

// ago says how long ago something was, in the words of the server (ago.go).
export function ago(texts, milliseconds) {
  const minutes = Math.floor(milliseconds / minute);
  if (minutes < step) return texts.get('ago.now');
  if (minutes < 60) return texts.get('ago.minutes', { n: minutes - (minutes % step) });
  return texts.get('ago.hours', { n: Math.floor(minutes / 60) });
}
