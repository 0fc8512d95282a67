"""How an urgent fact gets before all that wait: it has long been due. Pure, as the accept statement needs it too."""

from __future__ import annotations

from datetime import datetime, timedelta

AHEAD = timedelta(days=1)


def due(moment: datetime, *, urgent: bool) -> datetime:
    return moment - AHEAD if urgent else moment


def is_urgent(occurred_at: datetime, next_try_at: datetime) -> bool:
    """One that was put off has had its turn, and waits like the others."""
    return next_try_at <= occurred_at - AHEAD
