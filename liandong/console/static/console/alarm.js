// The alarm: as long as a danger waits that nobody at the desk knows of, the title flashes, a tone sounds, the bar is
// there.

import { ask } from './session.js';

const FLASH = 1_000;
const TONES = 2_400; // milliseconds between two pairs of tones
const AGAIN = 2_000;
const SAID_FOR = 6_000; // what the last press found stays as long, though the bar is drawn anew meanwhile

const title = document.title;
let flashing;
let sounding;
let tones;
let again;
let said; // the paragraph with what the last press found

const bar = () => document.getElementById('alarm');
const unasked = () => document.getElementById('sound');

function ring() {
  flashing ??= setInterval(() => {
    document.title = document.title === title ? `【险情】${title}` : title;
  }, FLASH);
  document.title = `【险情】${title}`;
  sounding ??= setInterval(tone, TONES);
  tone();
}

function rest() {
  clearInterval(flashing);
  clearInterval(sounding);
  flashing = sounding = undefined;
  document.title = title;
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

async function tone() {
  if (!(await maySound())) return;
  [880, 660].forEach((height, place) => {
    const start = tones.currentTime + place * 0.3;
    const voice = new OscillatorNode(tones, { type: 'square', frequency: height });
    const loud = new GainNode(tones, { gain: 0.15 });
    voice.connect(loud).connect(tones.destination);
    voice.start(start);
    voice.stop(start + 0.25);
  });
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

const PART = { 'X-Part': 'alarm', 'X-Requested-With': 'fetch' };

async function refresh() {
  clearTimeout(again);
  try {
    const answer = await fetch(bar().dataset.part, { headers: PART, cache: 'no-store' });
    if (answer.status === 401) return; // the line of who signed out is ended and says so
    if (!answer.ok) throw new Error(`the bar was not given: ${answer.status}`);
    put(await answer.text());
  } catch {
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
  if (answer) put(await answer.text());
}

/** Follow the alarm of this page's desk; nothing happens on pages of people who have none. */
export function watchAlarms() {
  if (!bar()) return;
  document.body.addEventListener('live-danger', refresh);
  document.addEventListener('submit', acknowledge);
  for (const touch of ['pointerdown', 'keydown']) document.addEventListener(touch, maySound, { once: true });
  unasked()?.querySelector('button').addEventListener('click', tone);
  maySound();
  look();
}
