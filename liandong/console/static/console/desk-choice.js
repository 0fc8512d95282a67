// A long list to choose from gets a field in which one finds by typing: a select with data-find takes the first entry
// that holds every typed word. Without scripts the select alone does the same work.

function entries(select) {
  return [...select.options].filter((one) => one.value);
}

function find(select, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (one) => words.every((word) => one.text.toLowerCase().includes(word));
  const found = words.length ? entries(select).filter(fits) : [];
  const exact = found.find((one) => one.value.toLowerCase() === words[0]);
  return { chosen: exact ?? found[0], count: found.length };
}

function help(select) {
  if (select.dataset.found !== undefined || entries(select).length < 2) return;
  select.dataset.found = '';
  const field = document.createElement('input');
  const told = document.createElement('p');
  field.placeholder = select.dataset.find;
  field.setAttribute('aria-label', select.dataset.find);
  field.autocomplete = 'off';
  told.className = 'help';
  told.setAttribute('role', 'status');
  field.addEventListener('input', () => {
    const { chosen, count } = find(select, field.value);
    select.value = chosen?.value ?? '';
    if (!field.value.trim()) told.textContent = '';
    else told.textContent = count ? `找到 ${count} 条，已选第一条` : '没有找到，可写明依据';
  });
  select.before(field);
  select.after(told);
}

function enter(root) {
  for (const select of root.querySelectorAll('select[data-find]')) help(select);
}

document.addEventListener('htmx:load', ({ target }) => enter(target.parentElement ?? target));
enter(document);
