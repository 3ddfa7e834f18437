// SheetView opens and closes the sheet about the room, a modal dialog. It dispatches the event
// "open" on the sheet before it opens.
export class SheetView {
  // opener and closer are the links that do it without scripts.
  constructor({ sheet, opener, closer }) {
    const open = () => {
      sheet.dispatchEvent(new Event('open'));
      sheet.showModal();
      closer.focus();
    };
    pressed(opener, open);
    pressed(closer, () => sheet.close());
    // A click beside the sheet closes it. A selection of its text may end beside it.
    let beside = false;
    sheet.addEventListener('pointerdown', ({ target }) => { beside = target === sheet; });
    sheet.addEventListener('click', () => { if (beside) sheet.close(); });
    // Safari gives the focus to no link that is clicked, and cannot return it to one. The event
    // comes later than the focus that a found message was given.
    sheet.addEventListener('close', () => {
      if (document.activeElement === document.body) opener.focus();
    });
    if (location.hash !== `#${sheet.id}`) return;
    location.replace('#'); // the guest was faster than the script, or came by this address
    open();
  }
}

// pressed makes a link a button.
function pressed(link, act) {
  link.setAttribute('role', 'button');
  link.addEventListener('click', (event) => {
    event.preventDefault();
    act();
  });
  link.addEventListener('keydown', (event) => {
    if (event.key !== ' ') return;
    event.preventDefault();
    act();
  });
}
