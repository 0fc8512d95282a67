// Small behaviours of the parts: dialogs, menus, tabs, hints, copying, going back.

function click({ target }) {
  const opener = target.closest('[data-opens]');
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (target.closest('[data-closes]')) target.closest('dialog')?.close();
  if (target.closest('[data-back]')) history.back();
  const tab = target.closest('[role=tab]');
  if (tab) choose(tab);
  // A click on the veil of a dialog closes it, unless something is being typed in it.
  if (target.tagName === 'DIALOG' && !target.querySelector('form')) target.close();
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(target)) menu.open = false;
}

function choose(tab) {
  for (const one of tab.closest('[role=tablist]').querySelectorAll('[role=tab]')) {
    const chosen = one === tab;
    one.setAttribute('aria-selected', String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    document.getElementById(one.getAttribute('aria-controls')).hidden = !chosen;
  }
}

function keydown(event) {
  const { key, target } = event;
  if (key === 'Escape') {
    hide();
    const menu = target.closest?.('details.menu[open]') ?? document.querySelector('details.menu[open]');
    if (menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  }
  if (target.getAttribute?.('role') !== 'tab' || !/^(Arrow(Left|Right)|Home|End)$/.test(key)) return;
  const tabs = [...target.closest('[role=tablist]').querySelectorAll('[role=tab]')];
  const at = tabs.indexOf(target);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[key];
  const tab = tabs.at(next % tabs.length);
  event.preventDefault();
  choose(tab);
  tab.focus();
}

// Hints: the text of data-hint, shown on hover and on focus alike.
let hint = null;

function hide() {
  hint?.remove();
  hint = null;
}

function show(element) {
  hide();
  hint = document.createElement('div');
  hint.className = 'hint';
  hint.setAttribute('role', 'tooltip');
  hint.textContent = element.dataset.hint;
  (element.closest('dialog[open]') ?? document.body).append(hint);
  const [about, own] = [element.getBoundingClientRect(), hint.getBoundingClientRect()];
  const below = about.bottom + own.height + 8 < window.innerHeight;
  hint.style.left = `${Math.max(4, Math.min(about.left, window.innerWidth - own.width - 4))}px`;
  hint.style.top = `${below ? about.bottom + 6 : about.top - own.height - 6}px`;
}

for (const name of ['mouseover', 'focusin']) {
  document.addEventListener(name, ({ target }) => {
    const element = target.closest?.('[data-hint]');
    if (element) show(element);
  });
}
for (const name of ['mouseout', 'focusout']) {
  document.addEventListener(name, ({ target }) => target.closest?.('[data-hint]') && hide());
}
document.addEventListener('scroll', hide, true);
document.addEventListener('click', click);
document.addEventListener('keydown', keydown);
