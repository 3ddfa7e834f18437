// Pages outside the rooms: signing out there removes the tab's data.
import { siteStorage, tabStorage } from './browser.js';
import { forgetAtSignOut } from './storage.js';
import { texts } from './texts.js';

for (const form of document.querySelectorAll('#signout, [data-guest]')) {
  forgetAtSignOut({
    form, storage: tabStorage(), site: siteStorage(), loses: () => texts.get('signout.loses'),
  });
}
