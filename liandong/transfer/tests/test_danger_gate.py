"""S3.4, I7: a danger in a note goes to 110 without anybody's hand, and a false alarm takes the matter from nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.reactions import REACTIONS
from liandong.audit.models import Event
from liandong.intake import actions as intake
from liandong.intake.accepting import Incoming, Key, Settled
from liandong.intake.facts import ORDER_ACCEPTED
from liandong.intake.models import Custody, Order
from liandong.kernel.clock import VirtualClock
from liandong.kernel.models import Fact
from liandong.kernel.outbox import Told
from liandong.routing.actions import Chosen
from liandong.routing.models import Correction, Decided, ListVersion
from liandong.routing.queries import forget_lists
from liandong.transfer import actions
from liandong.transfer.models import NoteRow, Transfer
from liandong.transfer.queries import alarms
from tests.cast import COUNTY, GAS, HOTLINE, POLICE, assert_whole, fresh, hand_over, new_order, react, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]

FIGHT = "两伙人在饭店门口持刀打架，有人被砍倒，正在流血"
FLOOD = "河里有人落水，正在呼救，快来人"
SETTLED = Settled("answered", "已告知自行联系物业", "explained")


def dangers() -> list[Transfer]:
    return list(Transfer.objects.filter(kind="danger").order_by("pk"))


def again() -> None:
    """All facts of acceptance once more, as after a crash between the doing and its note."""
    for fact in Fact.objects.filter(kind=ORDER_ACCEPTED):
        told = Told(id=fact.id, kind=fact.kind, payload=fact.payload, occurred_at=fact.occurred_at)
        for reaction in REACTIONS[ORDER_ACCEPTED]:
            reaction(told)


def test_a_danger_goes_out_by_itself_with_its_rule_its_item_and_its_list() -> None:
    order = new_order(title="饭店门口打架", content=FIGHT)
    react()
    (row,) = dangers()
    (kept,) = Decided.objects.filter(order=order)
    assert (row.origin, row.target, row.state, row.origin_order_id) == ("12345", "110", "offered", order.pk)
    assert (row.list_version, row.list_item, kept.output["danger"]) == ("T-1", "P02", True)
    rule = next(one["rule"] for one in kept.reasons if one["kind"] == "danger")
    assert row.reason.startswith("饭店门口打架")
    assert f"险情规则{rule}" in row.reason
    first = row.steps.get()
    assert (first.person, first.body["beside"], first.body["list_item"]) == ("险情闸门", True, "P02")
    assert [one.number for one in alarms(POLICE)] == [row.number]
    assert fresh(order.matter).danger_at == row.opened_at
    assert_whole(order.matter)


def test_the_order_stays_with_its_desk_so_that_a_false_alarm_loses_nothing() -> None:
    order = new_order(title="有人落水", content=FLOOD)
    react()
    (row,) = dangers()
    step(row, "accept")
    assert fresh(order).state == "received"
    assert set(Custody.objects.filter(matter=order.matter, until=None).values_list("party", flat=True)) >= {"12345"}
    step(row, "conclude", result="no_danger", text="到场核实是冬泳，没有险情")
    step(row, "confirm")
    order = fresh(order)
    assert (order.state, order.closed_at, fresh(order.matter).state) == ("received", None, "open")
    assert_whole(order.matter)


def test_what_tells_of_no_danger_is_judged_and_stays() -> None:
    order = new_order()
    react()
    assert dangers() == []
    assert Decided.objects.get().order_id == order.pk


def test_the_fact_told_again_changes_nothing() -> None:
    new_order(title="有人落水", content=FLOOD)
    new_order()
    react()
    before = [*Decided.objects.values_list("pk", flat=True)], dangers(), Event.objects.count(), NoteRow.objects.count()
    again()
    now = [*Decided.objects.values_list("pk", flat=True)], dangers(), Event.objects.count(), NoteRow.objects.count()
    assert now == before


def test_what_a_person_has_sent_is_not_sent_twice() -> None:
    order = new_order(title="有人落水", content=FLOOD)
    actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人落水")
    marked = new_order(title="有人落水", content=FLOOD, urgency="danger")
    react()
    assert sorted(row.matter_id for row in dangers()) == sorted([order.matter_id, marked.matter_id])
    assert NoteRow.objects.count() == 0


def test_it_runs_beside_the_hand_over_somebody_made_for_another_reason() -> None:
    order = new_order(title="饭店门口打架", content=FIGHT)
    paper = hand_over(order)
    react()
    (row,) = dangers()
    assert (row.beside, fresh(paper).state) == (True, "offered")
    step(paper, "accept")
    step(row, "accept")
    assert_whole(order.matter)
    step(row, "conclude", result="solved", text="已处置")
    step(row, "confirm")
    assert fresh(paper).state == "accepted"
    assert_whole(order.matter)


def test_whoever_is_the_police_or_an_emergency_service_sends_nothing_on_by_the_gate() -> None:
    for by in (POLICE, COUNTY, GAS):
        new_order(by, title="有人落水", content=FLOOD)
    react()
    assert dangers() == []
    assert Decided.objects.count() == 3


def test_a_danger_that_was_ended_in_the_call_is_shown_to_supervision() -> None:
    told = Incoming(kind="work", title="有人落水", content=FLOOD, settled=SETTLED)
    answer = intake.accept_order(by=HOTLINE, incoming=told)
    react()
    matter = Order.objects.select_related("matter").get(number=answer["order_number"]).matter
    assert (dangers(), matter.state) == ([], "closed")
    assert "险情" in matter.problem_why
    again()
    assert Event.objects.filter(kind="matter.problem").count() == 1


def test_while_no_list_is_in_force_orders_are_taken_and_nothing_is_judged() -> None:
    order = new_order(title="有人落水", content=FLOOD)
    ListVersion.objects.update(state="dropped")
    forget_lists()
    again()
    assert (Decided.objects.count(), fresh(order).state) == (0, "received")


def call(**given: Any) -> dict[str, Any]:
    said = Incoming(kind="work", title="有人落水", content=FLOOD, **given)
    return actions.accept_call(by=HOTLINE, incoming=said, key=Key("12345", "a" * 32, b"1"))


def test_on_the_phone_it_goes_out_with_the_acceptance_and_the_same_form_twice_makes_one(clock: VirtualClock) -> None:
    answer = call()
    (row,) = dangers()
    assert answer["gate_transfer"] == row.number
    assert row.opened_at == clock.now()
    assert "gate_transfer" not in call()
    react()
    assert (len(dangers()), Decided.objects.count(), Order.objects.count()) == (1, 1, 1)
    assert_whole(row.matter)


def test_on_the_phone_it_does_not_end_in_the_call_and_the_words_told_are_kept() -> None:
    call(settled=SETTLED)
    (row,) = dangers()
    order = Order.objects.get()
    assert (order.state, order.answer) == ("received", "")
    assert row.notes.get().body["text"] == "受理时已告知来电人：已告知自行联系物业"
    assert_whole(row.matter)


def test_what_was_chosen_otherwise_is_a_correction_and_what_was_accepted_is_kept() -> None:
    said = Incoming(kind="work", title="广场舞扰民", content="楼下广场舞噪声扰民，天天到半夜")
    by = replace(HOTLINE, person=None)  # what keeps an account needs one
    taken = Chosen({"side": "12345"}, accepted=True)
    actions.accept_call(by=by, incoming=said, key=Key("12345", "b" * 32), chosen=taken)
    first = Decided.objects.get()
    assert (first.side, first.output["accepted"], first.output["chosen"]) == ("12345", True, {"side": "12345"})
    assert not Correction.objects.exists()
    actions.accept_call(by=by, incoming=said, key=Key("12345", "c" * 32), chosen=Chosen({"side": "110", "item": "P01"}))
    made = Correction.objects.get()
    assert (made.side, made.item, made.state, made.why) == ("110", "P01", "noted", "受理时另行选定")


def test_an_acceptance_does_not_fail_by_what_is_said_of_the_suggestion() -> None:
    said = Incoming(kind="work", title="有人落水", content=FLOOD)
    actions.accept_call(by=HOTLINE, incoming=said, key=Key("12345", "d" * 32), chosen=Chosen({"side": "119"}))
    assert (Order.objects.count(), dangers()) == (1, [])
    react()
    assert len(dangers()) == 1
