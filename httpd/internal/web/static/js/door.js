// Pages outside the rooms: whoever signs out there, or takes another name, leaves nothing
// in the tab.
import { siteStorage, tabStorage } from './browser.js';
import { forgetAtSignOut } from './kept.js';
import { texts } from './texts.js';

for (const form of document.querySelectorAll('#signout, [data-guest]')) {
  forgetAtSignOut({
    form, storage: tabStorage(), site: siteStorage(), loses: () => texts.say('signout.loses'),
  });
}
