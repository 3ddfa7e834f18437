// AboutView is the content of the sheet about the room: its invitation, and the settings for
// sounds and notifications.
import { texts } from './texts.js';

export class AboutView {
  // element is the sheet; settings and set: see away.js; parts: see notifier-view.js;
  // changed() is called when the guest has changed a setting.
  constructor({
    element, settings, set, changed, parts: {
      invite, mayNotify, play, ready, vibrate,
    },
  }) {
    const find = (css) => element.querySelector(css);
    invite(find('.invite'));
    const boxes = ['sound', 'notify', 'text', 'vibrate', 'badge'].map((name) => find(`[name=${name}]`));
    for (const [i, offered] of [[3, 'vibrate'], [4, 'setAppBadge']]) boxes[i].parentNode.hidden = !(offered in navigator);
    const denied = find('#denied');
    const show = () => {
      const may = globalThis.Notification?.permission === 'granted'; // it can be taken back
      for (const box of boxes) box.checked = settings[box.name] && (may || box.name !== 'notify');
      boxes[2].disabled = !boxes[1].checked;
    };
    find('#settings').addEventListener('change', async ({ target }) => {
      denied.textContent = '';
      if (target.name === 'sound' && target.checked) {
        ready();
        setTimeout(play, 100); // an example
      }
      if (target.name === 'vibrate' && target.checked) vibrate(); // an example
      // The permission is requested only by this click.
      const wrong = target.name === 'notify' && target.checked ? await mayNotify() : '';
      if (wrong) denied.textContent = texts.get(wrong);
      set(target.name, target.checked && !wrong);
      show();
      changed();
    });
    element.addEventListener('open', show);
    find('#settings').hidden = false;
    show();
  }
}
