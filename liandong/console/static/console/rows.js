// Tables with data-rows are walked with the arrow keys (or j and k), Home and End; Enter opens the row's first link.
// One row of a table is in the tab order; it is the one somebody stood on last. A row with data-beside belongs to the
// one above it (its form) and is passed over.
import { scope } from './keys.js';

const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, Home: -Infinity, End: Infinity };

function rowsOf(table) {
  return [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.dataset.beside === undefined);
}

function enter(root) {
  for (const table of root.querySelectorAll('table[data-rows]')) {
    const rows = rowsOf(table);
    if (rows.some((row) => row.tabIndex === 0 && row.hasAttribute('tabindex'))) continue;
    rows.forEach((row, n) => row.setAttribute('tabindex', n ? '-1' : '0'));
  }
}

function stand(row) {
  for (const other of rowsOf(row.closest('table'))) other.setAttribute('tabindex', '-1');
  row.setAttribute('tabindex', '0');
  row.focus();
  row.scrollIntoView({ block: 'nearest' });
}

function move(event) {
  const { target, key } = event;
  const here = target.closest('table[data-rows]');
  const letter = key === 'j' || key === 'k';
  if (!letter && (!here || target.tagName !== 'TR')) return;
  const table = here ?? scope().querySelector('table[data-rows]');
  const rows = table ? rowsOf(table) : [];
  if (rows.length === 0) return;
  event.preventDefault();
  const at = rows.indexOf(target.closest('tr'));
  const next = at < 0 ? rows.findIndex((row) => row.tabIndex === 0) : at + STEPS[key];
  stand(rows[Math.min(Math.max(next, 0), rows.length - 1)]);
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches('input, textarea, select, [contenteditable]')) return;
  if (event.key in STEPS) move(event);
  if (event.key === 'Enter' && event.target.matches('table[data-rows] tr')) {
    event.preventDefault();
    (event.target.querySelector('[data-opens-row]') ?? event.target.querySelector('a'))?.click();
  }
});
document.addEventListener('htmx:load', ({ target }) => enter(target.parentElement ?? target));
enter(document);
