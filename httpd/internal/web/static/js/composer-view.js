// ComposerView is the field that things are said in.
export class ComposerView {
  #field;
  #form;

  // say(text) is called with what the guest wants to say, never empty.
  constructor({ form, field, say }) {
    this.#form = form;
    this.#field = field;
    let sending = false; // Enter is down, and has sent what was typed
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (text === '') return;
      field.value = '';
      say(text);
      field.focus();
    });
    field.addEventListener('keydown', (event) => {
      // While an input method composes, Enter chooses a word; Safari ends the
      // composition before that key event, and tells by the key code alone.
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== 'Enter' || event.shiftKey || composing) return;
      event.preventDefault();
      sending = true;
      form.requestSubmit();
    });
    // Keys that do not come from a keyboard (assistive tools, remote control)
    // may insert their line break although the key was taken.
    field.addEventListener('beforeinput', (event) => {
      if (sending && event.inputType === 'insertLineBreak') event.preventDefault();
    });
    field.addEventListener('keyup', () => { sending = false; });
  }

  // edit puts a text back, before what has been typed since.
  edit(text) {
    const typed = this.#field.value;
    this.#field.value = typed.trim() === '' ? text : `${text}\n${typed}`;
    this.#form.querySelector('.problem')?.remove();
    this.#field.focus();
  }
}
