"""Which clocks each verb starts, and that each runs as long as its row says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from liandong.intake.limits import Limit, LimitMissing
from liandong.kernel.workdays import WorkCalendar
from liandong.transfer.deadlines import deadlines
from liandong.transfer.states import KINDS, TRANSFER
from liandong.transfer.tests.plain import NOW

HOURS = {
    "accept_by": 2,
    "decide_by": 3,
    "settle_by": 4,
    "conclude_by": 5,
    "rework_by": 6,
    "confirm_by": 7,
    "objection_until": 1,
}
LIMITS = tuple(Limit(clock, "*", "*", hours, "hour", date(2020, 1, 1), None, "x") for clock, hours in HOURS.items())
NEVER_WORKED = WorkCalendar({})

# (verb, state it leads to) → clocks that run afterwards, by the row that gives their length.
EXPECTED = {
    ("offer", "offered"): {"accept_by": "accept_by"},
    ("open", "negotiating"): {"settle_by": "settle_by"},
    ("accept", "accepted"): {"conclude_by": "conclude_by", "objection_until": "objection_until"},
    ("refuse", "refused"): {"decide_by": "decide_by"},
    ("refuse_at_limit", "negotiating"): {"settle_by": "settle_by"},
    ("release", "withdrawn"): {},
    ("take_back", "returned"): {},
    ("contest", "negotiating"): {"settle_by": "settle_by"},
    ("offer_again", "offered"): {"accept_by": "accept_by"},
    ("award", "awarded"): {"accept_by": "accept_by"},
    ("award_jointly", "awarded"): {"accept_by": "accept_by"},
    ("settle", "returned"): {},
    ("fall_back", "returned"): {},
    ("conclude", "concluded"): {"confirm_by": "confirm_by"},
    ("hand_back", "handed_back"): {"decide_by": "decide_by"},
    ("hand_back_at_limit", "negotiating"): {"settle_by": "settle_by"},
    ("confirm", "confirmed"): {},
    ("not_solved", "accepted"): {"conclude_by": "rework_by"},
}


@pytest.mark.parametrize(("verb", "state"), sorted(EXPECTED))
def test_what_a_step_starts(verb: str, state: str) -> None:
    for kind in KINDS:
        found = deadlines(kind, verb, state, "ordinary", LIMITS, NEVER_WORKED, NOW)
        expected = {clock: NOW + timedelta(hours=HOURS[row]) for clock, row in EXPECTED[verb, state].items()}
        if kind in ("danger", "clue", "notify"):
            expected.pop("objection_until", None)
        assert found == expected, kind


def test_every_verb_of_the_table_is_here() -> None:
    assert set(EXPECTED) == {(edge.verb, edge.target) for edge in TRANSFER.edges}


def test_a_missing_row_is_said_and_not_guessed() -> None:
    without = tuple(row for row in LIMITS if row.clock != "settle_by")
    with pytest.raises(LimitMissing) as why:
        deadlines("divert", "contest", "negotiating", "ordinary", without, NEVER_WORKED, NOW)
    assert "settle_by" in why.value.message
