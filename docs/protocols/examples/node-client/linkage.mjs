// What linkage.md says about a message: canonical bytes, SM3, SM2, numbers, envelopes. Node's own crypto and nothing else.
import { createECDH, createHash, createPrivateKey, createPublicKey, randomBytes } from "node:crypto";

export const sm3 = (...parts) => createHash("sm3").update(Buffer.concat(parts.map((one) => Buffer.from(one)))).digest();

// RFC 8785 is defined by what JSON.stringify does to a text or a number; only the order of names is ours to see to.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

// SM2 by hand: crypto.sign("sm3", …) takes this curve, but with an EMPTY user id, and nobody can verify what it signs.
const [P, A, B, N, GX, GY] = [
  "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF", "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC",
  "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93", "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123",
  "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7", "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0",
].map((hex) => BigInt(`0x${hex}`));
const mod = (a, m) => ((a % m) + m) % m;
const number = (bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const bytes32 = (a) => Buffer.from(a.toString(16).padStart(64, "0"), "hex");
function inverse(a, m) {
  let [r, s, x, y] = [mod(a, m), m, 1n, 0n];
  while (s) [r, s, x, y] = [s, r % s, y, x - (r / s) * y];
  return mod(x, m);
}
function add(p, q) {
  if (!p || !q) return p || q;
  if (p[0] === q[0] && mod(p[1] + q[1], P) === 0n) return null;
  const slope = p[0] === q[0] ? (3n * p[0] ** 2n + A) * inverse(2n * p[1], P) : (q[1] - p[1]) * inverse(q[0] - p[0], P);
  const x = mod(slope ** 2n - p[0] - q[0], P);
  return [x, mod(slope * (p[0] - x) - p[1], P)];
}
function times(k, p) {
  let found = null;
  for (const bit of k.toString(2)) found = bit === "1" ? add(add(found, found), p) : add(found, found);
  return found;
}
function digest(message, [x, y]) {
  const id = Buffer.from("1234567812345678");
  return number(sm3(sm3([0, 128], id, ...[A, B, GX, GY, x, y].map(bytes32)), message));
}
const point = (raw) => [number(raw.subarray(1, 33)), number(raw.subarray(33, 65))];
const ofPem = (pem) => point(createPublicKey(pem).export({ type: "spki", format: "der" }).subarray(-65));
function der(a) {
  const raw = Buffer.from(a.toString(16).padStart(2 * Math.ceil(a.toString(16).length / 2), "0"), "hex");
  const body = raw[0] > 127 ? Buffer.concat([[0], raw].map((one) => Buffer.from(one))) : raw;
  return Buffer.concat([Buffer.from([2, body.length]), body]);
}
export function sign(message, privatePem) {
  // The private number stands behind this mark. (Asked for "sec1" of this curve, Node 20 crashes.)
  const raw = createPrivateKey(privatePem).export({ type: "pkcs8", format: "der" });
  const d = number(raw.subarray(raw.indexOf("0201010420", 0, "hex") + 5).subarray(0, 32));
  const e = digest(message, ofPem(privatePem));
  const once = createECDH("SM2");
  once.generateKeys();
  const r = mod(e + point(once.getPublicKey())[0], N);
  const k = number(once.getPrivateKey());
  const s = mod(inverse(1n + d, N) * (k - r * d), N);
  if (r === 0n || r + k === N || s === 0n) return sign(message, privatePem);
  const body = Buffer.concat([der(r), der(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]).toString("base64");
}
export function verifies(message, signature, publicPem) {
  const raw = Buffer.from(signature, "base64");
  const r = number(raw.subarray(4, 4 + raw[3]));
  const s = number(raw.subarray(6 + raw[3]));
  const own = ofPem(publicPem);
  const t = mod(r + s, N);
  if (raw.toString("base64") !== signature || r < 1n || r >= N || s < 1n || s >= N || t === 0n) return false;
  const sum = add(times(s, [GX, GY]), times(t, own));
  return sum !== null && mod(digest(message, own) + sum[0], N) === r;
}

// 140900 L 20261124 00000001 and the check character: ISO 7064 MOD 37,36.
export function numbered(division, letter, day, serial) {
  const text = `${division}${letter}${day}${String(serial).padStart(8, "0")}`;
  let p = 36;
  for (const one of text) p = (((p + parseInt(one, 36)) % 36 || 36) * 2) % 37;
  return text + ((37 - p) % 36).toString(36).toUpperCase();
}
export function uuid7(now = Date.now()) {
  const raw = Buffer.concat([Buffer.from(now.toString(16).padStart(12, "0"), "hex"), randomBytes(10)]);
  raw[6] = 0x70 | (raw[6] & 15);
  raw[8] = 0x80 | (raw[8] & 63);
  return raw.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
export const moment = (at) => at.toISOString().replace("Z", "000Z");
export const hashed = ({ transfer, seq, kind, verb, author, person, at, body, deadlines, prev }) =>
  sm3(canonical({ transfer, seq, kind, verb, author, person, at, body, deadlines, prev })).toString("hex");

export function enveloped(kind, data, serial, { me, peer, keyid, privatePem }) {
  const subject = kind === "matter" ? data.linkage_number : data.transfer;
  const envelope = {
    specversion: "1.0", id: uuid7(), source: `/nodes/${me}`, type: `cn.liandong.${kind}.v1`, ...(subject && { subject }),
    time: moment(new Date()), datacontenttype: "application/json", dataschema: `urn:liandong:message:${kind}:v1`,
    receiver: peer, peerseq: serial, keyid, data,
  };
  return canonical({ ...envelope, signature: sign(canonical(envelope), privatePem) });
}
// The message of a text for us; why it is refused is thrown, by its code in linkage.md.
export function opened(text, { me, peer, known }) {
  const { signature, ...envelope } = JSON.parse(text);
  if (envelope.receiver !== me) throw new Error("wrong_receiver");
  if (envelope.source !== `/nodes/${peer}` || !known[envelope.keyid]) throw new Error("sender_key_unknown");
  if (!verifies(canonical(envelope), signature, known[envelope.keyid])) throw new Error("signature_bad");
  return { ...envelope, kind: envelope.type.split(".")[2] };
}
