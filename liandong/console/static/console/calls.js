// The call-taker's page: what happens between the fields while somebody talks and types.
import { know } from './calls-combobox.js';
import './calls-draft.js';
import { showDivision } from './calls-map.js';
import { suggests } from './calls-suggest.js';

const form = document.getElementById('call');
const field = (name) => form.elements[name];
const UNSAID = '来电人报险，情况待核实';
const take = document.getElementById('take');
const LASTS = 8000; // milliseconds a good message stays, as toasts.js has it

/** Tell the field's listeners that its value was set by us. */
function set(element, value) {
  if (!element || element.value === value) return;
  if (element.tagName === 'SELECT') know(element, value);
  element.value = value;
  for (const name of ['input', 'change']) element.dispatchEvent(new Event(name, { bubbles: true }));
}

// What was said goes to the house, which answers with title, division, what is suggested and related orders.
const suggestions = suggests(form, { set, marks });

function said() {
  suggestions.said();
}

// Once the caller's earlier orders stand there, those among the related ones are marked as repeats.
document.getElementById('caller-part')?.addEventListener('htmx:afterSettle', said);

let asked = '';

/** Look the caller up once the number is whole: each look-up is in the trail, so not at every digit. */
function caller(left) {
  const part = document.getElementById('caller-part');
  const digits = field('caller_phone').value.replace(/\D/g, '').replace(/^(?:0086|86)(?=1\d{10}$)/, '');
  const whole = /^1\d{10}$/.test(digits) || (left && digits.length >= 3);
  if (!part || !whole || digits === asked) return;
  asked = digits;
  htmx.trigger(part, 'call-phone');
}

form.addEventListener('input', ({ target }) => {
  if (['content', 'title', 'address', 'longitude', 'latitude'].includes(target.name)) said();
  if (target.name === 'caller_phone') caller(false);
  if (target.name === 'signal') disarm();
  marks();
});
form.addEventListener('change', ({ target }) => {
  if (target.name === 'division') {
    said();
    showDivision(target.value);
  }
  if (target.name === 'caller_phone') caller(true);
  if (target.name === 'guide') guide(target.selectedOptions[0]);
  if (target.name === 'list_item') tell('cited', target.selectedOptions[0]);
  marks();
});

form.addEventListener('combobox-rows', ({ target }) => tell('cited', target.selectedOptions[0]));

function tell(id, option) {
  const place = document.getElementById(id);
  if (place && option) place.textContent = option.dataset.tell ?? '';
}

/** A script fills the answer; words of the call-taker's own are not overwritten. */
function guide(option) {
  tell('guide-source', option);
  const text = field('guide_text');
  const scripts = [...field('guide').options].map((one) => one.dataset.text);
  if (option?.dataset.text && (!text.value.trim() || scripts.includes(text.value))) set(text, option.dataset.text);
}

// Which tabs hold something, and what the main button will do.
function marks() {
  for (const tab of form.querySelectorAll('[role=tab][data-fields]')) {
    const filled = tab.dataset.fields.split(' ').some((name) => field(name)?.value.trim());
    tab.classList.toggle('call__tab--filled', filled);
    tab.querySelector('.unseen').hidden = !filled;
  }
  const ends = { answer_text: '受理并当场办结', guide_text: '受理并引导办结' };
  const end = Object.keys(ends).find((name) => field(name)?.value.trim());
  const hand = field('way')?.value ? '受理并移交' : '受理';
  const risk = field('signal')?.value.trim() || form.querySelector('input[name=urgency]:checked')?.value === 'danger';
  document.getElementById('take-label').textContent = risk ? take.dataset.danger : end ? ends[end] : hand;
  const repeats = field('repeats').value;
  document.getElementById('linked').hidden = !repeats;
  document.getElementById('linked-number').textContent = repeats;
}

let quiet = false; // a tab is opened for what stands in it, and the focus is already meant for something

function showTab(tab) {
  quiet = true;
  tab.click();
  quiet = false;
}

