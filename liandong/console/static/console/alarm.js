// The alarm: as long as a danger waits that nobody at the desk knows of, the title flashes, a tone sounds, the bar is
// there. Every window shows it; of several windows of one browser one sounds, the first that is allowed to.

import { ask } from './session.js';

const FLASH = 1_000;
const TONES = 2_400; // milliseconds between two pairs of tones
const AGAIN = 2_000;
const SAID_FOR = 6_000; // what the last press found stays as long, though the bar is drawn anew meanwhile

const title = document.title;
let flashing;
let turn; // asks for the lock that one window of this browser holds while it sounds
let tones;
let again;
let said; // the paragraph with what the last press found

const me = document.querySelector('meta[name=person]')?.content ?? '';
const among = `liandong-alarm-${me}`; // the windows in which this person is signed in
const others = new BroadcastChannel(among);

const bar = () => document.getElementById('alarm');
const unasked = () => document.getElementById('sound');

function ring() {
  flashing ??= setInterval(() => {
    document.title = document.title === title ? `【险情】${title}` : title;
    takeTurn();
  }, FLASH);
  document.title = `【险情】${title}`;
  takeTurn();
}

function rest() {
  clearInterval(flashing);
  turn?.abort();
  flashing = turn = undefined;
  document.title = title;
}

/** Ask for the turn to sound. A window that may not sound asks for none, and gives it up when it may no longer. */
async function takeTurn() {
  if (turn || !(await maySound()) || turn || !flashing) return;
  const own = turn = new AbortController();
  // Without TLS a browser offers locks on this machine only; then every window sounds, better than none.
  if (!navigator.locks) {
    sound(own);
    return;
  }
  const asked = navigator.locks.request(among, { signal: own.signal }, () => sound(own));
  asked.catch((why) => { if (why.name !== 'AbortError') throw why; });
}

/** Sound until `own` is aborted; a window that is closed gives its turn up by that. */
function sound(own) {
  const once = async () => {
    if (await tone()) return;
    own.abort();
    if (turn === own) turn = undefined;
  };
  const sounding = setInterval(once, TONES);
  once();
  return new Promise((silent) => {
    own.signal.addEventListener('abort', () => {
      clearInterval(sounding);
      silent();
    });
  });
}

function look() {
  if (bar()?.querySelector('[data-alarm]')) ring();
  else rest();
}

// A browser lets a page sound only after somebody has touched it. Whether it does is said, not hoped.
async function maySound() {
  tones ??= new AudioContext();
  if (tones.state !== 'running') {
    await Promise.race([tones.resume(), new Promise((go) => setTimeout(go, 300))]);
  }
  const may = tones.state === 'running';
  if (unasked()) unasked().hidden = may;
  return may;
}

/** Two tones. Returns whether they could be heard. */
async function tone() {
  if (!(await maySound())) return false;
  [880, 660].forEach((height, place) => {
    const start = tones.currentTime + place * 0.3;
    const voice = new OscillatorNode(tones, { type: 'square', frequency: height });
    const loud = new GainNode(tones, { gain: 0.15 });
    voice.connect(loud).connect(tones.destination);
    voice.start(start);
    voice.stop(start + 0.25);
  });
  return true;
}

function put(html) {
  const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('alarm');
  if (!fresh) throw new Error('no alarm in the answer');
  bar().replaceWith(document.adoptNode(fresh));
  const now = fresh.querySelector('.alarm__said');
  if (now) keep(now);
  else if (said) fresh.prepend(said);
  show();
  look();
}

function keep(paragraph) {
  said = paragraph;
  setTimeout(() => {
    if (said !== paragraph) return;
    said = undefined;
    paragraph.remove();
    show();
  }, SAID_FOR);
}

function show() {
  bar().hidden = bar().childElementCount === 0;
}

// Answers may come in another order than they were asked for: an older one never takes the place of a newer.
let asked = 0;
let shown = 0;

const PART = { 'X-Part': 'alarm', 'X-Requested-With': 'fetch' };

async function refresh() {
  clearTimeout(again);
  const mine = (asked += 1);
  try {
    const answer = await fetch(bar().dataset.part, { headers: PART, cache: 'no-store' });
    if (answer.status === 401) return; // the line of who signed out is ended and says so
    if (!answer.ok) throw new Error(`the bar was not given: ${answer.status}`);
    const text = await answer.text();
    if (mine < shown) return;
    shown = mine;
    put(text);
  } catch {
    if (mine < shown) return;
    // A danger is there and cannot be shown yet: it rings all the same, and the bar is asked for again.
    ring();
    if (!bar().childElementCount) {
      bar().append(Object.assign(document.createElement('p'), { textContent: '有险情，正在读取…' }));
      show();
    }
    again = setTimeout(refresh, AGAIN);
  }
}

async function acknowledge(event) {
  const form = event.target;
  if (!bar()?.contains(form)) return;
  event.preventDefault();
  // What stands in the way is told, and who has been signed out can sign in again on the spot.
  const answer = await ask(form.action, { method: 'POST', body: new FormData(form), headers: PART });
  if (!answer) return;
  put(await answer.text());
  // What was asked for while this was said may have been read before it, or know more: it is asked for anew.
  if (shown < asked) refresh();
  shown = asked;
  others.postMessage('acknowledged'); // the line tells it too, but may be cut
}

/** Follow the alarm of this page's desk; nothing happens on pages of people who have none. */
export function watchAlarms() {
  if (!bar()) return;
  document.body.addEventListener('live-danger', refresh);
  document.addEventListener('submit', acknowledge);
  others.addEventListener('message', refresh);
  for (const touch of ['pointerdown', 'keydown']) document.addEventListener(touch, maySound, { once: true });
  unasked()?.querySelector('button').addEventListener('click', tone);
  maySound();
  look();
}
