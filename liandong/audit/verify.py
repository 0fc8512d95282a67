"""Verifications of the trail as it stands in this database: of the whole, of one subject, of a span of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from liandong.audit import queries, verifier
from liandong.audit.errors import SpanTooLong
from liandong.audit.findings import Findings
from liandong.audit.trail import GENESIS
from liandong.kernel import clock

# An event unsealed for longer is a fault; the sealer comes every few seconds.
PATIENCE = timedelta(minutes=10)
# What a person waits for at a page: 20,000 events take two to three seconds. The whole is verified at the terminal.
MOST_IN_A_SPAN = 20_000
# For so many of a subject's newest events the seal is looked for too; the chain itself is recomputed whole.
BINDINGS = 200


def verify_trail(*, patience: timedelta, deposited: Mapping[int, bytes] | None = None) -> Findings:
    """Recompute everything from one snapshot. Must be called outside a transaction.

    An event unsealed for longer than `patience` is a fault; `deposited` maps seal numbers to hashes kept elsewhere.
    """
    with queries.one_snapshot():
        return recompute(patience=patience, deposited=deposited)


def recompute(*, patience: timedelta, deposited: Mapping[int, bytes] | None = None) -> Findings:
    """The same inside a transaction the caller holds; it must show one moment of the database."""
    return verifier.verify(
        queries.seal_rows(),
        queries.event_rows(),
        queries.waiting_ids(),
        now=clock.now(),
        patience=patience,
        deposited=deposited,
    )


def verify_subject(subject: str) -> Findings:
    """The chain of one subject, with the seals of its newest events. Must be called outside a transaction."""
    with queries.one_snapshot():
        events = list(queries.event_rows(subject))
        sealed = {event.id: queries.seal_of(event) for event in events[-BINDINGS:]}
        waiting = queries.waiting_ids() & {event.id for event in events}
        return verifier.verify_subject(events, sealed, waiting, now=clock.now(), patience=PATIENCE)


def verify_span(since: datetime, until: datetime) -> Findings:
    """The events written from `since` to before `until`, and the seals of that time. Must be called likewise.

    Raises SpanTooLong when there are more than `MOST_IN_A_SPAN`.
    """
    with queries.one_snapshot():
        low, high = (queries.first_since("audit_event", moment) for moment in (since, until))
        rows = queries.span_rows(low, high, MOST_IN_A_SPAN + 1)
        if len(rows) > MOST_IN_A_SPAN:
            raise SpanTooLong(f"该时段的记录超过{MOST_IN_A_SPAN}条，请缩短时段分次核验。", field="until")
        first, after = (queries.first_since("audit_seal", moment) for moment in (since, until))
        before = max(0, first - 1)
        ids = {event.id for event, _ in rows}
        return verifier.verify_span(
            [(event, prev or GENESIS) for event, prev in rows],
            queries.seal_rows(before),
            queries.waiting_ids() & ids,
            start=(before, queries.seal_hash_of(before) or GENESIS),
            last=after - 1,
            reach=queries.SEALS_LOOKED_THROUGH,
            now=clock.now(),
            patience=PATIENCE,
        )
