// Requests the page until it can be loaded, and reloads then: a page that reloads each time
// flickers, and screen readers start again at its beginning.
(() => {
  const again = async () => {
    try {
      const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store', redirect: 'manual' });
      if (answer.status < 500 && answer.status !== 429) {
        location.reload();
        return;
      }
    } catch { /* no server yet */ }
    later();
  };
  // Partly random, so that waiting pages do not all ask at once.
  const later = () => setTimeout(again, 2000 + 2000 * Math.random());
  later();
})();
