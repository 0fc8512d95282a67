"""One verification of the whole trail as it stands in this database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from liandong.audit import queries, verifier
from liandong.audit.findings import Findings
from liandong.kernel import clock


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
