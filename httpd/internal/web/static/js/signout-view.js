import { forget, holdsUnsent } from './kept.js';
import { texts } from './texts.js';

// SignOutView sees that nothing of a guest stays in the tab after signing out,
// and that nothing unsent is lost unasked.
export class SignOutView {
  constructor({ form, storage }) {
    form.addEventListener('submit', (event) => {
      if (holdsUnsent(storage) && !window.confirm(texts.say('signout.loses'))) event.preventDefault();
      else forget(storage);
    });
  }
}
