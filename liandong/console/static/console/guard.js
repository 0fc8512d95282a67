// A part of the page that is refreshed while somebody looks at it never takes away what they type, the row they stand
// on, or what they have unfolded. The refresh waits until they are done, and the part says so.

const WORDS = '有更新，填完后自动刷新';

/** Whether a field holds what the page did not come with. */
export function touched(field) {
  if (field.type === 'hidden' || field.disabled) return false;
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
  if (field.tagName === 'SELECT') {
    const given = [...field.options].findIndex((one) => one.defaultSelected);
    return field.selectedIndex !== Math.max(given, 0);
  }
  return field.value !== field.defaultValue;
}

/** Whether the page holds something typed that leaving it would lose: in a form that is posted and keeps no draft. */
export function unsent() {
  const forms = [...document.querySelectorAll('form[method=post]:not([data-drafts])')];
  return forms.some((form) => [...form.elements].some((one) => one.matches('input, textarea, select') && touched(one)));
}

function words(part) {
  const copy = part.cloneNode(true);
  for (const none of copy.querySelectorAll('[name=csrfmiddlewaretoken], kbd, .row__told, [data-later]')) none.remove();
  for (const clock of copy.querySelectorAll('[data-due]')) clock.replaceChildren();
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

/** Whether two readings of a part say the same; what a clock says by itself, what was just done, and what the page
    fetches when it is there (data-later) do not count. */
export function same(part, fresh) {
  return words(part) === words(fresh);
}

function typing(part) {
  const focused = document.activeElement;
  const inField = part.contains(focused) && focused.matches('input, textarea, select');
  return inField || [...part.querySelectorAll('input, textarea, select')].some(touched);
}

/** Whether a form of the part sent this itself; then its answer is what the person waits for. */
function asked(part, { elt, verb }) {
  return verb !== 'get' || (elt !== part && part.contains(elt));
}

function wait(part) {
  if (part.dataset.stale !== undefined) return;
  part.dataset.stale = '';
  const note = document.createElement('p');
  note.className = 'stale';
  note.setAttribute('role', 'status');
  note.textContent = WORDS;
  part.prepend(note);
}

function catchUp(part) {
  const address = part.getAttribute('hx-get');
  if (address && !typing(part)) htmx.ajax('GET', address, { source: part, target: part, swap: 'outerHTML' });
}

document.addEventListener('htmx:beforeSwap', (event) => {
  const { detail } = event;
  const part = detail.target;
  if (!detail.shouldSwap || asked(part, detail.requestConfig)) return;
  if (typing(part) || part.querySelector('dialog[open]')) {
    detail.shouldSwap = false;
    wait(part);
    return;
  }
  remember(part);
});

for (const name of ['focusout', 'input', 'reset', 'close']) {
  document.addEventListener(name, ({ target }) => {
    const part = target.closest?.('[data-stale]');
    // After the event: the focus has moved on, the form has been reset.
    if (part) setTimeout(() => document.contains(part) && catchUp(part));
  }, true);
}

// The row one stood on and what was unfolded come back after a swap, by data-row and by id.
let kept = null;

function remember(part) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  kept = {
    row: focused?.closest('[data-row]')?.dataset.row,
    id: focused?.id,
    open: [...part.querySelectorAll('details[open][id]')].map((one) => one.id),
    scrolled: part.querySelector('.table-frame--tall')?.scrollTop ?? 0,
    part: part.id,
  };
}

document.addEventListener('htmx:afterSwap', () => {
  const part = kept && document.getElementById(kept.part);
  if (!part) return;
  for (const id of kept.open) document.getElementById(id)?.setAttribute('open', '');
  const frame = part.querySelector('.table-frame--tall');
  if (frame) frame.scrollTop = kept.scrolled;
  const row = kept.row && part.querySelector(`[data-row="${CSS.escape(kept.row)}"]`);
  const back = row || (kept.id && document.getElementById(kept.id));
  kept = null;
  if (row) row.setAttribute('tabindex', '0'); // rows.js has not seen the new rows yet
  if (back) back.focus();
});
