"""Orders with a second wish: a danger, a hand-over at once, a repeat of or an urge to an earlier one."""

from __future__ import annotations

from typing import Any

import pytest

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, fits, problem, unused, work
from liandong.exchange.tests.speaking import police as police_order
from liandong.kernel.ids import parse


def test_a_danger_is_on_its_way_before_the_answer_is(hot: Program, police: Program) -> None:
    answer = hot.accepted(work(danger={"signal": "燃气味很浓"}))
    transfer = fits("transfer", police.get(f"/transfers/{answer['danger_transfer']}"), 200)
    assert (transfer["kind"], transfer["state"], transfer["target"]) == ("danger", "offered", "110")
    assert transfer["reason"] == "燃气味很浓"
    assert parse(answer["danger_transfer"]).kind == "T"


def test_the_urgency_danger_alone_makes_the_transfer_too(hot: Program) -> None:
    assert "danger_transfer" in hot.accepted(work(urgency="danger"))


def test_a_danger_told_to_the_citys_110_needs_no_transfer(police: Program) -> None:
    assert "danger_transfer" not in police.accepted(police_order(danger={"signal": "持刀"}))


def test_a_danger_told_to_a_countys_110_goes_up(county: Program) -> None:
    assert "danger_transfer" in county.accepted(police_order(danger={"signal": "持刀"}))


def test_a_hand_over_asked_for_is_offered_with_the_order(hot: Program, police: Program) -> None:
    answer = hot.accepted(work(handover={"kind": "divert", "to": "110", "reason": "属警情"}))
    assert (
        fits("transfer", police.get(f"/transfers/{answer['transfer']}"), 200)["origin_order"] == answer["order_number"]
    )


def test_danger_and_hand_over_come_together(hot: Program) -> None:
    wish = {"kind": "divert", "to": "110", "reason": "属警情"}
    answer = hot.accepted(work(danger={"signal": "有人被困"}, handover=wish), unused("key"))
    assert answer["danger_transfer"] != answer["transfer"]


def test_a_wish_with_a_key_sent_again_is_done_once(served: Served, hot: Program) -> None:
    body, key = (
        work(danger={"signal": "冒烟"}, handover={"kind": "divert", "to": "110", "reason": "属警情"}),
        unused("k"),
    )
    first, before = hot.accepted(body, key), served.rows()
    assert fits("order-accepted", hot.accept(body, key), 200) == first
    assert served.rows() == before


@pytest.mark.parametrize(
    ("wish", "status", "code", "field"),
    [
        ({"kind": "divert", "to": "nobody", "reason": "x"}, 422, "target_unfit", "/handover/to"),
        ({"kind": "divert", "to": "12345", "reason": "x"}, 422, "target_unfit", "/handover/to"),
        ({"kind": "relay", "to": "110", "reason": "x"}, 422, "target_unfit", "/handover/to"),
        ({"kind": "divert", "to": "110", "reason": "x", "list_item": "NONE"}, 422, "", "/handover/list_item"),
    ],
)
def test_a_hand_over_that_cannot_be_leaves_no_order_either(
    served: Served, hot: Program, wish: dict[str, Any], status: int, code: str, field: str
) -> None:
    before = served.rows()
    problem(hot.accept(work(handover=wish), unused("key")), status, code, field)
    assert served.rows() == before


def test_a_repeat_is_an_order_of_its_own_linked_to_the_earlier_one(hot: Program) -> None:
    earlier = hot.accepted(work())
    answer = hot.accepted(work(related=earlier["linkage_number"], relation="repeat"))
    assert answer["linked_to"] == earlier["order_number"] != answer["order_number"]
    shown = fits("order", hot.get(f"/orders/{answer['order_number']}"), 200)
    assert shown["related"] == [{"number": earlier["order_number"], "relation": "repeat"}]
    assert "related" not in fits("order", hot.get(f"/orders/{earlier['order_number']}"), 200)


def test_an_urge_makes_no_order(served: Served, hot: Program) -> None:
    earlier = hot.accepted(work())
    before = served.rows()
    answer = hot.accepted(work(related=earlier["order_number"], relation="urge", content="还没有来水"), unused("key"))
    assert answer["urged"] is True
    assert answer["order_number"] == earlier["order_number"]
    assert served.rows()["intake_order"] == before["intake_order"]
    shown = fits("order", hot.get(f"/orders/{earlier['order_number']}"), 200)
    assert shown["urges"] == 1
    assert shown["history"][-1]["text"] == "还没有来水"


def test_an_urge_sent_again_with_its_key_urges_once(served: Served, hot: Program) -> None:
    number, key = hot.accepted(work())["order_number"], unused("key")
    body = work(related=number, relation="urge")
    first, before = hot.accepted(body, key), served.rows()
    assert fits("order-accepted", hot.accept(body, key), 200) == first
    assert served.rows() == before
    problem(hot.accept(work(related=number, relation="urge", content="又催"), key), 422, "idempotency_key_reused")
    problem(hot.accept(work(), key), 422, "idempotency_key_reused")


@pytest.mark.parametrize("relation", ["repeat", "urge"])
def test_an_order_of_another_desk_cannot_be_referred_to(
    served: Served, hot: Program, county: Program, relation: str
) -> None:
    foreign, before = county.accepted(police_order()), served.rows()
    for number in (foreign["order_number"], foreign["linkage_number"]):
        before = served.rows()
        problem(hot.accept(work(related=number, relation=relation), unused("key")), 404, "not_found", "/related")
        assert served.rows() == before


def test_a_number_with_a_wrong_check_character_is_told_as_such(served: Served, hot: Program) -> None:
    right = hot.accepted(work())["order_number"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    before = served.rows()
    problem(hot.accept(work(related=wrong, relation="repeat")), 422, "bad_number", "/related")
    assert served.rows() == before


def test_a_closed_order_is_not_urged(hot: Program) -> None:
    number = hot.accepted(work())["order_number"]
    hot.act(number, "guide", text="请联系物业")
    problem(hot.accept(work(related=number, relation="urge")), 422, "invalid", "/related")
