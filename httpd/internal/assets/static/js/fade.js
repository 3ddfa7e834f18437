// Messages fade in the last eighth of the time that they are kept. The module only chooses a
// step for each row; the style has the colours, which stay readable.

const steps = 3;

// stepOf returns how faded a message is: 0, not at all, to 3. age and retention have the same
// unit.
export function stepOf(age, retention) {
  const left = (retention - age) / (retention / 8);
  return left >= 1 ? 0 : Math.min(steps, Math.max(1, Math.ceil((1 - left) * steps)));
}

// fade sets the step of each row of the lists, again and again and when a row is added. time is
// the server's; timeOf(id) is that of a message.
export function fade({ lists, time, retention, timeOf, clock }) {
  const set = (row) => {
    const step = row.dataset?.id ? stepOf(time.now() - timeOf(row.dataset.id), retention) : 0;
    if (step > 0) row.dataset.faded = step;
    else if (row.dataset?.faded) delete row.dataset.faded;
  };
  // Rows are in order: the first one that is not faded ends the walk.
  const all = () => {
    for (const { children } of lists) {
      for (const row of children) {
        set(row);
        if (row.dataset.id && !row.dataset.faded) return;
      }
    }
  };
  const watch = new MutationObserver((changes) => { for (const { addedNodes } of changes) addedNodes.forEach(set); });
  for (const list of lists) watch.observe(list, { childList: true });
  const again = () => {
    all();
    clock.setTimeout(again, Math.min(retention / 48, 60 * 1000));
  };
  again();
}
