// Sets the theme before the first paint, so that a dark page never flashes white. A file of its own because the
// content security policy forbids inline scripts. src/theme.ts changes the theme later on.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('capstan.theme');
  } catch {
    // Storage may be forbidden; the system's choice then holds.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
