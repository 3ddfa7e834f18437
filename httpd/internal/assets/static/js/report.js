// Reports a message to the operator.
import { texts } from './texts.js';

const longest = 15 * 1000; // milliseconds

async function send(id) {
  const answer = await fetch('report/', {
    method: 'POST', body: new URLSearchParams({ id }), headers: { accept: 'application/json' }, signal: AbortSignal.timeout?.(longest),
  });
  return answer.ok ? texts.get('room.reported') : (await answer.json()).error;
}

// choose reports the message of a row, once, and shows the answer in its flag. outcome is read
// out to screen readers.
export async function choose({ flag, row, outcome }) {
  if (flag.getAttribute('aria-disabled')) return;
  flag.setAttribute('aria-disabled', 'true');
  const answer = await send(row.dataset.id).catch(() => {
    flag.removeAttribute('aria-disabled');
    return texts.get('room.report_failed');
  });
  flag.removeAttribute('aria-labelledby');
  flag.textContent = answer;
  row.classList.add('reported');
  outcome.textContent = answer;
}
