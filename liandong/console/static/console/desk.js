// The desk: what is fresh comes into its lists without moving what is under the pointer or taking away what is focused,
// and a row is acted on by one key. The server renders every row; nothing is decided here.

import { same } from './guard.js';
import { failure, toast } from './toasts.js';

const FIELDS = 'select, input:not([type=hidden]), textarea';
const says = document.getElementById('desk-says');

function say(text) {
  if (says) says.textContent = text;
}

function rowsOf(section) {
  return [...section.querySelectorAll('[data-row]')];
}

function mainOf(row) {
  return row.querySelector('.row__main');
}

/** Whether `row` was read later than `other`, another reading of it: by version, and of one version by the moment. */
function newer(row, other) {
  const [version, than] = [Number(row.dataset.version), Number(other.dataset.version)];
  return version === than ? Number(row.dataset.read) > Number(other.dataset.read) : version > than;
}

function title(row) {
  return row.querySelector('bdi')?.textContent ?? '';
}

function parse(html) {
  return new window.DOMParser().parseFromString(html, 'text/html').body;
}

/** A row that came alone: a tbody outside a table would be thrown away by the parser. */
function parseRow(html) {
  return parse(`<table>${html}</table>`).querySelector('[data-row]');
}

/** A row of the server's as it stands now, told for the list this one stands in. */
async function ask(address, row) {
  const answer = await fetch(address, { headers: { 'HX-Request': 'true', 'HX-Target': row.id } });
  return answer.ok ? parseRow(await answer.text()) : null;
}

function pointed(section) {
  return section.querySelector('[data-row]:hover');
}

function busy(row) {
  return row.matches(':hover') || row.contains(document.activeElement);
}

/** The page's own forms keep the token the page came with. */
function adopt(row) {
  const own = document.importNode(row, true);
  window.htmx.process(own);
  return own;
}

