// A session that ended while somebody was typing: they sign in again in a dialog, and what was typed stays.
// `ask` is the house's fetch: it brings the CSRF token, asks to sign in again when needed, and says what failed.
import { failureOf, noNetwork, toast } from './toasts.js';

const me = document.querySelector('meta[name="person"]')?.content ?? '';
const ALIVE = '/session/';
const SIGN_IN = '/sign-in/';
const DOUBLE_CLICK = 1500; // milliseconds in which a second press of the same button is not a second wish

/** The token the browser has now; it changes when somebody signs in again, also in another tab. */
export function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? '';
}

let asking = null;

/** Ask the person to sign in again; true when they did, false when they gave up. Asked twice, the dialog opens once. */
export function signInAgain() {
  asking ??= open().finally(() => { asking = null; });
  return asking;
}

function open() {
  const dialog = document.getElementById('session-over');
  const form = dialog.querySelector('form');
  const wrong = dialog.querySelector('[role=alert]');
  const done = new AbortController();
  return new Promise((resolve) => {
    const finish = (signedIn) => {
      done.abort();
      form.reset();
      wrong.hidden = true;
      resolve(signedIn);
    };
    dialog.addEventListener('close', () => finish(dialog.returnValue === 'signed-in'), { signal: done.signal });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const why = await signIn(new URLSearchParams(new FormData(form)));
      if (!why) return dialog.close('signed-in');
      wrong.textContent = why;
      wrong.hidden = false;
      form.elements.password.select();
    }, { signal: done.signal });
    dialog.returnValue = '';
    dialog.showModal();
    form.elements.password.focus();
  });
}

/** Sign in; returns why not, empty when it worked. */
async function signIn(body) {
  try {
    const headers = { 'X-CSRFToken': token(), 'X-Requested-With': 'fetch' };
    const answer = await fetch(SIGN_IN, { method: 'POST', body, headers });
    return answer.ok ? '' : (await failureOf(answer)).text;
  } catch {
    return '网络不通，请检查后再试。';
  }
}

/** True when the session lives and is the person's whose page this is; else they are asked. */
async function alive() {
  const answer = await fetch(ALIVE, { headers: { 'X-Requested-With': 'fetch' }, cache: 'no-store' });
  if (answer.ok && String((await answer.json()).person) === me) return true;
  if (answer.ok || answer.status === 401) return signInAgain();
  toast(await failureOf(answer));
  return false;
}

/** Like fetch, for scripts of our pages. Resolves to the response when it is ok, else to null: the person was told. */
export async function ask(address, options = {}) {
  const headers = new Headers(options.headers);
  headers.set('X-Requested-With', 'fetch');
  if ((options.method ?? 'GET') !== 'GET') headers.set('X-CSRFToken', token());
  let answer;
  try {
    answer = await fetch(address, { ...options, headers });
  } catch (why) {
    if (why.name !== 'AbortError') noNetwork();
    return null;
  }
  if (answer.ok) return answer;
  if (answer.status === 401) return (await signInAgain()) ? ask(address, options) : null;
  toast(await failureOf(answer));
  return null;
}

// A whole page that is posted: ask first whether the session lives, since a lost post cannot be repeated.
const sure = new WeakSet();
const busy = new WeakSet();

async function check(form, submitter) {
  busy.add(form);
  try {
    if (await alive()) {
      sure.add(form);
      form.requestSubmit(submitter);
      setTimeout(() => busy.delete(form), DOUBLE_CLICK);
      return;
    }
    toast({ text: '还没有提交。', kept: '已填写的内容还在页面上。', next: '登录后请再按一次。', kind: 'soon' });
  } catch {
    noNetwork();
  }
  busy.delete(form);
}

function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'post' || 'plain' in form.dataset) return;
  if (sure.delete(form)) {
    const kept = form.querySelector('input[name=csrfmiddlewaretoken]');
    if (kept && token()) kept.value = token();
    return;
  }
  event.preventDefault();
  if (!busy.has(form)) check(form, event.submitter);
}

if (me) {
  document.addEventListener('submit', onSubmit);
  document.addEventListener('htmx:configRequest', ({ detail }) => {
    detail.headers['X-CSRFToken'] = token();
    delete detail.parameters.csrfmiddlewaretoken; // the form's own counts first, and is of before the last signing in
  });
  document.addEventListener('htmx:responseError', async ({ detail }) => {
    if (detail.xhr.status !== 401 || !(await signInAgain())) return;
    const { verb, path, elt, target } = detail.requestConfig;
    htmx.ajax(verb, path, { source: elt, target });
  });
}
