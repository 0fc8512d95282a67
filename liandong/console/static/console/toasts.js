// Short messages above the page: what happened, what was kept, what to do next. Failures stay until they are closed.

const LASTS = 8000; // milliseconds a good message stays; pointer or focus on it stops the time

const NETWORK = {
  text: '网络不通，这次操作没有送到。',
  kept: '已填写的内容还在页面上。',
  next: '请检查网络后再按一次；紧急险情请直接电话联系对方台。',
};
// When an answer brings no words of its own (a proxy in front, a body too large for the server to read).
const BY_STATUS = {
  401: { text: '登录已过期。', next: '请重新登录后继续。' },
  403: { text: '您的岗位没有此项权限，或页面停留过久。', next: '请刷新页面后重试。' },
  404: { text: '没有找到。', next: '请刷新页面查看最新状态。' },
  408: { text: '内容未在规定时间内传完。', next: '请检查网络后再试。' },
  409: { text: '该记录已有变化。', next: '请刷新页面查看最新状态。' },
  413: { text: '提交的内容过大。', next: '请减少内容后分次提交。' },
  422: { text: '填写的内容有误。', next: '请按提示修改后再提交。' },
  429: { text: '操作过于频繁。', next: '请稍等片刻再试。' },
  503: { text: '系统暂时无法服务。', next: '请稍等一分钟再试；紧急险情请直接电话联系对方台。' },
};
const BROKEN = { text: '系统出现故障，这次操作可能没有保存。', next: '请核对后重试；仍不成功请联系系统管理员。' };
const KEPT = '已填写的内容还在页面上。';

function line(text, name) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function holder() {
  // A modal dialog makes everything outside it unreachable, its toasts stand inside.
  const dialog = [...document.querySelectorAll('dialog[open]')].pop();
  const outside = document.querySelector('.toasts');
  if (!dialog) return outside;
  const inside = dialog.querySelector('.toasts') ?? dialog.appendChild(outside.cloneNode());
  return inside;
}

/** Show `{text, kept, next, number, kind}`; kind is calm (goes by itself), soon or over. Returns the element. */
export function toast({ text, kept = '', next = '', number = '', kind = 'calm' }) {
  const place = holder();
  for (const old of place.children) if (old.dataset.text === text) old.remove();
  const element = document.createElement('div');
  element.className = `toast toast--${kind}`;
  element.dataset.text = text;
  if (kind === 'over') element.setAttribute('role', 'alert');
  const words = document.createElement('div');
  words.className = 'toast__text';
  words.append(line(text, 'strong'));
  for (const more of [kept, next, number && `故障编号 ${number}`]) if (more) words.append(line(more, 'span'));
  const close = document.createElement('button');
  close.type = 'button';
  close.className = 'toast__close';
  close.setAttribute('aria-label', '关闭提示');
  close.textContent = '✕';
  close.addEventListener('click', () => element.remove());
  element.append(words, close);
  place.append(element);
  if (kind === 'calm') goAway(element);
  return element;
}

function goAway(element) {
  let timer;
  const start = () => { timer = setTimeout(() => element.remove(), LASTS); };
  const stop = () => clearTimeout(timer);
  for (const name of ['mouseenter', 'focusin']) element.addEventListener(name, stop);
  for (const name of ['mouseleave', 'focusout']) element.addEventListener(name, start);
  start();
}

/** What an answer that failed says: `{text, kept, next, number, kind}`. */
export function failure(status, type, body, message) {
  const plain = { kept: KEPT, ...(BY_STATUS[status] ?? BROKEN), kind: 'over' };
  if (message) return { ...plain, text: decodeURIComponent(message) };
  if (!/json/.test(type ?? '')) return plain;
  try {
    const said = JSON.parse(body);
    return {
      ...plain, text: said.detail ?? plain.text, kept: said.kept ?? plain.kept, next: said.next ?? plain.next,
      number: said.number ?? '',
    };
  } catch {
    return plain;
  }
}

/** For `fetch`: the failure an answer tells; read its body only here. */
export async function failureOf(response) {
  const type = response.headers.get('Content-Type');
  return failure(response.status, type, await response.text(), response.headers.get('X-Message'));
}

export function noNetwork() {
  return toast({ ...NETWORK, kind: 'over' });
}

document.addEventListener('htmx:responseError', ({ detail: { xhr } }) => {
  if (xhr.status === 401) return; // session.js asks to sign in again
  const [type, message] = ['Content-Type', 'X-Message'].map((name) => xhr.getResponseHeader(name));
  toast(failure(xhr.status, type, xhr.responseText, message));
});
for (const name of ['htmx:sendError', 'htmx:timeout']) document.addEventListener(name, noNetwork);
document.addEventListener('htmx:afterRequest', ({ detail: { xhr, successful } }) => {
  const message = successful && xhr.getResponseHeader('X-Message');
  if (message) toast({ text: decodeURIComponent(message), kind: xhr.getResponseHeader('X-Message-Kind') ?? 'calm' });
});
