// One line to the server: what happens comes as server-sent events; a line that is lost opens again by itself and asks
// for what it missed. Used by a page, or by one worker for all windows of a browser.

const SILENCE = 40_000; // milliseconds without a sign of life: the line is dead, though nobody said so
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

export class Line {
  /**
   * `heard(name, data)`: `fact` with its ids, or `stale` when something was missed for good.
   * `state(name, message)`: `up`, `lost`, or `refused` with the server's sentence.
   */
  constructor(address, heard, state) {
    this.address = address;
    this.heard = heard;
    this.state = state;
    this.after = null;
    this.matters = [];
    this.pause = FIRST_PAUSE;
  }

  open() {
    this.close();
    const source = new EventSource(this.#asked());
    this.source = source;
    source.onerror = () => this.#lost(source);
    for (const name of ['fact', 'stale', 'beat', 'deaf']) {
      source.addEventListener(name, (event) => this.#came(source, name, event));
    }
    this.#watch(source);
  }

  close() {
    clearTimeout(this.silence);
    clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  }

  #asked() {
    const asked = new URLSearchParams(this.matters.map((matter) => ['matter', matter]));
    if (this.after !== null) asked.set('after', this.after);
    return `${this.address}?${asked}`;
  }

  #came(source, name, event) {
    if (source !== this.source) return;
    this.after = Number(event.lastEventId);
    this.#watch(source);
    if (name === 'deaf') {
      // The line stands, but the server itself hears nothing at the moment.
      this.state('lost');
      return;
    }
    this.pause = FIRST_PAUSE;
    this.state('up');
    if (name !== 'beat') this.heard(name, JSON.parse(event.data));
  }

  #watch(source) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      if (source !== this.source) return;
      this.state('lost');
      this.open();
    }, SILENCE);
  }

  #lost(source) {
    if (source !== this.source) return;
    this.state('lost');
    // A browser comes back by itself after a broken connection, but not after a refusal.
    if (source.readyState === EventSource.CLOSED) this.#ask();
  }

  // An EventSource does not tell why it was refused: ask again in a way that does.
  async #ask() {
    this.close();
    const stop = new AbortController();
    let refusal;
    try {
      const answer = await fetch(this.#asked(), { signal: stop.signal, cache: 'no-store' });
      if (!answer.ok) refusal = (await answer.json()).message;
    } catch {
      // No server, or none that speaks for us (a proxy's page): the state says that already.
    }
    stop.abort();
    if (refusal) this.state('refused', refusal);
    this.again = setTimeout(() => this.open(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }
}
