"""The checks that are one question to the database each: what a row of the answer says is a violation.

The first column is the number it is about, the others are evidence.
"""

from __future__ import annotations

NO_LEAD = """
SELECT m.number FROM intake_matter m WHERE m.state = 'open' AND
    (SELECT count(*) FROM intake_custody c WHERE c.matter_id = m.id AND c.role = 'lead' AND c.until IS NULL) <> 1
"""
RUNNING_AFTER_END = """
SELECT m.number, c.party FROM intake_matter m JOIN intake_custody c ON c.matter_id = m.id
WHERE m.state = 'closed' AND c.until IS NULL
"""
TILES = """
SELECT m.number, m.opened_at, m.closed_at, c.since, c.until FROM intake_matter m
LEFT JOIN intake_custody c ON c.matter_id = m.id AND c.role = 'lead'
ORDER BY m.id, c.since, c.until NULLS LAST, c.id
"""
OPEN_MATTER_ENDED = """
SELECT m.number, m.transfers_open FROM intake_matter m WHERE
    m.transfers_open <> (SELECT count(*) FROM transfer_transfer t WHERE t.matter_id = m.id AND t.ended_at IS NULL)
    OR (m.state = 'closed' AND EXISTS (SELECT FROM intake_order o WHERE o.matter_id = m.id AND o.closed_at IS NULL))
    OR (m.state = 'open' AND m.transfers_open = 0
        AND NOT EXISTS (SELECT FROM intake_order o WHERE o.matter_id = m.id AND o.closed_at IS NULL))
"""
ACCEPTED_LOST = """
SELECT e.subject, e.body::jsonb #>> '{detail,order}' FROM audit_event e
WHERE e.kind = 'order.accepted' AND NOT EXISTS (
    SELECT FROM intake_order o JOIN intake_matter m ON m.id = o.matter_id
    WHERE m.number = e.subject AND o.number = e.body::jsonb #>> '{detail,order}')
"""
ANSWER_LOST = """
SELECT coalesce(k.answer::jsonb ->> 'linkage_number', k.key), k.key FROM intake_acceptedkey k WHERE NOT EXISTS (
    SELECT FROM intake_order o JOIN intake_matter m ON m.id = o.matter_id
    WHERE m.number = k.answer::jsonb ->> 'linkage_number' AND o.number = k.answer::jsonb ->> 'order_number')
"""
FACT_ASIDE = "SELECT id::text, kind, trouble FROM kernel_fact WHERE set_aside_at IS NOT NULL"
FACT_MISSING = """
SELECT m.number FROM intake_matter m WHERE NOT EXISTS (
    SELECT FROM kernel_fact f WHERE f.kind = 'order.accepted' AND f.payload ->> 'matter' = m.number)
"""
DUE_ASIDE = "SELECT subject::text, loop, trouble FROM kernel_setaside"
EXTERNAL_TWICE = """
SELECT min(number), system, external_id, count(*) FROM intake_order WHERE external_id <> ''
GROUP BY system, external_id HAVING count(*) > 1
"""
KEY_TWICE = "SELECT key, system, count(*) FROM intake_acceptedkey GROUP BY system, key HAVING count(*) > 1"
ACCEPTED_TWICE = """
SELECT subject, count(*) FROM audit_event WHERE kind = 'order.accepted' GROUP BY subject HAVING count(*) > 1
"""
NO_CLOCK = """
SELECT m.number FROM intake_matter m WHERE m.state = 'open' AND NOT EXISTS (
    SELECT FROM intake_custody c JOIN intake_order o ON o.matter_id = m.id AND o.desk = c.party
    WHERE c.matter_id = m.id AND c.until IS NULL AND o.closed_at IS NULL
        AND (o.answer_by IS NOT NULL OR o.followup_by IS NOT NULL)
    UNION ALL
    SELECT FROM intake_custody c JOIN transfer_transfer t ON t.matter_id = m.id AND c.party IN (t.origin, t.target)
    WHERE c.matter_id = m.id AND c.until IS NULL AND t.ended_at IS NULL
        AND coalesce(t.accept_by, t.decide_by, t.settle_by, t.conclude_by, t.confirm_by) IS NOT NULL)
"""
TRANSFER_NO_CLOCK = """
SELECT m.number, t.number, t.state FROM transfer_transfer t JOIN intake_matter m ON m.id = t.matter_id
WHERE t.ended_at IS NULL AND coalesce(t.accept_by, t.decide_by, t.settle_by, t.conclude_by, t.confirm_by) IS NULL
"""
STEP_NOT_IN_TRAIL = """
WITH told AS (
    SELECT subject, body::jsonb -> 'detail' AS step FROM audit_event WHERE kind = 'transfer.step'
), kept AS (
    SELECT t.number, s.seq, encode(s.hash, 'hex') AS hash, m.number AS matter
    FROM transfer_steprow s JOIN transfer_transfer t ON t.id = s.transfer_id JOIN intake_matter m ON m.id = t.matter_id
)
SELECT coalesce(k.matter, t.subject), coalesce(k.number, t.step ->> 'transfer'), coalesce(k.seq::text, t.step ->> 'seq')
FROM kept k FULL JOIN told t ON t.subject = k.matter AND t.step ->> 'transfer' = k.number
    AND (t.step ->> 'seq')::int = k.seq AND t.step ->> 'hash' = k.hash
WHERE k.number IS NULL OR t.subject IS NULL
"""
DANGER_LATE = """
SELECT m.number, m.danger_at FROM intake_matter m JOIN identity_desk d ON d.code = m.first_desk
WHERE m.danger_at IS NOT NULL AND d.kind <> 'city_110' AND NOT EXISTS (
    SELECT FROM transfer_transfer t WHERE t.matter_id = m.id AND t.kind = 'danger'
    AND t.opened_at BETWEEN m.danger_at AND m.danger_at + interval '1 second')
"""
DANGER_REFUSED = """
SELECT m.number, t.number, s.verb FROM transfer_steprow s JOIN transfer_transfer t ON t.id = s.transfer_id
JOIN intake_matter m ON m.id = t.matter_id
WHERE t.kind = 'danger' AND s.verb NOT IN ('offer', 'accept', 'conclude', 'confirm', 'not_solved')
"""
DANGER_OPENED = """
SELECT m.number, t.number FROM transfer_transfer t JOIN intake_matter m ON m.id = t.matter_id
LEFT JOIN transfer_steprow s ON s.transfer_id = t.id AND s.seq = 1
WHERE t.kind = 'danger' AND (s.at IS DISTINCT FROM t.opened_at OR t.opened_at < m.danger_at OR m.danger_at IS NULL)
"""
