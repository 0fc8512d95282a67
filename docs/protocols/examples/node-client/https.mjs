// The https channel as linkage.md has it, for a node that nobody can call: it posts, and fetches what lies there for it.
import { request } from "node:https";

export function channel({ peer, https }, read) {
  const secure = { cert: read(https.certificate), key: read(https.key), ca: read(https.ca), servername: https.host };
  const call = (method, path, body = "", type = "application/json") =>
    new Promise((done, failed) => {
      const headers = body ? { "Content-Type": type, "Content-Length": Buffer.byteLength(body) } : {};
      const asked = request(new URL(path, https.address), { method, headers, timeout: 8000, ...secure }, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode >= 300) failed(new Error(`${peer}: ${answer.statusCode} ${text}`));
          else done({ status: answer.statusCode, text, parcel: answer.headers["x-parcel"] });
        });
      });
      asked.on("timeout", () => asked.destroy(new Error(`${peer}: no answer`)));
      asked.on("error", failed);
      asked.end(body);
    });
  let fetched = { left: 0, refused: false };
  return {
    async send(envelopes) {
      if (!envelopes.length) return [];
      const lines = envelopes.map((one) => `${one}\n`).join("");
      const said = JSON.parse((await call("POST", "/peers/v1/messages", lines, "application/x-ndjson")).text);
      for (const one of said.refused) console.log(JSON.stringify({ refused: one.line, why: one.problem }));
      return said.receipt ? [{ text: JSON.stringify(said.receipt) }] : [];
    },
    async fetch() {
      const answer = await call("GET", "/peers/v1/messages");
      if (answer.status === 204) return [];
      const lines = answer.text.split("\n").filter(Boolean);
      fetched = { left: lines.length, refused: false };
      return lines.map((text) => ({ name: answer.parcel, text }));
    },
    // A parcel is settled as a whole, when its last line is kept.
    async settle(name) {
      fetched.left -= 1;
      if (fetched.left === 0 && !fetched.refused) await call("POST", "/peers/v1/settled", JSON.stringify({ parcel: name }));
    },
    async refuse() {
      fetched.left -= 1;
      fetched.refused = true; // comes again; a person at this side must look
    },
  };
}
