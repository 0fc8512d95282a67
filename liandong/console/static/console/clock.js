// Clocks that run: every element with data-due (and data-started) shows its time left and its colour.
// The rules are those of kernel/clockface.py. The time is the server's: a desk's own clock may be wrong by hours.

const SECOND = 1000;
const STATES = ['calm', 'soon', 'over'];

/** Milliseconds the server's clock is ahead of this machine's, measured for when the page's first byte came. */
const offset = (() => {
  const said = Number(document.querySelector('meta[name="server-time"]')?.content);
  const [entry] = performance.getEntriesByType('navigation');
  const ago = entry ? performance.now() - entry.responseStart : 0;
  return said ? said - (Date.now() - ago) : 0;
})();

/** The server's time now, in milliseconds. Of Date and not of performance: that one stands still while a PC sleeps. */
export function now() {
  return Date.now() + offset;
}

/** `2天3小时`, `1小时20分`, `5分`, `45秒`: two units at most, rounded down. */
export function span(milliseconds) {
  const seconds = Math.floor(milliseconds / SECOND);
  if (seconds < 120) return `${seconds}秒`;
  const parts = [
    [Math.floor(seconds / 86400), '天'],
    [Math.floor(seconds / 3600) % 24, '小时'],
    [Math.floor(seconds / 60) % 60, '分'],
  ];
  return parts.filter(([amount]) => amount).map(([amount, unit]) => `${amount}${unit}`).slice(0, 2).join('');
}

/** What a clock shows: calm, soon in the last third, over from the due moment on. */
export function face(started, due, moment) {
  const left = due - moment;
  if (left <= 0) return { state: 'over', text: `超时 ${span(-left)}` };
  return { state: left * 3 <= due - started ? 'soon' : 'calm', text: `剩 ${span(left)}` };
}

function show(element, moment) {
  const due = Date.parse(element.dataset.due);
  const started = Date.parse(element.dataset.started ?? element.dataset.due);
  const { state, text } = face(started, due, moment);
  if (element.textContent !== text) element.textContent = text;
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  for (const one of STATES) element.classList.toggle(`badge--${one}`, one === state);
}

export function tick() {
  const moment = now();
  for (const element of document.querySelectorAll('[data-due]')) show(element, moment);
  for (const element of document.querySelectorAll('[data-since]')) {
    element.textContent = span(moment - Date.parse(element.dataset.since));
  }
}

setInterval(tick, SECOND);
// A page in the background is not ticked every second; when it comes back it must not lie for one.
document.addEventListener('visibilitychange', () => document.hidden || tick());
document.addEventListener('htmx:afterSettle', tick);
tick();

