"""THE accept statement: one round trip, one durable commit, for one order or a thousand. Pure text.

It writes key, matter, order, custody, history, audit, seal queue and outbox from one array a column. An order whose
Idempotency-Key was used before writes nothing and does not come back; the caller then looks the old answer up. Of two
rows with one key only that whose answer was kept is new.
The same text runs under both drivers (`$n` parameters).
"""

from __future__ import annotations

from liandong.intake.accepting import COLUMNS
from liandong.kernel.ahead import AHEAD

_TYPES = {
    "at": "timestamptz",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "answer_by": "timestamptz",
    "closed_at": "timestamptz",
    "longitude": "float8",
    "latitude": "float8",
    "caller_name": "bytea",
    "caller_phone": "bytea",
    "caller_identity": "bytea",
    "phone_blind": "bytea",
    "identity_blind": "bytea",
    "audit_hash": "bytea",
    "closed_hash": "bytea",
    "key_body_hash": "bytea",
    "secret": "bool",
    "person": "int8",
}

_UNNEST = ", ".join(f"${n}::{_TYPES.get(name, 'text')}[]" for n, name in enumerate(COLUMNS, start=1))
_NAMES = ", ".join(f'"{name}"' for name in COLUMNS)

ACCEPT = f"""
WITH asked AS (
    SELECT * FROM unnest({_UNNEST}) AS t ({_NAMES})
), fresh_key AS (
    INSERT INTO intake_acceptedkey (system, key, body_hash, answer, at)
    SELECT key_system, key, key_body_hash, key_answer, at FROM asked WHERE key <> ''
    ON CONFLICT (system, key) DO NOTHING
    RETURNING system, key, answer
), new AS (
    SELECT * FROM asked a
    WHERE a.key = ''
       OR EXISTS (SELECT FROM fresh_key k WHERE k.system = a.key_system AND k.key = a.key AND k.answer = a.key_answer)
), matter AS (
    INSERT INTO intake_matter (number, division, first_desk, state, opened_at, closed_at, transfers_open, sent_back,
                               problem_why, danger_at, version)
    SELECT matter_number, division, desk, CASE WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END, at, closed_at, 0,
           0, '', CASE WHEN urgency = 'danger' THEN at END, 0
    FROM new
    RETURNING id, number
), "order" AS (
    INSERT INTO intake_order (matter_id, number, kind, desk, state, division, channel, nature, category, urgency, level,
                              title, content, address, longitude, latitude, occurred_at, received_at, system,
                              external_id, caller_name, caller_phone, caller_identity, phone_blind, identity_blind,
                              secret, details, words, outcome, result, answer, answered_at, closed_at, due_at,
                              answer_by, urges, rework, version)
    SELECT m.id, order_number, kind, desk, CASE WHEN closed_at IS NULL THEN 'received' ELSE 'closed' END, division,
           channel, nature, category, urgency, level, title, content, address, longitude, latitude, occurred_at,
           received_at, system, external_id, caller_name, caller_phone, caller_identity, phone_blind, identity_blind,
           secret, details::jsonb, array_to_tsvector(string_to_array(words, ' ')), outcome, result, answer,
           CASE WHEN outcome = 'answered' THEN at END, closed_at, CASE WHEN closed_at IS NULL THEN answer_by END,
           CASE WHEN closed_at IS NULL THEN answer_by END, 0, 0, 0
    FROM new JOIN matter m ON m.number = new.matter_number
    RETURNING id, number, matter_id
), custody AS (
    INSERT INTO intake_custody (matter_id, party, role, since, until, why, via)
    SELECT m.id, desk, 'lead', at, closed_at, 'received', order_number
    FROM new JOIN matter m ON m.number = new.matter_number
), step AS (
    INSERT INTO intake_orderstep (order_id, at, verb, by, text)
    SELECT o.id, at, verb, by::jsonb, CASE WHEN verb IN ('answer', 'guide') THEN answer ELSE '' END
    FROM new JOIN "order" o ON o.number = new.order_number
    CROSS JOIN LATERAL unnest(
        CASE outcome
            WHEN '' THEN '{{receive}}'
            WHEN 'guided' THEN '{{receive,guide}}'
            ELSE '{{receive,answer,confirm}}'
        END::text[]
    ) AS verb
), event AS (
    INSERT INTO audit_event (at, kind, subject, person, party, body, prev, hash)
    SELECT at, 'order.accepted', matter_number, person, desk, audit_body, '\\x{"00" * 32}'::bytea, audit_hash FROM new
    UNION ALL
    SELECT at, 'matter.closed', matter_number, person, desk, closed_body, audit_hash, closed_hash FROM new
    WHERE closed_at IS NOT NULL
    RETURNING id
), queued AS (
    INSERT INTO audit_unsealed (event_id) SELECT id FROM event
), fact AS (
    INSERT INTO kernel_fact (kind, payload, occurred_at, tries, next_try_at, trouble)
    SELECT kind_of_fact, fact::jsonb, at, 0,
           at - CASE WHEN urgency = 'danger' THEN interval '{AHEAD.days} days' ELSE interval '0' END, ''
    FROM new
    CROSS JOIN LATERAL unnest(
        CASE outcome
            WHEN '' THEN '{{order.accepted}}'
            ELSE '{{order.accepted,order.closed,matter.closed}}'
        END::text[]
    ) AS kind_of_fact
)
SELECT number, id, matter_id FROM "order"
"""
