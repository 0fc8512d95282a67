// Hands one matter over and follows it. `node client.mjs config.json offer TITLE` · `node client.mjs config.json turn`
// A turn sends what has no receipt yet, takes in what came, and says what is stored. State is one file, written whole.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { enveloped, hashed, moment, numbered, opened } from "./linkage.mjs";

const [file, verb, title] = process.argv.slice(2);
const config = JSON.parse(readFileSync(file, "utf8"));
const read = (path) => readFileSync(resolve(dirname(file), path), "utf8");
const known = Object.fromEntries(Object.entries(config.known).map(([id, path]) => [id, read(path)]));
const own = { me: config.me, peer: config.peer, keyid: config.keyid, privatePem: read(config.key) };
const channel = (await import(`./${config.channel}.mjs`)).channel(config, read);

// serial: of the last message numbered. out: serial → envelope without receipt. got: id → serial. steps: transfer → steps.
const state = loaded() ?? { serial: 0, matters: 0, out: {}, got: {}, steps: {} };
function loaded() {
  try { return JSON.parse(read(config.state)); } catch (why) { if (why.code === "ENOENT") return null; throw why; }
}
function keep() {
  const path = resolve(dirname(file), config.state);
  writeFileSync(`${path}.new`, JSON.stringify(state), { flush: true });
  renameSync(`${path}.new`, path);
}
const tell = (what) => console.log(JSON.stringify(what));
const post = (kind, data) => { state.serial += 1; state.out[state.serial] = enveloped(kind, data, state.serial, own); };

function offer() {
  const [now, serial] = [new Date(), (state.matters += 1)];
  const day = new Date(now.getTime() + 8 * 3600e3).toISOString().slice(0, 10).replaceAll("-", "");
  const block = Math.floor((serial - 1) / 1000) * 50 + config.ordinal; // each node has blocks of numbers of its own
  const of = (letter) => numbered(config.division, letter, day, block * 1000 + ((serial - 1) % 1000) + 1);
  const [matter, order, transfer] = [of("L"), of("P"), of("T")];
  post("matter", {
    linkage_number: matter, division: config.division, first_desk: config.desk, opened_at: moment(now), snapshot: 1,
    order: { number: order, linkage_number: matter, kind: "police", desk: config.desk, state: "handed", urgency: "ordinary",
             nature: "help", title, content: title, received_at: moment(now), version: 1 },
  });
  const step = {
    transfer, seq: 1, kind: "divert", verb: "offer", author: config.desk, person: "李某", at: moment(now), prev: "0".repeat(64),
    body: { matter, target: config.target, urgency: "ordinary", reason: "无现实危险，属政务服务" },
    deadlines: { accept_by: moment(new Date(now.getTime() + 2 * 3600e3)) },
  };
  step.hash = hashed(step);
  state.steps[transfer] = [step];
  post("step", { ...step, origin_order: order });
  keep(); // before it goes: a message is made once and said in the same bytes ever after
  tell({ offered: transfer, matter });
}

function take(text) {
  const message = opened(text, { ...own, known });
  if (message.kind === "receipt") {
    const { stored_through, stored, refused } = message.data;
    for (const serial of Object.keys(state.out)) {
      if (serial <= stored_through || stored.includes(Number(serial))) delete state.out[serial];
    }
    tell({ stored_through, stored, refused });
  }
  if (message.peerseq === 0 || message.id in state.got) return message.peerseq;
  if (message.kind === "step") takeStep(message.data);
  state.got[message.id] = message.peerseq; // what is not a step is kept in a real system too; see messages.md
  return message.peerseq;
}

function takeStep(step) {
  const steps = state.steps[step.transfer] ?? [];
  const last = steps.at(-1);
  if (hashed(step) !== step.hash) throw new Error("hash_wrong");
  if (!last || step.seq !== last.seq + 1) return; // a client in earnest lets it wait for those before it
  if (step.prev !== last.hash) throw new Error("hash_wrong");
  if (step.author !== (last.verb === "offer" ? config.target : last.author)) throw new Error("not the holder");
  steps.push(step);
  tell({ transfer: step.transfer, verb: step.verb, by: step.person, prev: "verified" });
}

async function turn() {
  const answers = await channel.send(Object.values(state.out));
  let owed = false;
  for (const { name, text } of [...answers, ...(await channel.fetch())]) {
    try {
      owed = take(text) > 0 || owed;
      keep(); // first durable here, then settled there
      if (name) await channel.settle(name);
    } catch (why) {
      tell({ refused: name, why: why.message });
      if (name) await channel.refuse(name, why.message);
    }
  }
  if (!owed) return;
  const serials = new Set(Object.values(state.got));
  let through = 0;
  while (serials.has(through + 1)) through += 1;
  const stored = [...serials].filter((one) => one > through).sort((a, b) => a - b);
  await channel.send([enveloped("receipt", { stored_through: through, stored, refused: [] }, 0, own)]);
}

if (verb === "offer") offer();
await turn();
