"""S3.6: a lead that is sure enough goes to 110 by itself, apart; a false one takes the order from nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.reactions import REACTIONS
from liandong.audit.models import Event
from liandong.intake import actions as intake
from liandong.intake.accepting import Incoming, Key, Settled
from liandong.intake.facts import ORDER_ACCEPTED
from liandong.intake.models import Order, Parameter
from liandong.intake.queries import access_order, forget_rulebook, work_list
from liandong.kernel.errors import NotFound
from liandong.kernel.models import Fact
from liandong.kernel.outbox import Told
from liandong.routing.models import Decided
from liandong.transfer import actions
from liandong.transfer.models import NoteRow, Transfer
from liandong.transfer.pages.reading import read
from tests.cast import (
    GAS,
    HOTLINE,
    HOTLINE_TAKER,
    POLICE,
    POLICE_TAKER,
    SUPERVISOR,
    assert_whole,
    fresh,
    hand_over,
    new_order,
    note,
    react,
    step,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
GATHER = "业主群里有人发接龙，周六上午九点都到售楼部门口拉横幅，已经报了八十多个人"


def told(by: Any = HOTLINE_TAKER) -> Order:
    order: Order = new_order(by, title="业主群接龙", content=GATHER)
    return order


def clues() -> list[Transfer]:
    return list(Transfer.objects.filter(kind="clue").order_by("pk"))


def again() -> None:
    for fact in Fact.objects.filter(kind=ORDER_ACCEPTED):
        for reaction in REACTIONS[ORDER_ACCEPTED]:
            reaction(Told(id=fact.id, kind=fact.kind, payload=fact.payload, occurred_at=fact.occurred_at))


def needs_bar(value: str) -> None:
    Parameter.objects.filter(name="routing_lead_sends").update(value=value)
    forget_rulebook()


def test_a_lead_goes_out_by_itself_with_rule_and_list_for_those_who_need_to_know() -> None:
    order = told()
    react()
    (row,) = clues()
    assert (row.origin, row.target, row.state, row.list_version) == ("12345", "110", "offered", "T-1")
    assert row.steps.get().person == "线索闸门"
    assert row.reason.startswith("业主群接龙（涉稳规则L")
    assert Decided.objects.get(order=order).output["lead_sure"] >= 0.7
    assert [one.number for one in read(HOTLINE, order.number).transfers] == [row.number]
    assert_whole(order.matter)


def test_the_desk_goes_on_with_its_order_and_sees_nothing_of_the_clue() -> None:
    order = told()
    react()
    page = read(HOTLINE_TAKER, order.number)
    assert (page.orders, page.transfers) == ([order], [])
    assert order in work_list(HOTLINE_TAKER).orders
    assert access_order(replace(HOTLINE_TAKER, person=99), order.number) == order
    (row,) = clues()
    step(row, "accept")
    page = read(HOTLINE_TAKER, order.number)
    assert (page.orders, page.transfers, [one.party for one in page.custody]) == ([order], [], ["12345"])


def test_at_110_it_is_there_for_those_who_need_to_know_and_for_nobody_else() -> None:
    order = told()
    react()
    (row,) = clues()
    step(row, "accept")
    target = fresh(row).target_order
    for number in (order.number, target.number):
        assert read(POLICE, number).transfers == [fresh(row)]
        for by in (POLICE_TAKER, SUPERVISOR):
            with pytest.raises(NotFound):
                access_order(by, number)


def test_once_a_person_says_so_too_the_order_is_for_those_who_need_to_know() -> None:
    order = told()
    react()
    (row,) = clues()
    same = actions.offer(by=HOTLINE, order=order.number, kind="clue", target="110", body={"signal": "确有其事"})
    assert same == row
    assert NoteRow.objects.get().body["text"] == "确有其事"
    assert access_order(HOTLINE, order.number) == order
    with pytest.raises(NotFound):
        access_order(HOTLINE_TAKER, order.number)


def test_what_a_person_has_sent_or_taken_back_is_not_sent_again() -> None:
    first, second = told(HOTLINE), told(HOTLINE)
    hand_over(first, "clue", signal="有人串联")
    withdrawn = hand_over(second, "clue", signal="有人串联")
    note(withdrawn, "withdraw", HOTLINE, text="误报")
    step(withdrawn, "release")
    react()
    assert len(clues()) == 2
    with pytest.raises(NotFound):
        access_order(HOTLINE_TAKER, first.number)


def test_the_fact_told_again_changes_nothing() -> None:
    told()
    react()
    before = len(clues()), Event.objects.count(), NoteRow.objects.count(), Fact.objects.count()
    again()
    assert (len(clues()), Event.objects.count(), NoteRow.objects.count(), Fact.objects.count()) == before


def test_a_lead_under_the_bar_waits_for_a_person_and_without_a_bar_every_one_does() -> None:
    needs_bar("0.99")
    told()
    react()
    Parameter.objects.filter(name="routing_lead_sends").delete()
    forget_rulebook()
    told()
    react()
    assert clues() == []
    assert all(one.output["lead"] for one in Decided.objects.all())


def test_only_12345_has_this_channel() -> None:
    told(POLICE)
    told(GAS)
    react()
    assert clues() == []


def test_beside_a_danger_it_confines_nothing() -> None:
    order = new_order(HOTLINE_TAKER, title="堵门", content=f"现在门口有人持刀砍人，正在流血。{GATHER}")
    react()
    kinds = sorted(Transfer.objects.filter(matter=order.matter).values_list("kind", flat=True))
    assert "danger" in kinds
    assert {one.needs for one in Order.objects.filter(matter=order.matter)} == {""}
    assert_whole(order.matter)


def test_on_the_phone_it_goes_with_the_acceptance_and_the_answer_says_nothing_of_it() -> None:
    said = Incoming(kind="work", title="业主群接龙", content=GATHER)
    answer = actions.accept_call(by=HOTLINE_TAKER, incoming=said, key=Key("12345", "a" * 32, b"1"))
    (row,) = clues()
    assert row.number not in str(answer)
    assert "gate_transfer" not in answer
    react()
    assert len(clues()) == 1


def test_ended_in_the_call_it_is_shown_to_supervision_once() -> None:
    settled = Settled("answered", "已告知自行联系物业", "explained")
    said = Incoming(kind="work", title="业主群接龙", content=GATHER, settled=settled)
    answer = intake.accept_order(by=HOTLINE, incoming=said)
    react()
    again()
    matter = Order.objects.select_related("matter").get(number=answer["order_number"]).matter
    assert (clues(), matter.state, "涉稳" in matter.problem_why) == ([], "closed", True)
    assert Event.objects.filter(kind="matter.problem").count() == 1


def test_taken_and_confirmed_it_leaves_the_order_open_at_its_desk() -> None:
    order = told()
    react()
    (row,) = clues()
    for verb in ("accept", "conclude", "confirm"):
        step(row, verb)
        assert_whole(order.matter)
    assert fresh(order).state == "received"
    assert access_order(HOTLINE_TAKER, order.number) == order