/** Go to the first field of the tab that was opened, so that F4 is followed by typing. */
function enter(tab) {
  const first = document.getElementById(tab.getAttribute('aria-controls')).querySelector('input, textarea, select');
  if (first) (first.hidden ? first.nextElementSibling : first).focus();
}

// Danger. The first press marks and shows the line it will send; the second sends. Neither asks for anything else.
const danger = document.getElementById('danger');
let armed = false;

function disarm() {
  if (!field('signal')?.value.trim()) armed = false;
}

function arm() {
  armed = true;
  const urgent = form.querySelector('input[name=urgency][value=danger]');
  if (urgent) urgent.checked = true;
  document.getElementById('danger-ask').hidden = false;
  const line = field('signal');
  if (!line) {
    marks();
    return;
  }
  const hint = document.getElementById('title-hint')?.dataset.title;
  const first = field('content').value.split(/[。！？!?；;\n]/).find((one) => one.trim())?.trim();
  set(line, line.value.trim() || field('title').value.trim() || hint || first?.slice(0, 100) || UNSAID);
  line.focus();
  line.select();
}

danger.addEventListener('click', (event) => {
  if (armed) return;
  event.preventDefault();
  arm();
});
field('signal')?.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit(danger);
});

form.addEventListener('click', (event) => {
  const { target } = event;
  const repeats = target.closest('[data-repeats]');
  if (repeats) set(field('repeats'), repeats.dataset.repeats);
  if (target.closest('#unlink')) set(field('repeats'), '');
  const division = target.closest('[data-division]');
  if (division) set(field('division'), division.dataset.division);
  const way = target.closest('[data-way]');
  if (way) {
    set(field('way'), way.dataset.way);
    set(field('list_item'), way.dataset.item);
    showTab(document.getElementById('tab-hand'));
  }
  if (target.closest('[data-repeats], [data-division], [data-way], #unlink')) field('content').focus();
});

// On the document, whose listener of ui.js has shown the panel before; within the event, or a quick key went elsewhere.
document.addEventListener('click', ({ target }) => {
  const tab = target.closest?.('[role=tab]');
  if (tab && form.contains(tab) && !quiet) enter(tab);
});

// In a row of choices the digit that stands on a choice takes it.
form.addEventListener('keydown', (event) => {
  const row = event.target.closest('[data-digits]');
  if (!row || !/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  const choice = row.querySelectorAll('input[type=radio]')[Number(event.key) - 1];
  if (!choice) return;
  event.preventDefault();
  event.stopPropagation();
  choice.focus();
  choice.click();
});

// The caller's history comes by itself while somebody types: when it does not come nobody is interrupted, by no dialog
// and no toast. The line beside the heading says how things stand, and what is submitted asks to sign in again.
for (const name of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
  form.addEventListener(name, (event) => {
    const part = event.target.closest('#caller-part');
    if (!part) return;
    event.stopPropagation();
    asked = '';
    const said = document.createElement('p');
    said.className = 'help';
    said.textContent = '暂时取不到，不影响受理；继续填写时会再试。';
    part.replaceChildren(said);
  });
}

// A message of the call before stays in sight for a while and then makes room; one that warns stays.
for (const flash of document.querySelectorAll('.flash--success, .flash--info')) {
  setTimeout(() => !flash.matches(':hover, :focus-within') && flash.remove(), LASTS);
}

const wrong = form.querySelector('.field--wrong');
if (wrong) {
  const panel = wrong.closest('[role=tabpanel]');
  if (panel?.hidden) showTab(document.getElementById(panel.getAttribute('aria-labelledby')));
  wrong.querySelector('input:not([hidden]), textarea, select:not([hidden])')?.focus();
} else {
  field('content').focus();
  const end = field('content').value.length;
  field('content').setSelectionRange(end, end);
}
tell('cited', field('list_item')?.selectedOptions[0]);
marks();
if (field('content').value.trim() || field('address').value.trim()) said();
