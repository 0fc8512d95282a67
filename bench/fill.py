"""A million orders of two years, as rows: what acceptance would have written, with most of it answered and closed.

The texts are pairs of the city pack's notes with a house number of their own; their words are cut by the product's own
rule. Indexes are dropped before and made again afterwards (minutes instead of an hour); the planner's statistics are
taken at the end. The audit hashes are not real ones: a filled database is measured, never verified.
"""

from __future__ import annotations

from typing import LiteralString

import psycopg
from psycopg import sql

from bench.bodies import notes
from liandong.intake.words import words

TABLES = (
    "intake_matter",
    "intake_order",
    "intake_orderstep",
    "intake_custody",
    "intake_acceptedkey",
    "audit_event",
    "kernel_fact",
    "transfer_transfer",
)

# Oldest first; the newest twentieth and every five-hundredth before are still open. Three in five are 12345's.
PLAN: LiteralString = """
CREATE TEMP TABLE plan AS
SELECT i, at, desk, kind, open,
       CASE WHEN open THEN NULL ELSE at + interval '6 days' END AS closed_at,
       '140900L' || to_char(at, 'YYYYMMDD') || lpad(i::text, 8, '0') || 'X' AS matter,
       '140900' || CASE kind WHEN 'work' THEN 'W' ELSE 'P' END || to_char(at, 'YYYYMMDD') || lpad(i::text, 8, '0')
       || 'X' AS number,
       '{"desk":"' || desk || '","name":"filled","person":null,"post":"system","system":"filled","unit":null}' AS by
FROM (SELECT i, now() - interval '730 days' * (1 - i::float8 / %(count)s) AS at,
             CASE WHEN i %% 5 < 3 THEN '12345' ELSE '110' END AS desk,
             CASE WHEN i %% 5 < 3 THEN 'work' ELSE 'police' END AS kind,
             i > %(count)s * 0.95 OR i %% 500 = 0 AS open
      FROM generate_series(1, %(count)s) AS i) AS n
"""

