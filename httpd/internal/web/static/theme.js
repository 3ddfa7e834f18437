// The guest's own choice between light and dark. This is a script of the old
// kind that the page waits for, so that no page is ever shown in the colours
// that were not chosen. The choice stays in this browser: were it a cookie, the
// server would learn it and make every page anew for it.
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
    } catch { /* it holds for this page, then */ }
  };

  const show = (theme) => {
    root.dataset.theme = theme;
    // The browser's own frame goes along.
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
