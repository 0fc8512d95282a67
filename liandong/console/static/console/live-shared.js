// One line for all windows of a browser: a browser keeps few connections to a server, and each window would hold one.

import { Line } from './line.js';

const MATTERS = 20;
const pages = new Map(); // port → number of the matter its page is about
let line;
let last = { state: '' };

function all(message) {
  for (const port of pages.keys()) port.postMessage(message);
}

function join(port, { address, after, matter }) {
  pages.set(port, matter);
  line ??= new Line(
    address,
    (name, data) => all({ name, data }),
    (state, message) => {
      last = { state, message };
      all(last);
    },
  );
  // Asked for from where the new page stands: it may be older than what the line has heard since.
  if (after !== null && (line.after === null || after < line.after)) line.after = after;
  line.matters = [...new Set([...pages.values()].filter(Boolean))].slice(-MATTERS);
  if (last.state) port.postMessage(last);
  line.open();
}

self.addEventListener('connect', ({ ports: [port] }) => {
  port.addEventListener('message', ({ data }) => {
    if (data.join) join(port, data.join);
    else if (data.leave) pages.delete(port);
    if (!pages.size) line?.close();
  });
  port.start();
});