function follows(row, other) {
  return Boolean(row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
}

// ── what is fresh ────────────────────────────────────────────────────────────────────────────────────────────────

const latest = new WeakMap();

function merge(section) {
  const fresh = latest.get(section);
  if (!fresh) return;
  section.querySelector('.count').textContent = fresh.querySelector('.count').textContent;
  const whole = fresh.querySelector('.listing__head > a');
  if (whole && !section.querySelector('.listing__head > a')) {
    section.querySelector('.listing__head').append(document.importNode(whole, true));
  }
  if (!rowsOf(section).length) {
    replaceWhole(section, fresh);
    return;
  }
  const wanted = new Map(rowsOf(fresh).map((row) => [row.id, row]));
  for (const row of rowsOf(section)) {
    if (wanted.has(row.id)) update(row, wanted.get(row.id));
    else leave(row);
  }
  const held = bringIn(section, [...wanted.values()]);
  tellNews(section, held);
}

/** A list that has no rows to merge: all at once. */
function replaceWhole(section, fresh) {
  for (const child of [...section.children].slice(1)) child.remove();
  for (const child of [...fresh.children].slice(1)) section.append(adopt(child));
  const come = rowsOf(section);
  for (const row of come) row.classList.add('row--new');
  if (come.length) say(`新到 ${come.length} 件：${title(come[0])}`);
}

function update(row, fresh) {
  if (!newer(fresh, row)) return;
  const main = mainOf(row);
  const moved = row.dataset.version !== fresh.dataset.version || row.matches('.row--gone');
  const stays = !moved && same(main, mainOf(fresh));
  Object.assign(row.dataset, fresh.dataset);
  if (stays) return;
  const within = main !== document.activeElement && main.contains(document.activeElement);
  const key = within && document.activeElement.dataset.rowKey;
  row.className = fresh.className;
  main.replaceChildren(...document.importNode(mainOf(fresh), true).childNodes);
  window.htmx.process(main);
  if (within) (main.querySelector(key ? `[data-row-key="${key}"]` : '[data-opens-row]') ?? main).focus();
}

/** A row that is no longer in the list: it stays where it is and says who moved it, until nobody is on it. */
async function leave(row) {
  if (row.matches('.row--gone') || row.querySelector('.row__form')) return;
  row.classList.add('row--gone');
  if (row.matches('.row--told') || !row.dataset.tells) return;
  const now = await ask(row.dataset.tells, row);
  // Of the same version it was only pushed out of sight by more urgent ones.
  if (now && row.isConnected && Number(now.dataset.version) > Number(row.dataset.version)) {
    update(row, now);
    row.classList.add('row--gone', 'row--told');
    say(`${title(row)}：${row.querySelector('.row__told')?.textContent ?? ''}`);
  }
  settle(row.closest('[data-merge]'));
}

/** Put new rows at their places. Returns those held back because they would push the row under the pointer. */
function bringIn(section, wanted) {
  const table = section.querySelector('table');
  const under = pointed(section);
  const held = [];
  for (const [at, fresh] of wanted.entries()) {
    if (document.getElementById(fresh.id)) continue;
    const below = wanted.slice(at + 1).map((row) => document.getElementById(row.id));
    const next = below.find((row) => row);
    if (under && next && (next === under || follows(next, under))) {
      held.push(fresh);
      continue;
    }
    const row = adopt(fresh);
    row.classList.add('row--new');
    table.insertBefore(row, next ?? null);
    say(`新到：${title(row)}`);
  }
  return held;
}

function tellNews(section, held) {
  const news = section.querySelector('[data-news]');
  if (!news) return;
  const danger = held.some((row) => row.matches('.row--danger'));
  news.hidden = held.length === 0;
  news.classList.toggle('button--danger', danger);
  news.textContent = held.length ? `新到 ${held.length} 件${danger ? '，含险情' : ''}，点此显示` : '';
  if (held.length) say(news.textContent);
}

/** When nobody is in the list any more: rows that have left go, what was held back comes, the order is put right. */
function settle(section) {
  if (!section?.isConnected || section.matches(':hover')) return;
  for (const row of rowsOf(section)) if (row.matches('.row--gone') && !busy(row)) row.remove();
  const fresh = latest.get(section);
  if (!fresh) return;
  const held = bringIn(section, rowsOf(fresh));
  tellNews(section, held);
  if (!section.contains(document.activeElement)) putInOrder(section, fresh);
  if (!rowsOf(section).length) replaceWhole(section, fresh);
}

function putInOrder(section, fresh) {
  const right = rowsOf(fresh).map(({ id }) => document.getElementById(id)).filter(Boolean);
  const now = rowsOf(section).filter((row) => right.includes(row));
  if (right.every((row, place) => row === now[place])) return; // what is moved for nothing loses what is selected in it
  section.querySelector('table')?.append(...right);
}

// First of all that listen: a list merges what is fresh itself, row by row.
document.addEventListener('htmx:beforeSwap', (event) => {
  const { detail } = event;
  if (detail.target.matches('[data-merge]') && detail.xhr.status === 200) {
    detail.shouldSwap = false;
    const fresh = parse(detail.serverResponse).querySelector('[data-merge]');
    if (!fresh) return;
    latest.set(detail.target, fresh);
    merge(detail.target);
    settle(detail.target);
  }
  if (detail.target.matches('[data-row]')) keepNewer(detail);
  // Somebody else was faster: the row says so, and the toast too. It is shown from here: the form that asked goes with
  // the old row, and what htmx would say of the failure reaches nobody.
  if (detail.target.matches('[data-row]') && detail.xhr.status === 409) {
    detail.shouldSwap = true;
    toast({ ...failure(409, '', '', detail.xhr.getResponseHeader('X-Message')), next: '此行已是最新状态。' });
  }
}, true);

for (const name of ['mouseleave', 'focusout']) {
  document.addEventListener(name, ({ target, relatedTarget }) => {
    const section = target.closest?.('[data-merge]');
    if (!section || (name === 'mouseleave' && target !== section)) return;
    if (name === 'focusout' && target.closest('[data-row]')?.contains(relatedTarget)) return;
    setTimeout(() => settle(section)); // after the event: the focus has moved on
  }, true);
}

document.addEventListener('click', ({ target }) => {
  const section = target.closest('[data-news]')?.closest('[data-merge]');
  const fresh = section && latest.get(section);
  if (!fresh) return;
  bringIn(section, rowsOf(fresh));
  tellNews(section, []);
});

/** An answer that was read before what the row says by now: its form and what it tells come in, its row does not. */
function keepNewer(detail) {
  const [row, answer] = [detail.target, parseRow(detail.serverResponse)];
  if (!answer || !newer(row, answer)) return;
  const now = document.importNode(mainOf(row), true);
  for (const one of now.querySelectorAll('.htmx-request')) one.classList.remove('htmx-request');
  const told = answer.querySelector('.row__told');
  if (told && !now.querySelector('.row__told')) now.querySelector('.row__acts').prepend(told);
  mainOf(answer).replaceWith(now);
  Object.assign(answer.dataset, row.dataset);
  detail.serverResponse = answer.outerHTML;
}

// ── one row ──────────────────────────────────────────────────────────────────────────────────────────────────────

// After an act the row stands there anew: who used keys goes on from it, who opened a form types in it.
document.addEventListener('htmx:afterSwap', ({ detail }) => {
  const id = detail.target?.id;
  const row = id && detail.target.matches('[data-row]') && document.getElementById(id);
  if (!row) return;
  const main = mainOf(row);
  for (const other of row.closest('table').querySelectorAll('.row__main')) other.tabIndex = -1;
  main.tabIndex = 0;
  const form = row.querySelector('.row__form');
  const field = form?.querySelector('[aria-invalid="true"]') ?? form?.querySelector(FIELDS);
  form?.scrollIntoView({ block: 'nearest' }); // also what sends it, below the fields
  (field ?? main).focus();
  const told = row.querySelector('.row__told');
  if (told) say(`${title(row)}：${told.textContent}`);
});

function inForm(event) {
  const form = event.target.closest('.row__form form');
  if (!form) return false;
  if (event.key === 'Escape') form.querySelector('[data-cancel]').click();
  else if (event.key === 'Enter' && event.ctrlKey) form.requestSubmit();
  else return false;
  return true;
}

function onRow(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.key.length > 1) return false;
  if (event.target.matches('input, textarea, select, [contenteditable]')) return false;
  const key = CSS.escape(event.key.toLowerCase());
  const button = event.target.closest('[data-row]')?.querySelector(`[data-row-key="${key}"]`);
  if (!button) return false;
  if (!event.repeat) button.click();
  return true;
}

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.keyCode === 229) return; // the input method takes its keys first
  if (inForm(event) || onRow(event)) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);
