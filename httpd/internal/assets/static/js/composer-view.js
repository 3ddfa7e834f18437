import { maxText, maxTextBytes, measure } from './protocol.js';
import { texts } from './texts.js';

// ComposerView is the form for new messages.
export class ComposerView {
  #field;
  #count;
  #problem;
  #draft;
  #deps = { say() {}, typed() {} };

  // count and problem are the elements for the length of the text and its problem; draft
  // stores the text, see storage.js. autofocus: the field takes the focus by itself, because no
  // keyboard on the screen opens for it. enterSends: Enter sends, Shift+Enter
  // breaks a line. Otherwise it does so on a real keyboard, see keys.js.
  constructor({
    form, field, count, problem, draft, autofocus, enterSends, keyboard,
  }) {
    this.#field = field;
    this.#count = count;
    this.#problem = problem;
    this.#draft = draft;
    form.noValidate = true;
    // The text of a form that the server refused may be stored already.
    let sent = problem.textContent === '' ? '' : field.defaultValue.trim();
    const send = (later) => {
      const text = field.value.trim();
      if (text === '' || this.#update()) return;
      this.#set('');
      this.#deps.say(text, text === sent ? form.elements.nonce.value : undefined, later);
      sent = '';
      if (autofocus) field.focus();
    };
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      send(false);
    });
    form.elements.later.addEventListener('click', () => send(true));
    // A button must not take the focus from the field: a phone would close its keyboard.
    for (const button of form.querySelectorAll('button')) button.addEventListener('mousedown', (event) => event.preventDefault());
    field.addEventListener('input', () => this.#changed());
    this.#sendOnEnter(form, enterSends, keyboard);
    field.title = texts.get(enterSends ? 'room.keys' : 'room.keys_touch');
    if (!enterSends) field.enterKeyHint = 'enter';
    const kept = draft.load();
    if (field.value === '') field.value = kept;
    else if (problem.textContent === '') { // it was shared
      if (kept !== '') field.value = `${kept}\n${field.value}`;
      draft.save(field.value);
    }
    // The server's reason stays until the guest changes the text.
    if (problem.textContent === '') this.#update();
    else this.#measure();
    this.#fit();
    field.selectionStart = field.value.length; // to go on there
    if (autofocus) field.focus();
  }

  // say(text, nonce, later) gets a valid text, the nonce under which it may be stored already,
  // and whether it is to be sent later.
  // typed(text) gets the text in the field.
  connect(deps) {
    this.#deps = deps;
    deps.typed(this.#field.value);
  }

  // edit puts a text back, in front of the text in the field.
  edit(text) {
    const typed = this.#field.value;
    this.#set(typed.trim() === '' ? text : `${text}\n${typed}`);
    this.#field.focus();
  }

  // cite puts a line in front of the line with the caret.
  cite(line) {
    const field = this.#field;
    const at = field.value.slice(0, field.selectionStart).lastIndexOf('\n') + 1;
    field.setRangeText(line, at, at, 'preserve');
    if (field.selectionStart < at + line.length) field.selectionStart = at + line.length; // of an empty line
    this.#changed();
    field.focus();
  }

  // hideOwn empties the field. A guest who comes back gets the draft from the store.
  hideOwn() {
    this.#field.value = '';
    this.#show();
  }

  // expire removes a text that is older than a time of the server.
  expire(before) { if (this.#draft.made < before) this.#set(''); }

  #sendOnEnter(form, enterSends, keyboard) {
    const field = this.#field;
    let sending = false; // Enter is down, and has sent what was typed
    field.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a word; Safari ends the
      // composition before that key event, and tells by the key code alone.
      const composing = event.isComposing || event.keyCode === 229;
      const real = keyboard.press(event);
      if (real) field.title = texts.get('room.keys');
      const sends = enterSends || real ? !event.shiftKey : event.ctrlKey || event.metaKey;
      if (event.key !== 'Enter' || !sends || composing) return;
      event.preventDefault();
      sending = true;
      form.querySelector('button:not([type])').click(); // Safari 15 has no requestSubmit
    });
    // Keys that do not come from a keyboard (assistive tools, remote control)
    // may insert their line break although the key was taken.
    field.addEventListener('beforeinput', (event) => {
      keyboard.typed();
      if (sending && event.inputType === 'insertLineBreak') event.preventDefault();
    });
    field.addEventListener('keyup', () => { sending = false; });
  }

  #set(text) {
    this.#field.value = text;
    this.#changed();
  }

  #changed() {
    this.#draft.save(this.#field.value);
    this.#show();
  }

  #show() {
    this.#deps.typed(this.#field.value);
    this.#update();
    this.#fit();
  }

  // fit gives the field its height, where the style cannot.
  #fit() {
    if (CSS.supports('field-sizing', 'content')) return;
    this.#field.style.height = 'auto';
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`; // and its borders
  }

  // update says how long the text is and what is wrong, and returns whether it is too long.
  #update() {
    const over = this.#measure();
    this.#field.setAttribute('aria-invalid', over);
    const words = over ? texts.get('room.too_long') : '';
    if (this.#problem.textContent !== words) this.#problem.textContent = words;
    return over;
  }

  #measure() {
    const { n, bytes, near, over } = measure(this.#field.value);
    const heavy = bytes / maxTextBytes > n / maxText;
    this.#count.hidden = !near;
    this.#count.textContent = !near ? '' : heavy
      ? texts.get('room.count_bytes', { n: bytes, most: maxTextBytes }) : texts.get('room.count', { n, most: maxText });
    this.#count.classList.toggle('over', over);
    return over;
  }
}
