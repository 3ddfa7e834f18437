// Keys that the guest presses in a room.

const usable = (code) => code !== '' && code !== 'Unidentified';

// typesText tells whether a key press types a text or begins to. A space is not among these: it
// scrolls a log and presses a button.
export function typesText(event) {
  const { key, ctrlKey, metaKey, altKey, isComposing } = event;
  const shortcut = (ctrlKey || altKey) && !event.getModifierState('AltGraph');
  return !isComposing && !metaKey && !shortcut && (['Dead', 'Process'].includes(key) || ([...key].length === 1 && key !== ' '));
}

// typeAnywhere moves the focus to the field when the guest types elsewhere in the page, and
// scrolls the log by Page Up and Page Down while there is no text to scroll.
export function typeAnywhere({ field, scroller }) {
  document.addEventListener('keydown', (event) => {
    const { target, key, defaultPrevented } = event;
    if (defaultPrevented || document.querySelector('dialog[open]')) return;
    const way = { PageUp: -1, PageDown: 1 }[key];
    if (way && (target === document.body || (target === field && field.value === ''))) {
      event.preventDefault();
      scroller.scrollBy({ top: way * 0.9 * scroller.clientHeight });
    } else if (typesText(event) && !target.closest('input, textarea, select')) field.focus(); // which gets the text
  });
}

// Keyboard tells keys of a keyboard from those on a screen. Keys on a screen have no code in
// most browsers, and cover a part of the page.
export class Keyboard {
  #view;
  #size = { width: 0, height: 0 }; // the greatest height with this width
  #real = false; // the last text came from a key that has a code
  #pressed = false; // such a key is pressed and has not typed yet

  // view() returns the visible width and height of the page.
  constructor(view) {
    this.#view = view;
    this.resized();
  }

  // resized is called after each change of the size.
  resized() {
    const { width, height } = this.#view();
    if (width !== this.#size.width || height > this.#size.height) this.#size = { width, height };
  }

  // press takes a keydown event and returns whether it is of a keyboard that the guest types on.
  press({ key, code, keyCode }) {
    const coded = usable(code) && key !== 'Unidentified' && keyCode !== 229;
    if (key !== 'Enter') [this.#real, this.#pressed] = [coded, coded];
    return coded && this.#real && this.#view().height > 0.8 * this.#size.height;
  }

  // typed is called before a text comes in. Without a key it is from a screen, or from a menu.
  typed() {
    if (!this.#pressed) this.#real = false;
    this.#pressed = false;
  }
}

// keyboardOf returns the keyboard of a page with this visualViewport.
export function keyboardOf(view) {
  const keyboard = new Keyboard(() => ({ width: view.width * view.scale, height: view.height * view.scale }));
  view.addEventListener('resize', () => keyboard.resized());
  return keyboard;
}
