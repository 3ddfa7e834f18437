// The guest's choice between light and dark. This is a classic script that the page waits
// for, so that no page appears in the wrong colours. The choice is stored in the browser: the
// server does not learn it, and pages are the same for everybody.
(() => {
  const key = 'chatter.theme';
  const root = document.documentElement;

  const kept = () => {
    try {
      const theme = localStorage.getItem(key);
      return theme === 'light' || theme === 'dark' ? theme : 'system';
    } catch {
      return 'system'; // the storage is forbidden
    }
  };

  const keep = (theme) => {
    try {
      if (theme === 'system') localStorage.removeItem(key);
      else localStorage.setItem(key, theme);
    } catch { /* the choice lasts as long as the page */ }
  };

  const show = (theme) => {
    root.dataset.theme = theme;
    // The browser's frame has the same colour.
    for (const meta of document.querySelectorAll('meta[data-theme-color]')) {
      const own = meta.dataset.themeColor;
      meta.media = theme === 'system' ? `(prefers-color-scheme: ${own})` : theme === own ? 'all' : 'not all';
    }
    for (const choice of document.querySelectorAll('[name=theme]')) choice.checked = choice.value === theme;
  };

  show(kept());
  document.addEventListener('DOMContentLoaded', () => show(kept()));
  document.addEventListener('change', ({ target }) => {
    if (target.name !== 'theme') return;
    keep(target.value);
    show(target.value);
  });
  window.addEventListener('storage', (event) => {
    if (event.key === key || event.key === null) show(kept());
  });
})();
