from __future__ import annotations

from collections.abc import Iterator

import pytest

from liandong.kernel.errors import Conflict, NoSuchEdge
from liandong.kernel.lifecycle import Edge, Lifecycle
from liandong.kernel.mover import move
from liandong.kernel.tests.tables import Paper, paper_table

LIFE = Lifecycle(
    name="paper",
    states={"open": "待办", "taken": "在办", "done": "办结"},
    ends=frozenset({"done"}),
    edges=(
        Edge("a", "open", None, "open", "建立"),
        Edge("b", "take", "open", "taken", "签收"),
        Edge("c", "finish", "taken", "done", "办结"),
    ),
)


@pytest.fixture
def paper(db: None) -> Iterator[Paper]:
    with paper_table():
        yield Paper.objects.create()


def test_a_record_moves_along_an_edge_with_its_changes_and_its_version(paper: Paper) -> None:
    assert move(paper, LIFE, "take", changes={"note": "收到"}).letter == "b"
    assert (paper.state, paper.version, paper.note) == ("taken", 2, "收到")
    stored = Paper.objects.get()
    assert (stored.state, stored.version, stored.note) == ("taken", 2, "收到")


def test_of_two_who_act_on_the_same_sight_one_wins_and_the_other_is_told(paper: Paper) -> None:
    other = Paper.objects.get(pk=paper.pk)
    move(paper, LIFE, "take", changes={"note": "甲"})
    with pytest.raises(Conflict):
        move(other, LIFE, "take", changes={"note": "乙"})
    assert Paper.objects.get().note == "甲"
    assert (other.state, other.version) == ("open", 1)


def test_the_same_state_in_a_later_version_is_a_conflict_too(paper: Paper) -> None:
    Paper.objects.filter(pk=paper.pk).update(version=5)
    with pytest.raises(Conflict):
        move(paper, LIFE, "take")


def test_a_move_the_table_does_not_know_is_refused_in_chinese_and_changes_nothing(paper: Paper) -> None:
    with pytest.raises(NoSuchEdge) as refused:
        move(paper, LIFE, "finish")
    assert "待办" in refused.value.message
    assert Paper.objects.get().state == "open"


def test_the_edges_out_of_a_state_are_those_of_the_table() -> None:
    assert [edge.verb for edge in LIFE.out_of("open")] == ["take"]
    assert LIFE.out_of("done") == ()
    assert LIFE.edge(None, "open").target == "open"
