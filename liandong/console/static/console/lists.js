// Lists: an address without empty fields, and rows chosen together. back.js finds the row an order was opened from.

// An address that only says what narrows can be read, kept as a bookmark and compared with a saved view.
document.addEventListener('submit', ({ target }) => {
  if (!target.matches('form[data-trim]')) return;
  const columns = [...target.elements].filter((field) => field.name === 'cols');
  const usual = columns.every((field) => field.checked === ('usual' in field.dataset));
  const empty = [...target.elements].filter((field) => field.name && field.value === '').concat(usual ? columns : []);
  for (const field of empty) field.disabled = true;
  setTimeout(() => empty.forEach((field) => { field.disabled = false; }));
});

function picks(form) {
  return [...form.querySelectorAll('input[name=number]')];
}

function count(form) {
  const [all, chosen] = [picks(form), picks(form).filter((one) => one.checked)];
  const told = form.querySelector('[data-bulk-count]');
  if (!told) return;
  told.textContent = chosen.length ? `已选 ${chosen.length} 件` : '勾选后可批量处理，每次最多一页';
  for (const button of form.querySelectorAll('[data-bulk] button')) button.disabled = chosen.length === 0;
  const whole = form.querySelector('[data-bulk-all]');
  whole.checked = chosen.length > 0 && chosen.length === all.length;
  whole.indeterminate = chosen.length > 0 && chosen.length < all.length;
}

document.addEventListener('change', ({ target }) => {
  const form = target.closest('#bulk');
  if (!form) return;
  if (target.matches('[data-bulk-all]')) for (const one of picks(form)) one.checked = target.checked;
  count(form);
});

// Space on a row chooses it.
document.addEventListener('keydown', (event) => {
  if (event.key !== ' ' || !event.target.matches('#bulk tr[data-row]')) return;
  event.preventDefault();
  event.target.querySelector('input[name=number]')?.click();
});

const bulk = document.getElementById('bulk');
if (bulk) count(bulk);
