// What a guest has asked for on this machine. Everything is off at first.
const key = 'chatter.settings';
const names = ['sound', 'notify', 'text'];

// keptSettings returns the settings and set(name, on), which keeps them; storage
// may be null, full or forbidden: then they last as long as the page.
export function keptSettings(storage) {
  const settings = {};
  let kept = {};
  try {
    kept = JSON.parse(storage.getItem(key)) ?? {};
  } catch { /* see above */ }
  for (const name of names) settings[name] = kept[name] === true;
  return {
    settings,
    set(name, on) {
      settings[name] = on;
      try {
        storage.setItem(key, JSON.stringify(settings));
      } catch { /* see above */ }
    },
  };
}
