// Lets a moderator decide on a message, in a dialog that only a moderator's page has.

const longest = 15 * 1000; // milliseconds
const dialog = document.getElementById('moderate');
const status = dialog.querySelector('[role=status]');
let home; // gets the focus when the message is removed

async function order(form, submitter) {
  const fields = new URLSearchParams(new FormData(form));
  if (submitter?.name) fields.set(submitter.name, submitter.value);
  // A field of the form is called action.
  const answer = await fetch(form.getAttribute('action'), {
    method: 'POST', body: fields, headers: { accept: 'application/json' }, signal: AbortSignal.timeout?.(longest),
  });
  if (!answer.ok) throw new Error(`moderate: status ${answer.status}`);
  return { what: fields.get('action'), answer: (await answer.json()).answer };
}

dialog.addEventListener('submit', async (event) => {
  if (event.target.method === 'dialog') return;
  event.preventDefault();
  status.textContent = '';
  const { value } = event.target.elements.id;
  const { what, answer } = await order(event.target, event.submitter).catch(() => ({ answer: 'failed' }));
  if (event.target.elements.id.value !== value || !dialog.open) return; // the dialog is about another message
  status.textContent = dialog.dataset[answer];
  if (what !== 'remove' || answer !== 'accepted') return;
  dialog.close();
  home.focus();
});

// choose asks what to do about the message of a row.
export function choose({ row, outcome, focus }) {
  home = focus;
  outcome.textContent = '';
  status.textContent = '';
  dialog.querySelector('blockquote').textContent = row.querySelector('p').textContent;
  for (const field of dialog.querySelectorAll('[name=id]')) field.value = row.dataset.id;
  dialog.showModal();
  dialog.querySelector('[method=dialog] button').focus(); // a second Enter must order nothing
}
