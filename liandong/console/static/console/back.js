// Going back. A page that personal data stands on is kept by no browser, so "back" asks for it anew: here it finds the
// row that was opened from it, and nothing of a form that was posted is posted again.

import { unsent } from './guard.js';

const PLACE = 'liandong-place';

// A page that came as the answer to a form has an address one can only post to: going back to it, or reloading it, the
// browser would ask whether to send the form once more. It gets the address of the page the form stood on.
if ('posted' in document.documentElement.dataset && document.referrer.startsWith(`${location.origin}/`)) {
  history.replaceState(history.state, '', document.referrer);
}

// ── the place in a list, for this window only ────────────────────────────────────────────────────────────────────

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE)) ?? {};
  } catch {
    return {};
  }
}

document.addEventListener('click', ({ target }) => {
  const row = target.closest('[data-opens-row]')?.closest('[data-row]');
  if (!row) return;
  const place = { address: location.pathname + location.search, row: row.dataset.row, top: window.scrollY };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
});

function comeBack() {
  const { address, row, top } = kept();
  if (address !== location.pathname + location.search) return;
  sessionStorage.removeItem(PLACE);
  window.scrollTo(0, top);
  const found = document.querySelector(`[data-row="${CSS.escape(row)}"]`);
  const line = found?.matches('tr') ? found : found?.querySelector('tr');
  if (!line) return;
  line.classList.add('was-open');
  for (const other of line.closest('table').querySelectorAll('tr[tabindex]')) other.tabIndex = -1;
  line.tabIndex = 0;
  line.focus({ preventScroll: true });
  line.scrollIntoView({ block: 'nearest' });
}

// Some browsers keep the page itself for a while, with buttons of before: it is asked for anew, or, when something is
// typed in it, its parts are.
function comeAlive() {
  if (!unsent()) {
    location.reload();
    return;
  }
  for (const about of ['orders', 'transfers', 'matter', 'danger']) {
    document.body.dispatchEvent(new CustomEvent(`live-${about}`, { detail: { stale: true }, bubbles: true }));
  }
}

window.addEventListener('pageshow', ({ persisted }) => (persisted ? comeAlive() : comeBack()));
