// Copying and sharing of the room's address.
import { texts } from './texts.js';

// invite makes the buttons of an invitation work. The address is shown readable, and copied as
// its link has it.
export function invite(element) {
  const [address, copy, share, status] = ['address', 'copy', 'share', 'copied'].map((name) => element.querySelector(`.${name}`));
  address.addEventListener('copy', (event) => {
    if (!`${getSelection()}`.includes(address.textContent)) return; // a part of it
    event.clipboardData.setData('text/plain', address.href);
    event.preventDefault();
  });
  copy.addEventListener('click', async () => {
    status.textContent = texts.get(await copied(address) ? 'room.copied' : 'room.copy_failed');
  });
  share.addEventListener('click', () => navigator.share({ title: document.title, url: address.href }).catch(() => {}));
  copy.hidden = false;
  share.hidden = !navigator.share;
}

// copied leaves the address selected if it could not be copied.
async function copied(address) {
  try {
    await navigator.clipboard.writeText(address.href);
    return true;
  } catch { // there is none over plain http
    getSelection().selectAllChildren(address);
    const done = document.execCommand('copy');
    if (done) getSelection().removeAllRanges();
    return done;
  }
}
