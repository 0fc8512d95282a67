"""Where the origin's clock is at another node, the responsible target urges; what works is not urged (I6, ADR 0023)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.cast import HOTLINE, POLICE
from tests.nodes import Nodes


def handed_over(nodes: Nodes) -> Any:
    row = nodes.offer(nodes.order())
    nodes.quiet()
    nodes.step(row, "accept", POLICE)
    return row


def notes(nodes: Nodes, code: str, row: Any) -> list[tuple[str, str]]:
    from liandong.transfer.models import NoteRow

    with nodes.at(code):
        found = NoteRow.objects.filter(transfer__number=row.number).order_by("id")
        return [(one.author, one.kind) for one in found]


def test_a_target_that_hears_nothing_of_its_feedback_urges_the_origin(nodes: Nodes) -> None:
    row = handed_over(nodes)
    nodes.step(row, "conclude", POLICE)
    nodes.cut = {frozenset(("gov", "police"))}
    told = nodes.row("police", row.number).confirm_by
    nodes.pass_time(seconds=(told - nodes.clock.now()).total_seconds() + 1)
    assert notes(nodes, "police", row) == [], "what became of it may still be on its way"
    nodes.pass_time(minutes=31)
    here = nodes.row("police", row.number)
    assert (here.state, here.target_duty, here.silent_urges) == ("concluded", True, 1)
    assert here.confirm_by > nodes.clock.now(), "and a clock goes on running where somebody must act"
    assert notes(nodes, "police", row) == [("110", "urge")]
    nodes.pass_time(seconds=(here.confirm_by - nodes.clock.now()).total_seconds() + 1)
    assert notes(nodes, "police", row) == [("110", "urge")] * 2
    nodes.cut = set()
    nodes.quiet()
    assert nodes.row("police", row.number).state == "confirmed"
    nodes.assert_agree(row.matter.number, "gov", "police")


def test_a_request_to_hand_back_that_nobody_answers_is_urged_by_who_made_it(nodes: Nodes) -> None:
    row = handed_over(nodes)
    nodes.step(row, "hand_back", POLICE)
    nodes.cut = {frozenset(("gov", "police"))}
    nodes.pass_time(days=2)
    assert set(notes(nodes, "police", row)) == {("110", "urge")}
    assert nodes.row("gov", row.number).state == "returned"


def test_what_is_heard_in_time_is_not_urged(nodes: Nodes) -> None:
    row = handed_over(nodes)
    nodes.step(row, "conclude", POLICE)
    nodes.pass_time(days=30)
    assert nodes.row("police", row.number).state == "confirmed"
    assert notes(nodes, "police", row) == notes(nodes, "gov", row) == []


def test_a_target_that_is_not_responsible_has_no_clock_of_the_other_node(nodes: Nodes) -> None:
    row = nodes.offer(nodes.order())
    nodes.quiet()
    nodes.cut = {frozenset(("gov", "police"))}
    nodes.pass_time(days=2)
    here = nodes.row("police", row.number)
    assert (here.state, here.target_duty, here.accept_by) == ("offered", False, None)
    assert notes(nodes, "police", row) == []


def test_the_origin_is_not_urged_by_itself_where_both_desks_are_here(nodes: Nodes) -> None:
    row = nodes.offer(nodes.order(), "divert", "119")
    with nodes.at("gov"):
        due = nodes.row("gov", row.number).accept_by
    nodes.pass_time(seconds=(due - nodes.clock.now()).total_seconds() + 1)
    assert notes(nodes, "gov", row) == [(HOTLINE.desk, "urge")]
    assert nodes.row("gov", row.number).accept_by - nodes.clock.now() > timedelta(minutes=1)
