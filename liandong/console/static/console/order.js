// The order page and the room: what changes comes in part by part where nobody types; the story can be filtered; a
// caller shown for a purpose is hidden again after a while.

import { same, touched } from './guard.js';

const changed = document.getElementById('page-changed');
let waiting = null;

/** Somebody types here, or looks at a caller in clear. */
function busy(part) {
  const focused = document.activeElement;
  if (part.contains(focused) && focused.matches('input, textarea, select')) return true;
  if (part.querySelector('#caller-clear > *')) return true;
  return [...part.querySelectorAll('input, textarea, select')].some(touched);
}

function bring(part, fresh) {
  if (same(part, fresh)) return;
  const open = [...part.querySelectorAll('details[open][id]')].map((one) => one.id);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && (focused.id || focused.closest('[id]')?.id);
  const own = document.importNode(fresh, true);
  own.classList.add('part--fresh');
  part.replaceWith(own);
  window.htmx.process(own);
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  if (place) {
    const back = document.getElementById(place);
    (back?.querySelector('summary, button, a') ?? back)?.focus();
  }
}

/** Bring the parts of `fresh` in. Returns whether some were held back for what is being typed in them. */
function bringIn(page, fresh) {
  let held = false;
  for (const one of fresh.querySelectorAll('[data-fresh]')) {
    if (one.parentElement.closest('[data-fresh]')) continue; // comes with the part around it
    const part = document.getElementById(one.id);
    if (!part) place(one);
    else if (busy(part)) held = one.matches('[data-holds]') ? bringHolder(part, one) || held : held || !same(part, one);
    else bring(part, one);
  }
  for (const part of page.querySelectorAll('[data-fresh]')) {
    if (!fresh.querySelector(`#${CSS.escape(part.id)}`) && !busy(part)) part.remove();
  }
  return held;
}

/** A part that holds others: those in which nobody types come in, new ones are added. */
function bringHolder(holder, fresh) {
  let held = false;
  for (const one of fresh.querySelectorAll(':scope > [data-fresh]')) {
    const part = document.getElementById(one.id);
    if (!part) holder.append(document.importNode(one, true));
    else if (busy(part)) held = held || !same(part, one);
    else bring(part, one);
  }
  window.htmx.process(holder);
  return held;
}

/** A part the page did not have: after the one it follows. */
function place(one) {
  // The place has no name: it is told by what stands before it.
  const parts = [...one.parentElement.children].filter((other) => other.matches('[data-fresh]'));
  const before = parts.slice(0, parts.indexOf(one)).reverse().find((other) => document.getElementById(other.id));
  const own = document.importNode(one, true);
  if (before) document.getElementById(before.id).after(own);
  window.htmx.process(own);
}

document.addEventListener('htmx:afterRequest', ({ detail }) => {
  if (!detail.elt.matches('[data-live-page]') || detail.xhr.status !== 200) return;
  waiting = new window.DOMParser().parseFromString(detail.xhr.responseText, 'text/html').getElementById('main');
  catchUp();
});

function catchUp() {
  if (!waiting) return;
  const held = bringIn(document.getElementById('main'), waiting);
  if (!held) waiting = null;
  if (changed) changed.hidden = !held;
  filterStory();
}

for (const name of ['focusout', 'reset']) {
  document.addEventListener(name, () => waiting && setTimeout(catchUp), true);
}
document.addEventListener('click', ({ target }) => {
  if (target.closest('[data-bring]')) location.reload();
});

// ── the story, filtered ──────────────────────────────────────────────────────────────────────────────────────────

let only = '';

function filterStory() {
  const group = document.querySelector('[data-story-filter]');
  if (!group) return;
  group.hidden = false;
  for (const button of group.querySelectorAll('[data-only]')) {
    button.setAttribute('aria-pressed', String(button.dataset.only === only));
  }
  let shown = 0;
  for (const line of document.querySelectorAll('#part-story .story > li')) {
    line.hidden = only !== '' && line.dataset.kind !== only && line.dataset.side !== only;
    if (!line.hidden) shown += 1;
  }
  document.querySelector('[data-story-none]').hidden = shown > 0;
}

document.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-only]');
  if (!button) return;
  only = button.dataset.only;
  filterStory();
});

// ── the caller, for a while ──────────────────────────────────────────────────────────────────────────────────────

let ticking = 0;

function hide() {
  clearInterval(ticking);
  document.getElementById('caller-clear')?.replaceChildren();
  document.getElementById('caller-masked')?.removeAttribute('hidden');
  catchUp();
}

document.addEventListener('htmx:afterSwap', ({ detail }) => {
  if (detail.target.id !== 'caller-clear') return;
  const shown = detail.target.querySelector('[data-hide-after]');
  if (!shown) return;
  document.getElementById('caller-masked').hidden = true;
  const fold = document.getElementById('a-caller');
  fold.open = false;
  fold.querySelector('form').reset();
  shown.focus();
  let left = Number(shown.dataset.hideAfter);
  const figure = shown.querySelector('[data-left]');
  clearInterval(ticking);
  ticking = setInterval(() => {
    left -= 1;
    figure.textContent = String(left);
    if (left <= 0) hide();
  }, 1000);
});
document.addEventListener('click', ({ target }) => target.closest('[data-hide-now]') && hide());

filterStory();
