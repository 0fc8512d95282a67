// What happens elsewhere reaches this page as events on the body: live-orders, live-transfers, live-matter,
// live-danger, live-peers, live-reach. detail: {id, kind, matter, order, transfer, danger}; {stale: true} when
// something was missed that cannot be told any more.

import { watchAlarms } from './alarm.js';
import { Line } from './line.js';

const ABOUT = ['orders', 'transfers', 'matter', 'danger', 'peers', 'reach'];
const SAID_AFTER = 2_000; // a line that is back sooner was hardly missed
const HEALED_FOR = 5_000;
const PACE = 1_000; // a part need not be drawn more often than it can be read
const AT_LATEST = 1_000; // milliseconds after the page has loaded until its line opens, however busy it is

const place = document.getElementById('live');
const sign = document.getElementById('line');
const matter = document.body.dataset.liveMatter ?? '';

function fire(about, detail) {
  document.body.dispatchEvent(new CustomEvent(`live-${about}`, { detail, bubbles: true }));
}

// The first at once, then the newest of those that came meanwhile; a danger never waits.
const held = new Map();
function paced(about, detail) {
  if (about === 'danger') {
    fire(about, detail);
    return;
  }
  if (held.has(about)) {
    held.set(about, detail);
    return;
  }
  fire(about, detail);
  const release = () => {
    const newest = held.get(about);
    held.delete(about);
    if (newest) paced(about, newest);
  };
  held.set(about, undefined);
  setTimeout(release, PACE);
}

function heard(name, { about, ...detail }) {
  if (name === 'stale') {
    for (const one of ABOUT) fire(one, { stale: true });
    return;
  }
  for (const one of about) {
    if (one !== 'matter' || detail.matter === matter) paced(one, detail);
  }
}

let said = '';
let saying;
function say(state, text, look) {
  clearTimeout(saying);
  said = state;
  sign.textContent = text;
  sign.className = look ? `line line--${look}` : 'line';
}

let waiting = false;
function state(name, message) {
  if (name === 'refused') {
    waiting = false;
    say('refused', message, 'lost');
  } else if (name === 'lost') {
    if (waiting || said === 'lost' || said === 'refused') return;
    waiting = true;
    clearTimeout(saying);
    saying = setTimeout(() => {
      waiting = false;
      say('lost', '正在重连…', 'lost');
    }, SAID_AFTER);
  } else {
    const was = said;
    if (waiting) clearTimeout(saying);
    waiting = false;
    if (was === 'lost' || was === 'refused') {
      say('up', '已恢复', 'well');
      saying = setTimeout(() => say('up', '已连接'), HEALED_FOR);
    } else if (was !== 'up') {
      say('up', '已连接');
    }
  }
}

const { address, after, person, shared } = place.dataset;
const joining = { address, after: after === '' ? null : Number(after), matter };

function alone() {
  const line = new Line(address, heard, state);
  line.after = joining.after;
  line.matters = matter ? [matter] : [];
  line.open();
}

function together() {
  // By the person's name: who signs in after another does not get the other's line.
  const worker = new SharedWorker(shared, { type: 'module', name: `live-${person}` });
  worker.onerror = alone;
  worker.port.addEventListener('message', ({ data }) => {
    if (data.name) heard(data.name, data.data);
    else state(data.state, data.message);
  });
  worker.port.start();
  worker.port.postMessage({ join: joining });
  addEventListener('pagehide', () => worker.port.postMessage({ leave: true }));
  addEventListener('pageshow', (event) => {
    if (event.persisted) worker.port.postMessage({ join: joining });
  });
}

/** The page itself comes first. Its mark says how far it was heard, so nothing that happens meanwhile is missed. */
function begin() {
  const open = 'SharedWorker' in globalThis ? together : alone;
  if (window.requestIdleCallback) window.requestIdleCallback(open, { timeout: AT_LATEST });
  else open();
}

watchAlarms();
if (document.readyState === 'complete') begin();
else addEventListener('load', begin, { once: true });
