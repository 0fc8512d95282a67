// What is suggested for the call: one key takes all of it over into the fields nobody has filled; what a person chose
// by hand stays. `said` (a hidden field, kept with the draft) names the fields a person filled, `accepted` that the key
// was pressed; the server keeps both with the suggestion.

import { token } from './session.js';

const PAUSE = 150; // milliseconds without a key until the house is asked
const SENT = ['content', 'title', 'address', 'division', 'longitude', 'latitude', 'repeats', 'caller_orders'];
const PRESET = ['nature', 'urgency', 'division']; // these hold something before anybody chose it
const NAMES = {
  side: '归口', nature: '性质', urgency: '紧急程度', division: '属地', list_item: '清单条目', guide: '引导口径', unit: '承办', way: '移交',
};

class Suggestions {
  /** `set` puts a value into an element and tells its listeners, `marks` shows what the form will do. */
  constructor(form, { set, marks }) {
    Object.assign(this, { form, set, marks });
    this.part = document.getElementById('suggest-part');
    this.say = document.getElementById('suggest-say');
    this.count = document.getElementById('related-count');
    this.byHand = new Set(this.field('said').value.split(' ').filter(Boolean));
    this.filled = new Map(); // what the key filled in, by name
    this.filling = false;
    form.addEventListener('click', ({ target }) => target.closest('[data-accept]') && this.accept());
    form.addEventListener('change', ({ target }) => this.changed(target));
    // A list that is open keeps its entries; it gets the new ones when it is left.
    this.field('unit').addEventListener('blur', () => this.units());
  }

  /** What was said goes to the house once the typing pauses; an answer that is waited for is given up for the newer. */
  said() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.asking?.abort();
    const { signal } = this.asking = new window.AbortController();
    const told = [...new FormData(this.form)].filter(([name]) => SENT.includes(name));
    const headers = { 'X-Requested-With': 'fetch', 'X-CSRFToken': token() };
    try {
      const body = new URLSearchParams(told);
      const answer = await fetch(this.part.dataset.asks, { method: 'POST', body, headers, signal });
      const text = answer.ok ? await answer.text() : '';
      if (!signal.aborted) this.arrived(text);
    } catch {
      if (!signal.aborted) this.arrived('');
    }
  }

  field(name) {
    return this.form.elements[name];
  }

  free(name) {
    if (this.byHand.has(name) || !this.field(name)) return false;
    const { value } = this.field(name);
    return PRESET.includes(name) || !value || value === this.filled.get(name);
  }

  /** Put the value into the field; false where the field does not know it. */
  put(name, value) {
    const radio = this.form.querySelector(`input[type=radio][name="${name}"][value="${window.CSS.escape(value)}"]`);
    if (!radio) {
      if (this.field(name) instanceof window.HTMLElement) this.set(this.field(name), value);
    } else if (!radio.checked) {
      radio.checked = true;
      radio.dispatchEvent(new Event('change', { bubbles: true }));
    }
    return this.field(name).value === value;
  }

  accept() {
    const given = this.part.querySelector('[data-fills]');
    if (!given) return;
    const took = [];
    this.filling = true;
    for (const [name, value] of Object.entries(JSON.parse(given.dataset.fills))) {
      if (!this.free(name) || !this.put(name, value)) continue;
      this.filled.set(name, value);
      took.push(NAMES[name]);
    }
    this.filling = false;
    this.set(this.field('accepted'), '1');
    this.marks();
    this.say.textContent = took.length ? `已采纳：${took.join('、')}` : '没有可填的空白栏目，您填的内容未改动';
    this.field('content').focus();
  }

  changed({ name }) {
    if (this.filling || !(name in NAMES)) return;
    this.filled.delete(name);
    if (this.field(name).value || PRESET.includes(name)) this.byHand.add(name);
    else this.byHand.delete(name); // emptied: free again
    this.field('said').value = [...this.byHand].join(' ');
  }

  /** The units that may be chosen: those suggested, and the one that is chosen already. */
  units() {
    const select = this.field('unit');
    const { value } = select;
    const chosen = [...select.selectedOptions].filter((one) => one.value);
    const offered = [...this.part.querySelectorAll('[data-unit]')].map((one) => {
      const option = document.createElement('option');
      Object.assign(option, { value: one.dataset.unit, textContent: one.textContent.trim() });
      return option;
    });
    const more = chosen.filter((one) => !offered.some((other) => other.value === one.value));
    select.replaceChildren(select.options[0], ...offered, ...more);
    select.value = value;
  }

  /** An answer has come, or (empty) none could be had: nobody is interrupted by that. What it says is told once. */
  arrived(text) {
    this.part.innerHTML = text || '<p class="help">暂时取不到，不影响受理；继续填写时会再试。</p>';
    this.part.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true })); // keys are written on their buttons
    this.field('title').placeholder = document.getElementById('title-hint')?.dataset.title ?? '';
    if (document.activeElement !== this.field('unit')) this.units();
    const related = this.part.querySelector('[data-related]')?.dataset.related;
    this.count.textContent = related ? `（相关单${related}件）` : '';
    const said = this.part.querySelector('[data-say]')?.dataset.say;
    const next = [said, related && `相关单${related}件`].filter(Boolean).join('；');
    if (this.say.textContent !== next) this.say.textContent = next;
  }
}

export function suggests(form, tools) {
  return new Suggestions(form, tools);
}
