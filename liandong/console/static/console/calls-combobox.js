// A select with many rows, found by typing (ARIA combobox with a list). The select stays underneath and keeps the
// value, so the form is posted, kept and restored as any other.

const MOST = 60; // rows shown at once; who needs more types a letter more
let count = 0;

function words(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

class Combobox {
  constructor(select) {
    this.select = select;
    this.id = `combobox-${count += 1}`;
    this.rows = this.read();
    this.input = this.field();
    this.list = document.createElement('ul');
    Object.assign(this.list, { id: `${this.id}-list`, className: 'combobox__list', hidden: true });
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', this.input.getAttribute('aria-label') ?? '');
    this.at = -1;
    const around = document.createElement('div');
    around.className = 'combobox';
    select.replaceWith(around);
    select.hidden = true;
    select.tabIndex = -1;
    around.append(select, this.input, this.list);
    this.listen();
    this.show();
  }

  read() {
    return [...this.select.options].map((option) => ({
      option,
      group: option.parentElement.label ?? '',
      found: `${option.value} ${option.text} ${option.dataset.text ?? ''} ${option.dataset.tell ?? ''}`.toLowerCase(),
    }));
  }

  /** Rows that are many (data-rows: their address) come once somebody is about to look for one. */
  load() {
    const { rows } = this.select.dataset;
    if (rows && !this.coming) this.coming = this.fetch(rows).finally(() => { this.coming = null; });
    return this.coming;
  }

  async fetch(address) {
    let rows = '';
    try {
      const answer = await fetch(address, { headers: { 'X-Requested-With': 'fetch' } });
      rows = answer.ok ? await answer.text() : '';
    } catch {
      // no line: the next look for a row tries again
    }
    if (!rows) return;
    const { value } = this.select;
    while (this.select.options.length > 1) this.select.options[1].remove();
    this.select.insertAdjacentHTML('beforeend', rows);
    this.select.value = value;
    this.select.removeAttribute('data-rows');
    this.rows = this.read();
    this.select.dispatchEvent(new CustomEvent('combobox-rows', { bubbles: true }));
    if (this.list.hidden) this.show();
    else this.open(this.typed);
  }

  field() {
    const input = document.createElement('input');
    const label = document.querySelector(`label[for="${this.select.id}"]`);
    const placeholder = this.select.dataset.combobox;
    Object.assign(input, { type: 'text', id: `${this.id}-input`, placeholder, autocomplete: 'off' });
    const states = {
      role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list', 'aria-controls': `${this.id}-list`,
    };
    for (const [name, value] of Object.entries(states)) input.setAttribute(name, value);
    const tells = this.select.getAttribute('aria-describedby');
    if (tells) input.setAttribute('aria-describedby', tells);
    if (label) {
      label.htmlFor = input.id;
      input.setAttribute('aria-label', label.textContent.trim());
    }
    return input;
  }

  listen() {
    this.input.addEventListener('focus', () => this.input.select());
    (this.select.closest('[role=tabpanel]') ?? this.input).addEventListener('focusin', () => this.load());
    this.input.addEventListener('click', () => this.open(''));
    this.input.addEventListener('input', (event) => {
      event.stopPropagation(); // what is typed here looks for a row; it is no part of the form
      this.open(this.input.value);
    });
    this.input.addEventListener('change', (event) => event.stopPropagation());
    this.input.addEventListener('keydown', (event) => this.keydown(event));
    this.input.addEventListener('blur', () => this.close());
    this.list.addEventListener('mousedown', (event) => {
      event.preventDefault(); // the focus stays in the field
      const row = event.target.closest('[role=option]');
      if (row) this.take(Number(row.dataset.at));
    });
    this.select.addEventListener('change', () => {
      this.show();
      if (this.select.value) this.load();
    });
  }

  /** Show what is chosen. */
  show() {
    const option = this.select.selectedOptions[0];
    this.input.value = option?.value ? option.text.trim() : '';
  }

  open(typed) {
    this.typed = typed;
    const wanted = words(typed);
    this.hits = this.rows.filter(({ found }) => wanted.every((word) => found.includes(word)));
    this.at = wanted.length && this.hits.length ? 0 : -1;
    this.draw();
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
  }

  draw() {
    const children = [];
    let group = '';
    for (const [at, { option, group: own }] of this.hits.slice(0, MOST).entries()) {
      if (own && own !== group) {
        group = own;
        const head = document.createElement('li');
        Object.assign(head, { className: 'combobox__group', textContent: own });
        head.setAttribute('role', 'presentation');
        children.push(head);
      }
      const row = document.createElement('li');
      Object.assign(row, { id: `${this.id}-${at}`, textContent: option.text.trim() });
      row.setAttribute('role', 'option');
      row.setAttribute('aria-selected', String(at === this.at));
      row.dataset.at = at;
      children.push(row);
    }
    if (!children.length) {
      const none = document.createElement('li');
      Object.assign(none, { className: 'combobox__group', textContent: '没有符合的条目' });
      none.setAttribute('role', 'presentation');
      children.push(none);
    }
    this.list.replaceChildren(...children);
    this.point();
  }

  point() {
    for (const row of this.list.querySelectorAll('[role=option]')) {
      const here = Number(row.dataset.at) === this.at;
      row.setAttribute('aria-selected', String(here));
      if (here) row.scrollIntoView({ block: 'nearest' });
    }
    if (this.at < 0) this.input.removeAttribute('aria-activedescendant');
    else this.input.setAttribute('aria-activedescendant', `${this.id}-${this.at}`);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    if (!this.input.value.trim() && this.select.value) this.choose('');
    this.show();
  }

  take(at) {
    const hit = this.hits?.[at];
    if (hit) this.choose(hit.option.value);
    this.close();
  }

  choose(value) {
    this.select.value = value;
    this.select.dispatchEvent(new Event('change', { bubbles: true }));
  }

  keydown(event) {
    if (event.isComposing || event.ctrlKey || event.altKey) return;
    const shown = !this.list.hidden;
    const last = Math.min(this.hits?.length ?? 0, MOST) - 1;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!shown) return this.open('');
      const next = this.at + (event.key === 'ArrowDown' ? 1 : -1);
      this.at = next > last ? 0 : next < 0 ? last : next;
      this.point();
    } else if (event.key === 'Enter' && shown) {
      event.preventDefault();
      if (this.coming) this.coming.then(() => this.take(this.at));
      else this.take(this.at);
    } else if (event.key === 'Enter') {
      event.preventDefault(); // no order is accepted by an Enter in a field that looks for a row
    } else if (event.key === 'Escape' && shown) {
      event.preventDefault();
      event.stopPropagation();
      this.show();
      this.close();
    }
  }
}

/** Let the select take a value whose row has not come yet. */
export function know(select, value, text = value) {
  if (!value || !select.dataset.rows || [...select.options].some((one) => one.value === value)) return;
  const option = document.createElement('option');
  Object.assign(option, { value, textContent: text });
  select.append(option);
}

for (const select of document.querySelectorAll('select[data-combobox]')) new Combobox(select);
