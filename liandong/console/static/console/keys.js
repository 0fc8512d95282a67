// Keys. An element with data-key="F2" (or "Alt+1", "Ctrl+Enter", "/", "j") is pressed, focused or submitted by that
// key. The key stands on it as <kbd>. Single characters do nothing while somebody types. `?` lists the page's keys,
// also those that count on a row only (data-row-key).
import { unsent } from './guard.js';
import { toast } from './toasts.js';

const NAMES = { Escape: 'Esc', ' ': 'Space', ArrowUp: 'Up', ArrowDown: 'Down', ArrowLeft: 'Left', ArrowRight: 'Right' };
const SHORTCUT = { Ctrl: 'Control', Esc: 'Escape' }; // as aria-keyshortcuts spells them
// What every page has; shown in the list after the page's own keys.
const ALWAYS = [['?', '本页快捷键'], ['Esc', '关闭对话框、菜单，收起所在行的表单']];
const IN_TABLES = [['↑ ↓', '上一行、下一行（也可用 k、j）'], ['Enter', '打开所在行']];
const IN_CHOICES = [['Space', '选中所在行，或取消']];
const IN_ROW_FORMS = [['Ctrl+Enter', '提交所在行的表单']];
const IN_ACTS = [['Ctrl+Enter', '提交正在填写的表单']];
const AGAIN = 6_000; // milliseconds in which the key pressed once more leaves a page with something typed

/** `Alt+1`, `F2`, `Ctrl+Enter`, `j`, `?`: what data-key says. */
function combo(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  let name = NAMES[event.key] ?? event.key;
  if (event.altKey && digit) name = digit; // some layouts make another character of Alt and a digit
  if (name.length === 1 && !event.ctrlKey && !event.altKey) name = name.toLowerCase();
  const shifted = event.shiftKey && name.length > 1;
  return [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', shifted && 'Shift', name].filter(Boolean).join('+');
}

function writes(element) {
  if (element.isContentEditable) return true;
  return element.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])');
}

function shown(element) {
  return element.getClientRects().length > 0 && !element.disabled && element.getAttribute('aria-disabled') !== 'true';
}

/** Where keys count: the topmost open dialog, else the page. */
export function scope() {
  return [...document.querySelectorAll('dialog[open]')].pop() ?? document;
}

export function keyed() {
  return [...scope().querySelectorAll('[data-key]')].filter(shown);
}

export function press(element) {
  if (element.tagName === 'FORM') return element.requestSubmit();
  if (writes(element)) {
    element.focus();
    return element.select?.();
  }
  if (element.tagName === 'SUMMARY' || element.getAttribute('role') === 'tab') element.focus();
  return element.click();
}

let warned = 0;

/** A key is quickly pressed by mistake: one that would lose what is typed here says so first. */
function wouldLose(element) {
  const leaves = element.matches('a[href]') && !element.getAttribute('href').startsWith('#');
  if (!leaves || !unsent() || Date.now() - warned < AGAIN) return false;
  warned = Date.now();
  const next = `确定离开请再按一次 ${element.dataset.key}。`;
  toast({ text: '本页有尚未提交的内容，离开后不会保存。', next, kind: 'soon' });
  return true;
}

document.addEventListener('keydown', (event) => {
  // The input method takes its keys first; a key held down is one wish.
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.metaKey) return;
  const name = combo(event);
  const single = name.length === 1;
  if (single && writes(event.target)) return;
  if (name === '?') {
    event.preventDefault();
    return list();
  }
  const found = keyed().find((element) => element.dataset.key === name) ?? written(name, event.target);
  if (!found) return;
  event.preventDefault();
  if (!event.repeat && !wouldLose(found)) press(found);
});

/** An act's form has no key of its own: several may be open, and the one that is written in is meant. */
function written(name, element) {
  return name === 'Ctrl+Enter' ? element.closest('details.act form') : null;
}

function label(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  const named = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent;
  if (named) return named.trim();
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll('kbd, [hidden]')) part.remove();
  return copy.textContent.trim().replace(/\s+/g, ' ').slice(0, 40);
}

/** What the rows on the page offer, each key once with all that it does. */
function inRows() {
  const offered = new Map();
  for (const one of [...scope().querySelectorAll('[data-row-key]')].filter(shown)) {
    const key = one.dataset.rowKey.toUpperCase();
    offered.set(key, (offered.get(key) ?? new Set()).add(label(one)));
  }
  const told = [...offered].map(([key, labels]) => [key, `所在行：${[...labels].join('、')}`]);
  return told.concat(offered.size ? IN_ROW_FORMS : []);
}

function entries() {
  const own = new Map();
  for (const element of keyed()) if (!own.has(element.dataset.key)) own.set(element.dataset.key, label(element));
  const tables = scope().querySelector('table[data-rows]') ? IN_TABLES : [];
  const acts = scope().querySelector('details.act[open] form') ? IN_ACTS : [];
  const choices = scope().querySelector('[data-bulk-all]') ? IN_CHOICES : [];
  return [...own, ...inRows(), ...acts, ...tables, ...choices, ...ALWAYS];
}

function list() {
  const dialog = document.getElementById('keys');
  if (!dialog || dialog.open) return;
  const lines = entries().map(([key, what]) => {
    const [term, meaning, kbd] = ['dt', 'dd', 'kbd'].map((name) => document.createElement(name));
    kbd.textContent = key;
    meaning.textContent = what;
    term.append(kbd);
    return [term, meaning];
  });
  dialog.querySelector('.keys').replaceChildren(...lines.flat());
  dialog.showModal();
}

/** Write the key on every element that has one and does not show it. */
function mark(root) {
  for (const element of root.querySelectorAll('[data-key]')) {
    const spelled = element.dataset.key.split('+').map((part) => SHORTCUT[part] ?? part).join('+');
    element.setAttribute('aria-keyshortcuts', spelled);
    if (!element.matches('a, button, summary, [role=tab]') || element.querySelector('kbd')) continue;
    const kbd = document.createElement('kbd');
    kbd.textContent = element.dataset.key;
    kbd.setAttribute('aria-hidden', 'true');
    element.append(' ', kbd);
  }
}

document.addEventListener('click', ({ target }) => target.closest('[data-list-keys]') && list());
document.addEventListener('htmx:load', ({ target }) => mark(target.parentElement ?? target));
mark(document);
