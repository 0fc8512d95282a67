// Nothing typed is ever lost: every change goes to this browser's store at once, and to the server (sealed there) when
// the typing pauses and when the page is left. The address names the draft, so reloading, the back button and signing
// in again all come back to it. A form accepted meanwhile never becomes a draft again: the server says so.
import { know } from './calls-combobox.js';
import { PERSONAL, entries, forget, load, store } from './calls-store.js';
import { token } from './session.js';
import { toast } from './toasts.js';

const PAUSE = 2000; // milliseconds after the last key until the server is told
const STALE = 10000; // an entry untouched for so long belongs to no window that is typing
const NOT_CONTENT = ['csrfmiddlewaretoken', 'key', 'version', 'after'];

const form = document.getElementById('call');
const status = document.getElementById('kept');
const here = form.dataset.here;

let key = form.elements.key.value;
let version = Number(form.elements.version.value) || 0;
let timer = 0;
let changed = false; // since the server was last told
let leaving = false;
let saving = null;
let until = ''; // the moment at which the server clears the draft; no copy here outlasts it
let found = null; // the words with which the page was opened

function words() {
  const said = {};
  for (const [name, value] of new FormData(form)) if (!NOT_CONTENT.includes(name) && value) said[name] = value;
  return said;
}

function body(said, of, at) {
  return new URLSearchParams({ ...said, key: of, version: at, csrfmiddlewaretoken: token() });
}

function post(of, said, at) {
  return fetch(`${form.dataset.drafts}${of}/`, {
    method: 'POST', body: body(said, of, at), headers: { 'X-Requested-With': 'fetch', 'X-CSRFToken': token() },
  });
}

function tell(text, kind = '') {
  status.textContent = text;
  status.dataset.kind = kind;
}

function clock() {
  return new Date().toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit' });
}

function name() {
  history.replaceState(history.state, '', `${here}?draft=${key}`);
}

function keepHere() {
  store(key, { said: words(), version, kept: false, at: Date.now(), until });
}

/** Tell the server; one telling at a time, and the last words always get there. */
async function keep() {
  clearTimeout(timer);
  if (saving) return saving;
  saving = send().finally(() => { saving = null; });
  await saving;
  if (changed && !leaving) timer = setTimeout(keep, PAUSE);
}

async function send() {
  changed = false;
  const [own, said] = [key, words()];
  let answer;
  try {
    answer = await post(own, said, version);
  } catch {
    changed = true;
    return tell('网络不通，内容已存在本机，恢复后自动上传。', 'soon');
  }
  if (answer.ok) return kept(own, said, await answer.json());
  if (answer.status === 401) return tell('登录已过期，内容已存在本机；受理时会请您重新登录。', 'soon');
  if (answer.status === 409) return conflict(await answer.json());
  return tell('草稿没有上传，内容已存在本机。', 'soon');
}

function kept(own, said, answer) {
  version = answer.version;
  until = answer.discard_by ?? '';
  form.elements.version.value = version;
  if (!changed && version) store(own, { said, version, kept: true, at: Date.now(), until });
  if (!version) forget(own);
  found = null;
  tell(version ? `草稿已保存 ${clock()}` : '');
}

function same(one, other) {
  const sorted = (said) => JSON.stringify(Object.entries(said ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(one) === sorted(other);
}

function conflict({ code, detail, order_number: number, version: newest, said }) {
  if (code === 'draft_accepted') {
    forget(key);
    leaving = true;
    return tell(`这份内容已受理为 ${number}。请按 F2 接下一个来电。`, 'soon');
  }
  if (same(said, found)) {
    // What the page before this one sent while it was left: these very words, only counted once more.
    version = newest;
    changed = true;
    return undefined;
  }
  // Another window has written on: what stands here becomes a draft of its own.
  forget(key);
  const bytes = [...window.crypto.getRandomValues(new Uint8Array(16))];
  key = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  version = 0;
  form.elements.key.value = key;
  form.elements.version.value = 0;
  keepHere();
  name();
  changed = true;
  return tell(detail, 'soon');
}

function typed() {
  changed = true;
  name();
  keepHere();
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
}

form.addEventListener('input', typed);
form.addEventListener('change', typed);
window.addEventListener('online', () => changed && keep());

/** The last words while the page goes. 64 KB at most go this way; what is longer waits here for the next opening. */
function last() {
  if (!changed || leaving) return;
  if (navigator.sendBeacon(`${form.dataset.drafts}${key}/`, body(words(), key, version))) changed = false;
}

window.addEventListener('pagehide', last);
// Registered after session.js: a form it has stopped is not on its way yet.
document.addEventListener('submit', (event) => {
  if (event.target !== form) return last(); // signing out: while the session still lives
  if (event.defaultPrevented) return;
  clearTimeout(timer);
  leaving = true;
  const entry = load(key);
  if (entry) store(key, { ...entry, kept: false });
});

function fill(said) {
  for (const field of form.elements) {
    if (!field.name || NOT_CONTENT.includes(field.name) || field.type === 'submit' || field.type === 'button') continue;
    if (field.type === 'radio' || field.type === 'checkbox') field.checked = said[field.name] === field.value;
    else {
      if (field.tagName === 'SELECT') know(field, said[field.name]);
      field.value = said[field.name] ?? '';
    }
    if (field.tagName === 'SELECT') field.dispatchEvent(new Event('change'));
  }
}

/** What this browser has and the server has not: typed when the line was cut or the session over. */
function restore() {
  const entry = load(key);
  if (entry && entry.version >= version && !entry.kept && !same(entry.said, words())) {
    fill(entry.said);
    changed = true;
    tell('已恢复本机保存的内容。', 'calm');
    keep();
  }
  found = words();
  const written = [...PERSONAL, 'content', 'title', 'address', 'signal'];
  if (written.some((one) => form.elements[one]?.value.trim())) name();
}

/** Drafts of windows that are gone: hand them to the server, where 我的草稿 lists them. */
async function handOver() {
  let sent = 0;
  for (const [own, entry] of entries()) {
    if (own === key || entry.kept || Date.now() - entry.at < STALE) continue;
    try {
      const answer = await post(own, entry.said, entry.version);
      if (answer.ok) sent += 1;
      if (answer.ok || answer.status === 409) forget(own);
    } catch {
      return; // no line: they stay where they are
    }
  }
  if (sent) toast({ text: `本机有${sent}份未送达的草稿，已存入“我的草稿”。`, kind: 'calm' });
}

restore();
handOver();
