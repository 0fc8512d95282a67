"""What one side knows: `apply` takes the next step of the holder and nothing else, and says what the step did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from liandong.kernel.errors import LiandongError, NoSuchEdge
from liandong.transfer.baton import compose
from liandong.transfer.errors import ChainBroken, NotHolder, OutOfOrder
from liandong.transfer.replica import GENESIS, Replica, Step, apply, fold
from liandong.transfer.states import TRANSFER
from liandong.transfer.tests.plain import NOW, ROAD, A, B, after, empty, in_state


def next_step(replica: Replica, taken: str, **changed: Any) -> Step:
    made = compose(replica, taken, str(replica.holder), "某人", {"text": "已处理"}, {"accept_by": NOW}, NOW)
    return replace(made, **changed)


REFUSED: list[tuple[str, dict[str, Any], type[LiandongError]]] = [
    ("a gap", {"seq": 4}, OutOfOrder),
    ("a replay", {"seq": 2}, OutOfOrder),
    ("a step from years ago", {"seq": 1}, OutOfOrder),
    ("number zero", {"seq": 0}, OutOfOrder),
    ("another past", {"prev": GENESIS}, ChainBroken),
    ("another transfer", {"transfer": "T2"}, ChainBroken),
    ("another kind", {"kind": "danger"}, ChainBroken),
    ("the side without the baton", {"author": A}, NotHolder),
    ("a third desk", {"author": "gas"}, NotHolder),
    ("nobody", {"author": ""}, NotHolder),
    ("a verb off the table", {"verb": "confirm"}, NoSuchEdge),
]


@pytest.mark.parametrize(("what", "changed", "error"), REFUSED)
def test_a_step_that_does_not_follow_is_refused_and_changes_nothing(
    what: str, changed: dict[str, Any], error: type[LiandongError]
) -> None:
    replica = in_state("accepted")
    before = replace(replica)
    with pytest.raises(error):
        apply(replica, next_step(replica, "conclude", **changed))
    assert replica == before
    assert apply(replica, next_step(replica, "conclude")).state == "concluded"


CHANGES: list[dict[str, Any]] = [
    {"body": {"text": "改过"}},
    {"body": {}},
    {"at": NOW + timedelta(microseconds=1)},
    {"person": "另一人"},
    {"deadlines": {"accept_by": NOW + timedelta(seconds=1)}},
    {"deadlines": {}},
]


@pytest.mark.parametrize("changed", CHANGES)
def test_a_changed_word_in_a_past_step_breaks_the_next_link(changed: dict[str, Any]) -> None:
    first = next_step(empty(), "offer")
    second = next_step(apply(empty(), first), "accept")
    assert fold(empty(), [first, second]).state == "accepted"
    with pytest.raises(ChainBroken):
        fold(empty(), [replace(first, **changed), second])


def test_the_hash_covers_every_field_of_a_step() -> None:
    step = next_step(in_state("accepted"), "conclude")
    other: dict[str, Any] = {
        "transfer": "T2",
        "seq": 9,
        "kind": "relay",
        "verb": "confirm",
        "author": A,
        "person": "另一人",
        "at": NOW + timedelta(seconds=1),
        "body": {"text": "改过"},
        "deadlines": {},
        "prev": GENESIS,
    }
    assert set(other) == set(Step.__dataclass_fields__)
    digests = {step.digest()} | {replace(step, **{name: value}).digest() for name, value in other.items()}
    assert len(digests) == len(other) + 1


@pytest.mark.parametrize("state", sorted(TRANSFER.states))
def test_holder_and_duty_in_every_state(state: str) -> None:
    expected = {
        "offered": (B, True, False),
        "refused": (A, True, False),
        "negotiating": (A, True, False),
        "awarded": (B, True, False),
        "accepted": (B, False, True),
        "handed_back": (A, False, True),
        "concluded": (A, False, True),
        "returned": (None, True, False),
        "withdrawn": (None, True, False),
        "confirmed": (None, True, False),
    }
    replica = in_state(state)
    assert (replica.holder, replica.origin_duty, replica.target_duty) == expected[state]
    assert replica.ended == (replica.holder is None)
    assert replica.seq == len(ROAD[state])


def test_who_has_the_duty_keeps_it_through_a_contested_hand_back_until_somebody_takes_it() -> None:
    negotiating = after(in_state("handed_back"), "contest")
    assert (negotiating.origin_duty, negotiating.target_duty) == (False, True)
    awarded = after(negotiating, "award")
    assert (awarded.origin_duty, awarded.target_duty) == (False, True)
    settled = after(negotiating, "settle")
    assert (settled.origin_duty, settled.target_duty) == (True, False)


def test_after_a_joint_award_both_must_act_and_each_by_its_own_hand() -> None:
    awarded = after(in_state("negotiating"), "award_jointly")
    assert (awarded.origin_duty, awarded.target_duty) == (True, False)
    accepted = after(awarded, "accept")
    assert (accepted.origin_duty, accepted.target_duty) == (True, True)
    # The origin that had handed its duty over takes it again by awarding jointly, not by the other's acceptance.
    had_let_go = after(in_state("handed_back"), "contest", "award_jointly")
    assert (had_let_go.origin_duty, had_let_go.target_duty) == (True, True)
    assert after(had_let_go, "accept").origin_duty


def test_a_later_plain_award_takes_back_the_joint_one() -> None:
    again = after(in_state("negotiating"), "award_jointly", "accept", "hand_back", "contest", "award", "accept")
    assert not again.joint
    assert (again.origin_duty, again.target_duty) == (False, True)


def test_reworks_and_sendings_back_are_counted() -> None:
    assert after(in_state("concluded"), "not_solved", "conclude", "not_solved").rework == 2
    assert after(in_state("refused"), "offer_again", "refuse", "offer_again", "refuse_at_limit").sent_back == 3


def test_folding_all_steps_or_one_after_the_other_is_the_same() -> None:
    steps: list[Step] = []
    replica = empty()
    for verb in ("offer", "refuse", "offer_again", "accept", "conclude", "not_solved", "conclude", "confirm"):
        steps.append(next_step(replica, verb))
        replica = apply(replica, steps[-1])
        assert fold(empty(), steps) == replica
    assert replica.ended
