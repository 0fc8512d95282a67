// This browser's copies of drafts: one entry a draft, under the person who wrote it.

const me = document.querySelector('meta[name="person"]')?.content ?? '';
const PREFIX = 'draft:';
/** What identifies the caller. It does not outlast the person's time at this screen. */
export const PERSONAL = ['caller_phone', 'caller_name', 'caller_identity'];

function name(key) {
  return `${PREFIX}${me}:${key}`;
}

export function load(key) {
  return read(name(key));
}

function read(at) {
  try {
    return JSON.parse(localStorage.getItem(at));
  } catch {
    localStorage.removeItem(at); // not ours, or cut off: nothing can be read from it
    return null;
  }
}

/** Keep an entry. When the store is full the server's copy has to do; the next keeping tells whether that went well. */
export function store(key, entry) {
  try {
    localStorage.setItem(name(key), JSON.stringify(entry));
  } catch (why) {
    console.warn('draft not kept in this browser:', why.name);
  }
}

export function forget(key) {
  localStorage.removeItem(name(key));
}

function all() {
  return Object.keys(localStorage).filter((at) => at.startsWith(PREFIX));
}

function withoutCaller(at, entry) {
  const said = Object.fromEntries(Object.entries(entry.said).filter(([one]) => !PERSONAL.includes(one)));
  localStorage.setItem(at, JSON.stringify({ ...entry, said }));
}

/** The person's entries as [key, entry]. Those whose time is over go; of other people's the caller goes. */
export function entries() {
  const found = [];
  for (const at of all()) {
    const entry = read(at);
    if (!entry) continue;
    if (entry.until && Date.now() > Date.parse(entry.until)) localStorage.removeItem(at);
    else if (at.startsWith(`${PREFIX}${me}:`)) found.push([at.slice(name('').length), entry]);
    else withoutCaller(at, entry);
  }
  return found;
}

/** Signing out: what the server has goes; of the rest the words stay and the caller goes. */
export function leave() {
  for (const at of all()) {
    const entry = read(at);
    if (entry?.kept) localStorage.removeItem(at);
    else if (entry) withoutCaller(at, entry);
  }
}
