"""Every decision about a message that has arrived, with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.peers import intray
from liandong.peers.intray import APPLY, DUPLICATE
from liandong.transfer.baton import compose
from liandong.transfer.replica import Replica, Step, apply, fold

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
EMPTY = Replica("T1", "divert", "12345", "110")
OUTSIDE: dict[str, Any] = {
    "receiver": "police",
    "here": "police",
    "journal": 5,
    "current": 5,
    "digest": b"a",
    "before": None,
    "has": False,
}


def road(*verbs: str, kind: str = "divert") -> tuple[Replica, list[Step]]:
    replica, steps = Replica("T1", kind, "12345", "110"), []
    for verb in verbs:
        steps.append(compose(replica, verb, str(replica.holder), "某人", {}, {}, NOW))
        replica = apply(replica, steps[-1])
    return replica, steps


@pytest.mark.parametrize(
    ("known", "decision"),
    [
        ({}, "apply"),
        ({"receiver": "city"}, "forged"),
        ({"current": 6}, "void"),
        ({"journal": 6}, "apply"),
        ({"has": True, "before": b"a"}, "duplicate"),
        ({"has": True}, "duplicate"),
        ({"has": True, "before": b"b"}, "conflict"),
    ],
)
def test_the_outside_of_a_message_decides(known: dict[str, Any], decision: str) -> None:
    verdict = intray.envelope(**{**OUTSIDE, **known})
    assert verdict.decision == decision
    assert verdict.receipt == (decision in {"apply", "duplicate", "conflict"})
    assert bool(verdict.why) == (decision in {"forged", "void", "conflict"})


def test_the_next_step_is_applied_and_the_same_again_is_a_duplicate() -> None:
    replica, steps = road("offer")
    follows = compose(replica, "accept", "110", "某人", {}, {}, NOW)
    assert intray.step(replica, None, follows, follows.digest(), proven=True) == APPLY
    first = steps[0]
    assert intray.step(replica, first.digest(), first, first.digest(), proven=True) == DUPLICATE


def test_another_step_of_the_same_number_is_a_conflict() -> None:
    replica, steps = road("offer")
    verdict = intray.step(replica, b"other", steps[0], steps[0].digest(), proven=True)
    assert verdict.decision == "conflict"
    assert verdict.receipt


def test_a_step_that_follows_another_history_is_a_conflict() -> None:
    replica, _ = road("offer")
    other = compose(replica, "accept", "110", "某人", {}, {}, NOW)
    wrong = Step(**{**{name: getattr(other, name) for name in Step.__slots__}, "prev": b"\x01" * 32})
    assert intray.step(replica, None, wrong, wrong.digest(), proven=True).decision == "conflict"


def test_a_step_beyond_a_gap_waits_and_so_does_one_of_an_unknown_transfer() -> None:
    replica, steps = road("offer", "accept", "conclude")
    before, _ = road("offer")
    assert intray.step(before, None, steps[2], steps[2].digest(), proven=True).decision == "wait"
    assert intray.step(None, None, steps[1], steps[1].digest(), proven=True).decision == "wait"
    assert replica.seq == 3


def test_the_first_step_of_a_danger_waits_for_nothing() -> None:
    _, (first, *_) = road("offer", kind="danger")
    first = Step(**{**{name: getattr(first, name) for name in Step.__slots__}, "body": {"target": "110"}})
    assert intray.step(intray.unopened(first), None, first, first.digest(), proven=True) == APPLY


def test_what_the_table_refuses_is_poison_and_says_why() -> None:
    replica, _ = road("offer")
    confirm = compose(replica, "confirm", "12345", "某人", {}, {}, NOW)
    verdict = intray.step(replica, None, confirm, confirm.digest(), proven=True)
    assert verdict.decision == "dead"
    assert "待签收" in verdict.why
    stranger = compose(replica, "accept", "12345", "某人", {}, {}, NOW)
    assert intray.step(replica, None, stranger, stranger.digest(), proven=True).decision == "dead"


def test_nothing_is_taken_in_anothers_name() -> None:
    replica, _ = road("offer")
    follows = compose(replica, "accept", "110", "某人", {}, {}, NOW)
    assert intray.step(replica, None, follows, follows.digest(), proven=False).decision == "dead"
    assert intray.note(transfer_known=True, held=None, digest=b"a", proven=False).decision == "dead"
    assert intray.snapshot(None, 1, b"a", proven=False).decision == "dead"


def test_a_note_waits_for_its_transfer_only() -> None:
    def decided(*, transfer_known: bool, held: bytes | None) -> str:
        return intray.note(transfer_known=transfer_known, held=held, digest=b"a", proven=True).decision

    assert decided(transfer_known=True, held=None) == "apply"
    assert decided(transfer_known=False, held=None) == "wait"
    assert decided(transfer_known=True, held=b"a") == "duplicate"
    assert decided(transfer_known=True, held=b"b") == "conflict"


@pytest.mark.parametrize(
    ("held", "revision", "decision"),
    [
        (None, 1, "apply"),
        ((1, b"b"), 2, "apply"),
        ((3, b"b"), 2, "duplicate"),
        ((2, b"a"), 2, "duplicate"),
        ((2, b"b"), 2, "conflict"),
    ],
)
def test_the_highest_revision_of_an_order_counts(held: tuple[int, bytes] | None, revision: int, decision: str) -> None:
    assert intray.snapshot(held, revision, b"a", proven=True).decision == decision


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=12))
def test_any_order_of_arrival_and_any_repetition_ends_in_the_same_history(order: list[int], again: list[int]) -> None:
    whole, steps = road("offer", "accept", "conclude", "not_solved", "conclude", "confirm")
    replica, held, waiting = EMPTY, list[Step](), dict[int, Step]()
    for place in [*order, *again]:
        arrived = steps[place]
        known = held[place].digest() if place < len(held) else None
        verdict = intray.step(replica, known, arrived, arrived.digest(), proven=True)
        if verdict.decision == "wait":
            waiting[arrived.seq] = arrived
        if verdict == APPLY:
            waiting[arrived.seq] = arrived
            while (following := waiting.pop(replica.seq + 1, None)) is not None:
                replica = apply(replica, following)
                held.append(following)
    assert replica == whole
    assert fold(EMPTY, held) == whole
