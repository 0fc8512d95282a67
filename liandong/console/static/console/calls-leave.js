// On every page: when somebody signs out, no caller's number stays behind in this browser.
import { leave } from './calls-store.js';

document.addEventListener('submit', ({ target }) => {
  if (target.getAttribute('action')?.endsWith('/sign-out/')) leave();
});
