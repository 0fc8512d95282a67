"""Every kind × every state × every verb: the edge is there, or NoSuchEdge. The table is written out here by hand."""

from __future__ import annotations

import pytest

from liandong.kernel.errors import NoSuchEdge
from liandong.transfer.states import CLOCKS, HOLDER, KINDS, TRANSFER, edge_for

Verbs = dict[str, tuple[str, str]]
# state → verb → (letter, next state), as the protocol's table has it, for a kind that may be refused and withdrawn.
FULL: dict[str | None, Verbs] = {
    "offered": {
        "accept": ("a", "accepted"),
        "refuse": ("b", "refused"),
        "refuse_at_limit": ("q", "negotiating"),
        "release": ("c", "withdrawn"),
    },
    "refused": {
        "take_back": ("d", "returned"),
        "contest": ("e", "negotiating"),
        "offer_again": ("f", "offered"),
    },
    "negotiating": {
        "award": ("g", "awarded"),
        "settle": ("h", "returned"),
        "award_jointly": ("i", "awarded"),
        "fall_back": ("j", "returned"),
    },
    "awarded": {"accept": ("a", "accepted")},
    "accepted": {
        "conclude": ("k", "concluded"),
        "hand_back": ("l", "handed_back"),
        "hand_back_at_limit": ("r", "negotiating"),
    },
    "handed_back": {"take_back": ("o", "returned"), "contest": ("p", "negotiating")},
    "concluded": {"confirm": ("m", "confirmed"), "not_solved": ("n", "accepted")},
    "returned": {},
    "withdrawn": {},
    "confirmed": {},
}
OFFER: Verbs = {"offer": ("s", "offered")}
OPEN: Verbs = {"open": ("t", "negotiating")}
# A kind nobody may refuse never leaves the straight road; the states off it cannot be reached.
STRAIGHT: dict[str | None, Verbs] = {
    "offered": {"accept": ("a", "accepted"), "release": ("c", "withdrawn")},
    "refused": {"take_back": ("d", "returned")},
    "negotiating": {},
    "awarded": {"accept": ("a", "accepted")},
    "accepted": {"conclude": ("k", "concluded")},
    "handed_back": {"take_back": ("o", "returned")},
    "concluded": {"confirm": ("m", "confirmed"), "not_solved": ("n", "accepted")},
    "returned": {},
    "withdrawn": {},
    "confirmed": {},
}
EXPECTED: dict[str, dict[str | None, Verbs]] = {
    "divert": {None: OFFER, **FULL},
    "mediate": {None: OFFER, **FULL},
    "relay": {None: OFFER, **FULL},
    "unclear": {None: OPEN, **FULL},
    "clue": {None: OFFER, **STRAIGHT},
    "notify": {None: OFFER, **STRAIGHT},
    "danger": {None: OFFER, **STRAIGHT, "offered": {"accept": ("a", "accepted")}},
}
VERBS = sorted({verb for states in EXPECTED.values() for verbs in states.values() for verb in verbs})


@pytest.mark.parametrize("kind", sorted(EXPECTED))
def test_every_edge_of_a_kind_is_there_and_every_other_is_not(kind: str) -> None:
    for state, verbs in EXPECTED[kind].items():
        for verb in [*VERBS, "", "delete", "ACCEPT"]:
            if verb in verbs:
                edge = edge_for(kind, state, verb)
                assert (edge.letter, edge.target) == verbs[verb], f"{kind} {state} {verb}"
                continue
            with pytest.raises(NoSuchEdge):
                edge_for(kind, state, verb)


def test_the_table_here_and_the_one_in_the_code_name_the_same_things() -> None:
    assert set(EXPECTED) == set(KINDS)
    assert {edge.verb for edge in TRANSFER.edges} == set(VERBS)
    for kind, states in EXPECTED.items():
        assert set(states) - {None} == set(TRANSFER.states), kind
    assert len(TRANSFER.edges) == 2 + sum(len(verbs) for verbs in FULL.values())


def test_the_origin_holds_the_baton_in_negotiation_and_the_target_where_it_must_act() -> None:
    assert HOLDER == {
        "offered": "target",
        "refused": "origin",
        "negotiating": "origin",
        "awarded": "target",
        "accepted": "target",
        "handed_back": "origin",
        "concluded": "origin",
    }
    assert TRANSFER.ends == {"returned", "withdrawn", "confirmed"}
    assert set(HOLDER) | TRANSFER.ends == set(TRANSFER.states)


def test_a_clock_runs_in_every_state_that_is_no_end() -> None:
    assert CLOCKS == {
        "offered": ("accept_by",),
        "awarded": ("accept_by",),
        "refused": ("decide_by",),
        "negotiating": ("settle_by",),
        "accepted": ("conclude_by", "objection_until"),
        "handed_back": ("decide_by",),
        "concluded": ("confirm_by",),
    }


def test_what_each_kind_may_is_as_the_plan_has_it() -> None:
    found = {code: (k.opens_in, k.refusable, k.withdrawable, k.passes) for code, k in KINDS.items()}
    assert found == {
        "divert": ("offered", True, True, True),
        "danger": ("offered", False, False, True),
        "clue": ("offered", False, True, False),
        "mediate": ("offered", True, True, False),
        "notify": ("offered", False, True, False),
        "relay": ("offered", True, True, True),
        "unclear": ("negotiating", True, True, True),
    }


def test_why_a_danger_cannot_be_refused_is_said_in_chinese_with_its_clause() -> None:
    with pytest.raises(NoSuchEdge) as why:
        edge_for("danger", "offered", "refuse")
    assert why.value.message == "“联动派警”不得退回或协商，请先签收处置（S3.4）。"


def test_every_edge_can_be_walked_from_the_beginning() -> None:
    for kind, states in EXPECTED.items():
        reached: set[str | None] = {None}
        waiting: list[str | None] = [None]
        while waiting:
            for _, target in states[waiting.pop()].values():
                if target not in reached:
                    reached.add(target)
                    waiting.append(target)
        assert TRANSFER.ends - {"returned", "withdrawn"} <= reached, kind
        if not KINDS[kind].refusable:
            assert reached.isdisjoint({"refused", "negotiating", "awarded", "handed_back", "returned"}), kind
