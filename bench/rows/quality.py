"""The figures of the quality page over a year of kept suggestions, as the page reads and adds them up."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import LiteralString

import psycopg

from bench.figures import Figure, Result
from bench.fill import fill
from bench.ground import BASE, Failed, Ground, point_to
from liandong.audit.by import By

# Two years of orders lie there and one is asked for, as of `replay`.
YEAR, QUICK = 255_500, 10_000
TIMES = 5
OFFICE = By(name="bench", post="bench", desk="12345", rights=frozenset({"order.read", "supervise.read", "desk.all"}))
DESK = By(name="bench", post="bench", desk="12345", rights=frozenset({"order.read", "supervise.read"}))

STEPS: tuple[LiteralString, ...] = (
    # One hand-over in twenty is a danger, of which one in ten was none; all cite an item.
    "UPDATE transfer_transfer SET kind = 'danger' WHERE id % 20 = 0",
    """
    UPDATE transfer_transfer t SET list_version = v.code, list_item = i.code
    FROM routing_listversion v, routing_listitem i
    WHERE v.effective_from <= t.opened_at::date AND (v.effective_to IS NULL OR t.opened_at::date < v.effective_to)
      AND i.version_id = v.id AND i.id = (
          SELECT j.id FROM routing_listitem j WHERE j.version_id = v.id ORDER BY j.code OFFSET t.id % 150 LIMIT 1)
    """,
    """
    INSERT INTO transfer_steprow (transfer_id, seq, verb, letter, author, person, at, body, content, prev, hash)
    SELECT id, 1 + n, v, 'a', target, 'filled', opened_at,
           jsonb_build_object('result', CASE WHEN kind = 'danger' AND id % 200 = 0 THEN 'no_danger' ELSE 'solved' END),
           '', sha256('x'), sha256('x')
    FROM transfer_transfer, LATERAL (VALUES (0, 'offer'), (1, 'accept'), (2, 'conclude'), (3, 'confirm')) AS s (n, v)
    """,
    """
    INSERT INTO routing_decided (order_id, at, list_version, model, side, item, unsure, output, reasons)
    SELECT o.id, o.received_at, i.version, 'bench', CASE WHEN o.id % 9 = 0 THEN '110' ELSE i.side END, i.code,
           o.id % 10 = 0,
           jsonb_build_object('danger', t.kind IS NOT DISTINCT FROM 'danger' AND o.id % 3 > 0, 'lead', false,
               'nature', 'help', 'unit', 'city_admin', 'county', '140902', 'urgency', 'ordinary', 'level', '',
               'confidence', 0.5 + (o.id % 50) / 100.0, 'item_sure', 0.6, 'units', '["a", "b", "c"]'::jsonb),
           jsonb_build_array(jsonb_build_object('kind', 'list', 'rule', i.code, 'text', repeat('清单条目与例句', 12),
               'words', '["路灯", "不亮"]'::jsonb, 'clause', 'S3.1'),
               jsonb_build_object('kind', 'place', 'rule', '', 'text', repeat('属地依据', 6), 'words', '[]'::jsonb,
               'clause', ''))
    FROM intake_order o
    LEFT JOIN transfer_transfer t ON t.origin_order_id = o.id
    JOIN (SELECT row_number() OVER (ORDER BY i.code) - 1 AS n, v.code AS version, i.code, i.side
          FROM routing_listitem i JOIN routing_listversion v ON v.id = i.version_id
          WHERE v.id = (SELECT max(id) FROM routing_listversion)) i ON i.n = o.id % 200
    ORDER BY o.id
    """,
    """
    INSERT INTO routing_correction (decided_id, at, desk, side, item, nature, unit, why, state, version)
    SELECT id, at, '12345', CASE WHEN id % 2 = 0 THEN '12345' ELSE '' END,
           CASE WHEN id % 2 = 0 THEN '' ELSE 'W0101' END, '', '', '', 'confirmed', 1
    FROM routing_decided WHERE id % 100 = 0
    """,
    "VACUUM ANALYZE",
)


def quality(ground: Ground, quick: bool) -> list[Result]:
    """The page of a supervisor who sees every desk, and of one who sees the own."""
    from liandong.hindsight.pages.quality import USUAL_DAYS
    from liandong.hindsight.quality import quality as measured
    from liandong.hindsight.queries.quality import Asked, groups
    from liandong.kernel import clock
    from liandong.kernel.ids import local_day

    count = 2 * (QUICK if quick else YEAR)
    database = ground.fresh("quality")
    fill(ground.url(database), count)
    with psycopg.connect(ground.url(database), autocommit=True) as link:
        for step in STEPS:
            link.execute(step)
    point_to(database)
    try:
        today = local_day(clock.now())
        found: list[Result] = []
        for who, by, days in (
            ("every desk", OFFICE, 365),
            ("one desk", DESK, 365),
            ("every desk", OFFICE, USUAL_DAYS),
        ):
            asked = Asked(today - timedelta(days=days), today)
            took = []
            for _ in range(TIMES):
                begin = time.perf_counter()
                told = measured(groups(by, asked), lambda code: code, 200)
                took.append(time.perf_counter() - begin)
            if not told.count:
                raise Failed("no suggestion lay in the period")
            middle = statistics.median(took)
            found.append(
                Figure(
                    f"分流质量, {days} days, {who}, {told.count:,} suggestions",
                    f"{middle:.2f} s",
                    "–",
                    middle,
                    f"{middle:.2f} s",
                )
            )
        return found
    finally:
        point_to(BASE)
