// Light, dark, or as the system has it. The choice is kept in a cookie of the person, which the server reads, so that
// the page comes in the right colours at once. Paper is light.

const MEDIA = { light: 'not all', dark: 'screen', auto: 'screen and (prefers-color-scheme: dark)' };
const YEAR = 365 * 24 * 3600;

function choose(theme) {
  const sheet = document.getElementById('dark');
  const person = document.querySelector('meta[name="person"]')?.content;
  if (!sheet || !person) return;
  sheet.media = MEDIA[theme];
  document.cookie = `theme-${person}=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  for (const button of document.querySelectorAll('[data-theme]')) {
    button.setAttribute('aria-pressed', String(button.dataset.theme === theme));
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-theme]');
  if (button) choose(button.dataset.theme);
});