STEPS: tuple[LiteralString, ...] = (
    """
    INSERT INTO intake_matter (id, number, division, first_desk, state, opened_at, closed_at, transfers_open, sent_back,
                               problem_why, version)
    SELECT i, matter, '140902', desk, CASE WHEN open THEN 'open' ELSE 'closed' END, at, closed_at, 0, 0, '', 1 FROM plan
    """,
    """
    INSERT INTO intake_order (id, matter_id, number, kind, desk, state, division, channel, nature, category, urgency,
                              level, title, content, address, longitude, latitude, received_at, system, external_id,
                              caller_name, caller_phone, phone_blind, secret, details, words, outcome, result, answer,
                              answered_at, closed_at, due_at, answer_by, urges, rework, version)
    SELECT i, i, number, kind, desk, CASE WHEN open THEN 'received' ELSE 'closed' END, '140902', 'phone', 'help', '',
           'ordinary', '', a.title, a.text || b.text || '来电编号' || i, '和平西街' || i %% 4000 || '号', 112.7, 38.4,
           at, 'filled', 'f-' || i, sha256(i::text::bytea), sha256(('p' || i)::bytea),
           sha256(('b' || i %% 300000)::bytea), false, '{"work":{"visit_wanted":true}}', a.words || b.words
           || array_to_tsvector(ARRAY[i::text, '和平', '平西', '西街', (i %% 4000)::text]),
           CASE WHEN open THEN '' ELSE 'solved' END, '', '',
           CASE WHEN open THEN NULL ELSE at + interval '5 days' END, closed_at,
           CASE WHEN open THEN at + interval '7 days' END, CASE WHEN open THEN at + interval '7 days' END, 0, 0, 1
    FROM plan JOIN phrase a ON a.id = i %% (SELECT count(*) FROM phrase)
              JOIN phrase b ON b.id = i / 7 %% (SELECT count(*) FROM phrase)
    """,
    "INSERT INTO intake_orderstep (order_id, at, verb, by, text) SELECT i, at, 'receive', by::jsonb, '' FROM plan",
    """
    INSERT INTO intake_custody (matter_id, party, role, since, until, why, via)
    SELECT i, desk, 'lead', at, closed_at, 'received', number FROM plan
    """,
    """
    INSERT INTO intake_acceptedkey (system, key, body_hash, answer, at)
    SELECT 'filled', 'key-' || i, sha256(i::text::bytea), '{"linkage_number":"' || matter || '","order_number":"' ||
           number || '"}', at FROM plan
    """,
    """
    INSERT INTO audit_event (at, kind, subject, party, body, prev, hash)
    SELECT at, 'order.accepted', matter, desk,
           '{"at":"' || at || '","by":' || by || ',"detail":{"external_id":"f-' || i || '","kind":"work","order":"' ||
           number || '","urgency":"ordinary"},"kind":"order.accepted","subject":"' || matter || '"}',
           decode(repeat('00', 32), 'hex'), sha256(matter::bytea)
    FROM plan
    """,
    """
    INSERT INTO kernel_fact (kind, payload, occurred_at, handled_at, tries, next_try_at, trouble)
    SELECT 'order.accepted', jsonb_build_object('matter', matter, 'order', number, 'desk', desk), at, at, 0, at, ''
    FROM plan
    """,
    # As many as a city hands over in two years; all ended, without steps: the lists of a desk read what is open.
    """
    INSERT INTO transfer_transfer (number, matter_id, kind, origin, target, origin_order_id, state, seq, head,
                                   origin_duty, target_duty, joint, awarded, beside, rework, sent_back, urgency, reason,
                                   list_version, list_item, opened_at, moved_at, ended_at, silent_urges, version)
    SELECT '140900T' || to_char(at, 'YYYYMMDD') || lpad(i::text, 8, '0') || 'X', i, 'divert', desk,
           CASE desk WHEN '110' THEN '12345' ELSE '110' END, i, 'confirmed', 4, sha256(matter::bytea), true, false,
           false, false, false, 0, 0, 'ordinary', '', '', '', at, at, at, 0, 4
    FROM plan WHERE i %% 25 = 0 AND NOT open
    """,
    "SELECT setval(pg_get_serial_sequence('intake_matter', 'id'), %(count)s)",
    "SELECT setval(pg_get_serial_sequence('intake_order', 'id'), %(count)s)",
    "SELECT setval('intake_number', %(count)s + 1000)",
)


def fill(url: str, count: int) -> None:
    """Write `count` orders into the database behind `url`, which is otherwise as `base`."""
    # Bound on our side: CREATE TABLE … AS takes no parameters.
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as link:
        for name, value in (
            ("synchronous_commit", "off"),
            ("maintenance_work_mem", "512MB"),
            ("session_replication_role", "replica"),
        ):
            link.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        link.execute("CREATE TEMP TABLE phrase (id int PRIMARY KEY, title text, text text, words tsvector)")
        for number, (title, text) in enumerate(notes()):
            link.execute(
                "INSERT INTO phrase VALUES (%s, %s, %s, array_to_tsvector(string_to_array(%s, ' ')))",
                [number, title, text, words(title, text)],
            )
        remake = _drop_indexes(link)
        link.execute(PLAN, {"count": count})
        link.execute("ANALYZE plan")
        for step in STEPS:
            link.execute(step, {"count": count})
        for index in remake:
            link.execute(index.encode())
        link.execute("VACUUM ANALYZE")
        link.execute("CHECKPOINT")


def _drop_indexes(link: psycopg.Connection[tuple[str, ...]]) -> list[str]:
    """Drop every index of the tables that stands behind no constraint; returns how to make them again."""
    found = link.execute(
        """
        SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
        """,
        [list(TABLES)],
    ).fetchall()
    for name, _ in found:
        link.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return [definition for _, definition in found]
