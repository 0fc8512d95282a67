"""What two nodes tell each other comes back as it was, and what is none is refused with its field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest

from liandong.intake.callers import Caller
from liandong.intake.snapshots import FIXED, MARKS, MATTER, ORDER, Snapshot
from liandong.kernel.errors import Invalid
from liandong.peers.messages import (
    ToldNote,
    ToldStep,
    matter_data,
    note_data,
    read_matter,
    read_note,
    read_step,
    step_data,
)
from liandong.transfer.replica import GENESIS, Step

AT = datetime(2026, 3, 2, 1, 0, 0, 123456, tzinfo=UTC)


def snapshot(**order: Any) -> Snapshot:
    known: dict[str, Any] = dict.fromkeys((*FIXED, *ORDER), "")
    known |= dict.fromkeys(("longitude", "latitude", "occurred_at", "answered_at", "closed_at", "due_at", "overdue_at"))
    known |= {"received_at": AT, "secret": False, "details": {}, "urges": 0, "rework": 0, "version": 3}
    matter = {**dict.fromkeys(MATTER, "140900"), "opened_at": AT, **dict.fromkeys(MARKS), "problem_why": ""}
    return Snapshot(7, matter, {**known, **order}, Caller(phone="13800138000", secret=bool(order.get("secret"))))


STEP = Step("T1", 1, "divert", "offer", "12345", "甲", AT, {"reason": "属对方"}, {"accept_by": AT}, GENESIS)
NOTE = ToldNote(UUID(int=5), "T1", "urge", "12345", "甲", AT, 1, {"text": "请尽快"})


def carried(data: Any) -> Any:
    return orjson.loads(orjson.dumps(data))


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"secret": True, "longitude": 112.7, "latitude": 38.4, "address": "和平街"},
        {"details": {"police": {"weapons": True}, "extensions": {"a": "b"}}, "level": "major", "needs": "clue.read"},
        {"closed_at": AT, "outcome": "handed", "answer": "已办结\n谢谢", "urges": 2},
    ],
)
def test_a_snapshot_comes_back_as_it_was(order: dict[str, Any]) -> None:
    told = snapshot(**order)
    assert read_matter(carried(matter_data(told))) == told


def test_a_step_comes_back_with_its_hash() -> None:
    told = ToldStep(STEP, STEP.digest(), "W1", "")
    assert read_step(carried(step_data(told))) == told
    assert read_step(carried(step_data(told))).step.digest() == STEP.digest()


def test_a_note_comes_back_as_it_was() -> None:
    assert read_note(carried(note_data(NOTE))) == NOTE


def test_what_a_later_release_says_beside_is_passed_over() -> None:
    assert read_note({**carried(note_data(NOTE)), "mood": "calm"}) == NOTE
    assert read_matter({**carried(matter_data(snapshot())), "mood": "calm"}) == snapshot()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("snapshot", 0),
        ("snapshot", True),
        ("opened_at", "yesterday"),
        ("opened_at", "2026-03-02T09:00:00"),
        ("order", "none"),
        ("order", {"place": []}),
        ("order", {"title": 5}),
        ("order", {"title": "a\x00b"}),
    ],
)
def test_what_is_no_snapshot_is_refused(field: str, value: Any) -> None:
    good = carried(matter_data(snapshot()))
    changed = {**good["order"], **value} if isinstance(value, dict) else value
    with pytest.raises(Invalid):
        read_matter({**good, field: changed})


@pytest.mark.parametrize("data", [{}, {"hash": "zz"}, {"id": "no uuid"}, {"hash": 5}, {"at": 5}])
def test_what_is_no_step_and_no_note_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_step({**carried(step_data(ToldStep(STEP, STEP.digest(), "", ""))), "hash": None} | data)
    with pytest.raises(Invalid):
        read_note({**carried(note_data(NOTE)), "id": None} | data)
