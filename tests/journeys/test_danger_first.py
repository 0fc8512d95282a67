"""A danger is shown at once although its matter has not come yet; the words of its order are filled in later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.cast import POLICE
from tests.nodes import Nodes


def on_the_way(nodes: Nodes, **given: Any) -> tuple[Any, dict[str, Any]]:
    order = nodes.order(title="楼道有人持刀", content="三单元二层，穿红衣", **given)
    row = nodes.offer(order, "danger", signal="有人持刀伤人")
    return row, {one.kind: one for one in nodes._leaving("gov")}


def test_the_step_of_a_danger_shows_it_before_its_matter_has_come(nodes: Nodes) -> None:
    from liandong.transfer.queries import access_transfer

    row, messages = on_the_way(nodes)
    assert nodes.deliver(messages["step"]).state == "applied"
    here = nodes.row("police", row.number)
    assert (here.state, here.kind, here.accept_by is not None) == ("offered", "danger", True)
    assert (here.origin_order.title, here.origin_order.urgency) == ("有人持刀伤人", "danger")
    assert here.matter.danger_at is not None
    with nodes.at("police"):
        assert access_transfer(POLICE, row.number) == here
    assert nodes.deliver(messages["matter"]).state == "applied"
    filled = nodes.row("police", row.number).origin_order
    assert (filled.title, filled.content) == ("楼道有人持刀", "三单元二层，穿红衣")
    nodes.quiet()
    nodes.step(row, "accept", POLICE)
    nodes.assert_agree(row.matter.number, "gov", "police")


def test_it_may_be_accepted_before_its_matter_comes(nodes: Nodes) -> None:
    row, messages = on_the_way(nodes)
    nodes.deliver(messages["step"])
    nodes.step(row, "accept", POLICE)
    nodes.deliver(messages["matter"])
    nodes.quiet()
    assert nodes.row("gov", row.number).state == "accepted"
    nodes.assert_agree(row.matter.number, "gov", "police")


def test_the_matter_first_is_as_it_was(nodes: Nodes) -> None:
    row, messages = on_the_way(nodes)
    nodes.deliver(messages["matter"])
    nodes.deliver(messages["step"])
    assert nodes.row("police", row.number).origin_order.title == "楼道有人持刀"
    nodes.quiet()
    nodes.assert_agree(row.matter.number, "gov", "police")


def test_another_hand_over_waits_for_its_matter(nodes: Nodes) -> None:
    row = nodes.offer(nodes.order())
    messages = {one.kind: one for one in nodes._leaving("gov")}
    assert "opening" not in messages["step"].data
    assert nodes.deliver(messages["step"]).state == "waiting"
    nodes.deliver(messages["matter"])
    assert nodes.row("police", row.number).state == "offered"


def test_a_danger_of_a_node_of_before_waits_for_its_matter(nodes: Nodes) -> None:
    row, messages = on_the_way(nodes)
    step = messages["step"]
    old = replace(step, data={name: value for name, value in step.data.items() if name != "opening"})
    assert nodes.deliver(old).state == "waiting"
    nodes.deliver(messages["matter"])
    assert nodes.row("police", row.number).state == "offered"


@pytest.mark.parametrize(
    "wrong", [{"first_desk": "110"}, {"opened_at": "gestern"}, {"kind": "letter"}, {"division": 1}]
)
def test_an_opening_that_is_none_is_set_in_front_of_a_person(nodes: Nodes, wrong: dict[str, Any]) -> None:
    from liandong.peers import actions

    _, messages = on_the_way(nodes)
    step = messages["step"]
    spoilt = replace(step, data={**step.data, "opening": {**step.data["opening"], **wrong}})
    with nodes.at("police"):
        assert actions.take_in(message=spoilt).state == "dead"
