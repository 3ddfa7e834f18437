// What can be done about the room: handing its address on, and asking to be told
// when something new comes. Loaded when it is first looked at.
import { play, ready } from './sound-view.js';
import { texts } from './texts.js';

export class AboutView {
  // element is that of the page's "about"; settings and set: see kept.js.
  constructor({ element, settings, set }) {
    const find = (css) => element.querySelector(css);
    invite({
      address: find('#address'), copy: find('#copy'), share: find('#share'), said: find('#copied'),
    });
    const boxes = ['sound', 'notify', 'text'].map((name) => find(`[name=${name}]`));
    const denied = find('#denied');
    const show = () => {
      const may = globalThis.Notification?.permission === 'granted'; // it can be taken back
      for (const box of boxes) box.checked = settings[box.name] && (may || box.name !== 'notify');
      boxes[2].disabled = !boxes[1].checked;
    };
    find('#settings').addEventListener('change', async ({ target }) => {
      let on = target.checked;
      denied.textContent = '';
      if (target.name === 'sound' && on) {
        ready();
        setTimeout(play, 100); // so that they know what they will hear
      }
      // Asked for by this click and never else.
      if (target.name === 'notify' && on && !await mayNotify()) {
        on = false;
        denied.textContent = texts.say('room.denied');
      }
      set(target.name, on);
      show();
    });
    find('#settings').hidden = false;
    show();
  }
}

async function mayNotify() {
  try {
    return await Notification.requestPermission() === 'granted';
  } catch { // there is none
    return false;
  }
}

function invite({ address, copy, share, said }) {
  address.addEventListener('focus', () => address.select());
  copy.hidden = false;
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(address.value);
      said.textContent = texts.say('room.copied');
    } catch { // not over plain http, or forbidden
      address.focus();
      said.textContent = texts.say('room.copy_failed');
    }
  });
  share.hidden = !navigator.share;
  share.addEventListener('click', () => navigator.share({ title: document.title, url: address.value }).catch(() => {}));
}
