"""Who may take which step now: the baton, and each guard of `baton.check` with its yes and its no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liandong.kernel.errors import Invalid, LiandongError, NoSuchEdge
from liandong.transfer.baton import FOLLOWS, Around, Heard, check, open_verb, rewritten
from liandong.transfer.errors import (
    AgreementMissing,
    BasisMissing,
    NotHolder,
    NoWithdrawAsked,
    RulingBinds,
    TooEarly,
    WindowClosed,
)
from liandong.transfer.replica import Replica
from liandong.transfer.states import KINDS
from liandong.transfer.tests.plain import EARLIER, LATER, NOW, A, B, after, in_state
from liandong.transfer.tests.test_states import EXPECTED

WORKING = {
    "refuse": {"code": "not_ours", "basis": "依据"},
    "refuse_at_limit": {"code": "not_ours", "basis": "依据"},
    "hand_back": {"code": "not_ours", "list_item": "P01"},
    "hand_back_at_limit": {"code": "not_ours", "list_item": "P01"},
    "contest": {"basis": "依据"},
    "conclude": {"result": "solved", "text": "已处理"},
    "not_solved": {"code": "not_done"},
}
HEARD = {
    "release": Heard(withdraw_asked=True),
    "award": Heard(agreed="target"),
    "award_jointly": Heard(agreed="joint"),
}


def favourable(verb: str) -> Around:
    """A world in which nothing stands in the way of `verb`."""
    refusals = 2 if verb.endswith("_at_limit") else 0
    heard, came_back = HEARD.get(verb, Heard()), verb.startswith("hand_back")
    return Around(heard, refusals, settle_by=NOW, objection_until=LATER, onward_came_back=came_back)


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_the_holder_may_take_every_edge_and_nobody_else_any(kind: str) -> None:
    for state, verbs in EXPECTED[kind].items():
        if state in ("refused", "negotiating", "awarded", "handed_back") and not KINDS[kind].refusable:
            continue
        if (state == "withdrawn" and not KINDS[kind].withdrawable) or state == "returned":
            continue
        if kind == "unclear" and state in ("offered", "refused", "handed_back", "withdrawn"):
            continue
        replica = in_state(state, kind)
        assert replica.state == state
        for verb in verbs:
            around, body = favourable(verb), WORKING.get(verb, {})
            check(replica, verb, str(replica.holder), body, around, NOW)
            for stranger in {A, B, "gas", "", "110-140902"} - {replica.holder}:
                with pytest.raises(NotHolder):
                    check(replica, verb, stranger, body, around, NOW)


def test_an_edge_that_is_not_there_is_refused_before_anybody_asks_who_holds_the_baton() -> None:
    with pytest.raises(NoSuchEdge):
        check(in_state("confirmed"), "confirm", A, {}, Around(), NOW)
    with pytest.raises(NoSuchEdge):
        check(in_state("offered"), "conclude", A, WORKING["conclude"], Around(), NOW)


def asked(
    state: str, verb: str, around: Around | None = None, body: Any = None, replica: Replica | None = None
) -> None:
    here = replica or in_state(state)
    body = WORKING.get(verb, {}) if body is None else body
    check(here, verb, str(here.holder), body, around or favourable(verb), NOW)


BODIES: list[tuple[str, str, dict[str, Any], type[LiandongError], str]] = [
    ("offered", "refuse", {"basis": "依据"}, BasisMissing, "code"),
    ("offered", "refuse", {"code": "not_ours"}, BasisMissing, "basis"),
    ("offered", "refuse", {}, BasisMissing, "code"),
    ("accepted", "hand_back", {"basis": "依据"}, BasisMissing, "code"),
    ("accepted", "hand_back", {"code": "not_ours", "basis": ""}, BasisMissing, "basis"),
    ("refused", "contest", {}, BasisMissing, "basis"),
    ("handed_back", "contest", {"basis": ""}, BasisMissing, "basis"),
    ("accepted", "conclude", {"text": "已处理"}, Invalid, "text"),
    ("accepted", "conclude", {"result": "solved"}, Invalid, "text"),
    ("accepted", "conclude", {"result": "solved", "text": " \n　"}, Invalid, "text"),
    ("concluded", "not_solved", {"text": "没有人来"}, Invalid, "code"),
]


@pytest.mark.parametrize(("state", "verb", "body", "error", "field"), BODIES)
def test_a_step_without_what_it_must_say_is_refused_at_the_field(
    state: str, verb: str, body: dict[str, Any], error: type[LiandongError], field: str
) -> None:
    with pytest.raises(error) as why:
        asked(state, verb, body=body)
    assert why.value.field == field
    asked(state, verb)


@pytest.mark.parametrize("verb", ["refuse", "hand_back"])
def test_a_list_item_or_a_basis_is_enough_for_sending_back(verb: str) -> None:
    state = "offered" if verb == "refuse" else "accepted"
    asked(state, verb, body={"code": "not_ours", "list_item": "P01"})
    asked(state, verb, body={"code": "not_ours", "basis": "依据"})


def test_an_award_needs_the_agreement_that_fits_it() -> None:
    for verb, fits in (("award", "target"), ("award_jointly", "joint")):
        for agreed in ("target", "joint", None):
            around = Around(heard=Heard(agreed=agreed))
            if agreed == fits:
                asked("negotiating", verb, around)
            else:
                with pytest.raises(AgreementMissing):
                    asked("negotiating", verb, around)


def test_falling_back_waits_for_the_clock_and_settling_on_oneself_does_not() -> None:
    for settle_by in (LATER, None):
        with pytest.raises(TooEarly):
            asked("negotiating", "fall_back", Around(settle_by=settle_by))
    asked("negotiating", "fall_back", Around(settle_by=NOW))
    asked("negotiating", "fall_back", Around(settle_by=EARLIER))
    asked("negotiating", "settle", Around(settle_by=LATER))


@pytest.mark.parametrize("ruling", sorted(FOLLOWS))
def test_a_ruling_binds_and_only_the_step_that_follows_it_is_left(ruling: Any) -> None:
    # The other side's opposite agreement and a clock that ran out change nothing.
    around = Around(heard=Heard(agreed="target", ruling=ruling), settle_by=EARLIER)
    for verb in ("award", "settle", "award_jointly", "fall_back"):
        if verb == FOLLOWS[ruling]:
            asked("negotiating", verb, around)
        else:
            with pytest.raises(RulingBinds):
                asked("negotiating", verb, around)


def test_a_release_answers_a_withdraw_note_and_nothing_else() -> None:
    with pytest.raises(NoWithdrawAsked):
        asked("offered", "release", Around())
    asked("offered", "release", Around(heard=Heard(withdraw_asked=True)))


def test_handing_back_ends_with_the_objection_window() -> None:
    asked("accepted", "hand_back", Around(objection_until=LATER))
    for until in (NOW, EARLIER, None):
        with pytest.raises(WindowClosed):
            asked("accepted", "hand_back", Around(objection_until=until))


BARRED = [
    ("议定", "awarded", "accept"),
    ("反馈", "concluded", "not_solved"),
]


@pytest.mark.parametrize(("said", "state", "verb"), BARRED)
def test_what_was_awarded_or_once_answered_is_not_handed_back(said: str, state: str, verb: str) -> None:
    replica = after(in_state(state), verb)
    around = Around(objection_until=LATER)
    with pytest.raises(WindowClosed) as why:
        asked("accepted", "hand_back", around, replica=replica)
    assert said in why.value.message
    # What came back to the desk in the middle may go back further at any time, all the same.
    asked("accepted", "hand_back", replace(around, onward_came_back=True), replica=replica)


def test_what_came_back_from_the_onward_desk_may_be_handed_back_after_the_window() -> None:
    asked("accepted", "hand_back", Around(objection_until=EARLIER, onward_came_back=True))


@pytest.mark.parametrize("verb", ["refuse", "hand_back"])
def test_the_nth_sending_back_leads_into_negotiation(verb: str) -> None:
    for limit in (1, 2, 3, 5):
        for refusals in range(7):
            found = rewritten(verb, Around(refusals=refusals, limit=limit))
            assert found == (f"{verb}_at_limit" if refusals + 1 >= limit else verb)
    assert rewritten(verb, Around(refusals=9), came_back=True) == verb


def test_only_sending_back_is_ever_rewritten() -> None:
    for verb in {edge for verbs in EXPECTED["divert"].values() for edge in verbs} - {"refuse", "hand_back"}:
        assert rewritten(verb, Around(refusals=9)) == verb


@pytest.mark.parametrize(("state", "verb"), [("offered", "refuse_at_limit"), ("accepted", "hand_back_at_limit")])
def test_nobody_may_force_a_negotiation_before_the_limit_is_reached(state: str, verb: str) -> None:
    with pytest.raises(NoSuchEdge):
        asked(state, verb, Around(refusals=1, limit=3, objection_until=LATER))
    asked(state, verb, Around(refusals=2, limit=3, objection_until=LATER))


def test_only_the_unclear_kind_opens_in_negotiation() -> None:
    assert {kind for kind in KINDS if open_verb(kind) == "open"} == {"unclear"}
