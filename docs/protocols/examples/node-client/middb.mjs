// The joint database, by the psql program so that nothing has to be installed. With a driver: bind the values instead.
import { execFileSync } from "node:child_process";

const quoted = (text) => `'${text.replaceAll("'", "''")}'`; // standard_conforming_strings is on by default

export function channel({ me, peer, side, psql = "psql", env }) {
  const [out, into] = side === "police" ? ["police_to_gov", "gov_to_police"] : ["gov_to_police", "police_to_gov"];
  const run = (sql) =>
    execFileSync(psql, ["-XqAt", "-v", "ON_ERROR_STOP=1"], {
      input: sql, encoding: "utf8", maxBuffer: 1 << 30, timeout: 15000,
      env: { ...process.env, ...env, PGCLIENTENCODING: "UTF8", PGCONNECT_TIMEOUT: "5" },
    }).split("\n").filter(Boolean);
  const handle = (id, outcome, why) =>
    run(`INSERT INTO handled (outbox, row_id, row_at, node, outcome, why)
         SELECT '${into}', id, written_at, ${quoted(me)}, '${outcome}', ${quoted(why)} FROM ${into} WHERE id = ${Number(id)};`);
  return {
    async send(envelopes) {
      const rows = envelopes.map((one) => {
        const urgent = JSON.parse(one).urgent === true;
        return `INSERT INTO ${out} (sender, receiver, urgent, envelope)
                VALUES (${quoted(me)}, ${quoted(peer)}, ${urgent}, ${quoted(one)});`;
      });
      if (rows.length) run(`BEGIN; ${rows.join("\n")} COMMIT;`);
      return [];
    },
    async fetch() {
      return run(`SELECT json_build_object('name', o.id::text, 'text', o.envelope) FROM ${into} o
        WHERE o.sender = ${quoted(peer)} AND o.receiver = ${quoted(me)} AND NOT EXISTS (
          SELECT 1 FROM handled h WHERE h.outbox = '${into}' AND h.row_id = o.id AND h.row_at = o.written_at)
        ORDER BY o.urgent DESC, o.id LIMIT 500;`).map((line) => JSON.parse(line));
    },
    settle: async (name) => handle(name, "taken", ""),
    refuse: async (name, why) => handle(name, "refused", why),
  };
}
