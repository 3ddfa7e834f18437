// Asks again until the page can be had, and shows it then: a page that came
// anew every time would blink, and be read out from its beginning.
(() => {
  const again = async () => {
    try {
      const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store', redirect: 'manual' });
      if (answer.status < 500) {
        location.reload();
        return;
      }
    } catch { /* nobody there yet */ }
    later();
  };
  // Left to chance in part, so that not all pages that wait ask at once.
  const later = () => setTimeout(again, 2000 + 2000 * Math.random());
  later();
})();
