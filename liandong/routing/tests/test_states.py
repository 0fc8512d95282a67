"""The life of a version of the list: every edge of the table, and every step that is none."""

from __future__ import annotations

from itertools import product

import pytest

from liandong.kernel.errors import NoSuchEdge
from liandong.routing.states import HELD, LIST, NEEDS, UNSETTLED, WITH_REASON

EDGES = {
    (None, "begin"): ("s", "draft"),
    ("draft", "propose"): ("a", "proposed"),
    ("proposed", "send_back"): ("b", "draft"),
    ("proposed", "approve"): ("c", "approved"),
    ("approved", "take_effect"): ("d", "in_force"),
    ("in_force", "supersede"): ("e", "superseded"),
    ("draft", "drop"): ("f", "dropped"),
    ("approved", "recall"): ("g", "draft"),
}
VERBS = sorted({verb for _, verb in EDGES})


@pytest.mark.parametrize(("state", "verb"), list(product([None, *LIST.states], VERBS)))
def test_each_step_leads_where_the_table_says_and_all_others_nowhere(state: str | None, verb: str) -> None:
    if (state, verb) in EDGES:
        edge = LIST.edge(state, verb)
        assert (edge.letter, edge.target) == EDGES[state, verb]
    else:
        with pytest.raises(NoSuchEdge):
            LIST.edge(state, verb)


def test_the_table_has_no_other_edge_and_no_letter_twice() -> None:
    assert {(edge.source, edge.verb) for edge in LIST.edges} == set(EDGES)
    assert len({edge.letter for edge in LIST.edges}) == len(LIST.edges)


def test_a_state_is_an_end_exactly_when_nothing_leads_out() -> None:
    assert {state for state in LIST.states if not LIST.out_of(state)} == LIST.ends


def test_every_state_is_either_held_or_unsettled() -> None:
    assert set(LIST.states) == HELD | UNSETTLED
    assert not HELD & UNSETTLED


def test_each_step_of_a_person_needs_a_right_and_those_of_the_clock_none() -> None:
    assert set(NEEDS) == set(VERBS) - {"take_effect", "supersede"}
    assert set(NEEDS) >= WITH_REASON
