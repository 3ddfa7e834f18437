const minute = 60 * 1000;
const bucket = 5; // minutes: how coarse the server's times are

// ago says how long ago something was, in the words of the server (ago.go).
export function ago(texts, milliseconds) {
  const minutes = Math.floor(milliseconds / minute);
  if (minutes < bucket) return texts.say('ago.now');
  if (minutes < 60) return texts.say('ago.minutes', { n: minutes - (minutes % bucket) });
  return texts.say('ago.hours', { n: Math.floor(minutes / 60) });
}
