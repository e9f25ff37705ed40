// Before the first paint: the theme that was chosen, else the system's, so that dark never flashes white.
(() => {
  const chosen = document.cookie.split('; ').find(c => c.startsWith('gateway_theme='))?.slice('gateway_theme='.length);
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
