"""Which hand-overs do not get on, and whose they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from liandong.peers.standstill import Case, standstill
from liandong.peers.tests.test_outtray import PACE

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATE = NOW - PACE.stuck
CASE = Case("T1", "offered", "12345", "110")


@pytest.mark.parametrize(
    ("changes", "why", "owner"),
    [
        ({}, None, None),
        ({"unstored_since": LATE, "author": "12345"}, "not_stored", "12345"),
        ({"unstored_since": LATE + timedelta(seconds=1)}, None, None),
        ({"unstored_since": LATE, "overdue_at": LATE}, "not_stored", "12345"),
        ({"overdue_at": NOW}, "not_signed", "110"),
        ({"due_at": NOW}, "not_signed", "110"),
        ({"due_at": NOW + timedelta(seconds=1)}, None, None),
        ({"state": "accepted", "overdue_at": NOW}, "not_worked", "110"),
        ({"state": "accepted", "answered_at": LATE}, "not_fed_back", "110"),
        ({"state": "accepted", "answered_at": NOW, "overdue_at": LATE}, "not_worked", "110"),
        ({"state": "concluded", "due_at": LATE}, None, None),
    ],
)
def test_a_hand_over_that_stands_still_is_found_with_its_cause_and_its_owner(
    changes: dict[str, object], why: str | None, owner: str | None
) -> None:
    found = standstill(replace(CASE, **changes), NOW, PACE)  # type: ignore[arg-type]
    assert (None if found is None else found.why, None if found is None else found.owner) == (why, owner)
    assert found is None or "：" in found.label
