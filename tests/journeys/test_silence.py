"""What the clocks do when a side says nothing: never acceptance, always somebody who acts alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.audit.models import Event
from liandong.kernel.clock import VirtualClock
from liandong.kernel.models import Fact
from liandong.transfer import timers
from liandong.transfer.models import Transfer
from tests.cast import (
    CONFERENCE,
    COUNTY,
    HOTLINE,
    POLICE,
    assert_whole,
    fresh,
    hand_over,
    new_order,
    note,
    react,
    run_clocks,
    step,
)

pytestmark = pytest.mark.usefixtures("city")


def test_an_offer_nobody_answers_is_urged_twice_withdrawn_at_the_third_and_released(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order)
    for times in (1, 2):
        run_clocks(city, until=fresh(row).accept_by)
        row = fresh(row)
        assert (row.state, row.silent_urges) == ("offered", times)
        assert_whole(order.matter)
    missed_first = row.overdue_at
    run_clocks(city, until=row.accept_by)
    row = fresh(row)
    assert (row.state, row.overdue_at) == ("withdrawn", missed_first)
    assert list(row.notes.order_by("id").values_list("kind", flat=True)) == ["urge", "urge", "urge", "withdraw"]
    assert row.steps.latest("seq").person == "系统时钟"
    assert Fact.objects.filter(kind="transfer.unanswered").count() == 3
    assert (fresh(order).state, fresh(order).answer_by is not None) == ("received", True)
    assert_whole(order.matter)


def test_a_danger_nobody_signs_is_urged_again_and_again_and_never_withdrawn(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order, kind="danger", signal="有人持刀")
    run_clocks(city, minutes=10)
    row = fresh(row)
    assert (row.state, row.silent_urges) == ("offered", 10)
    assert not row.notes.filter(kind="withdraw").exists()
    assert_whole(order.matter)


def test_a_node_that_was_down_for_a_day_urges_once_and_not_for_every_missed_span(city: VirtualClock) -> None:
    row = hand_over(new_order())
    city.advance(days=1)
    timers.accept_ran_out(row, city.now())
    timers.accept_ran_out(row, city.now())
    row = fresh(row)
    assert (row.silent_urges, row.notes.count()) == (1, 1)
    assert row.accept_by == city.now() + timedelta(hours=2)


def test_a_refusal_left_lying_is_taken_back_by_the_first_receiver(city: VirtualClock) -> None:
    order = new_order()
    row = step(hand_over(order), "refuse")
    run_clocks(city, until=row.decide_by)
    row = fresh(row)
    assert (row.state, row.steps.latest("seq").body) == ("returned", {"silent": True})
    assert_whole(order.matter)


def test_a_negotiation_that_does_not_settle_falls_back_on_the_first_receiver(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order, kind="unclear", reason="职责不清")
    settle_by = row.settle_by
    run_clocks(city, until=settle_by - timedelta(seconds=1))
    assert fresh(row).state == "negotiating"
    run_clocks(city, until=settle_by)
    row = fresh(row)
    assert (row.state, row.steps.latest("seq").verb) == ("returned", "fall_back")
    assert_whole(order.matter)


@pytest.mark.parametrize(
    ("ruling", "verb", "state"),
    [("target", "award", "awarded"), ("joint", "award_jointly", "awarded"), ("origin", "settle", "returned")],
)
def test_a_ruling_is_followed_by_the_clock_too(city: VirtualClock, ruling: str, verb: str, state: str) -> None:
    order = new_order()
    row = hand_over(order, kind="unclear", reason="职责不清")
    note(row, "ruling", CONFERENCE, text="经联席会议研究", ruling=ruling)
    run_clocks(city, until=row.settle_by)
    row = fresh(row)
    assert (row.state, row.steps.latest("seq").verb) == (state, verb)
    assert_whole(order.matter)


def test_an_overdue_feedback_is_said_and_the_same_clock_starts_again(city: VirtualClock) -> None:
    order = new_order()
    row = step(hand_over(order), "accept")
    missed = row.conclude_by
    run_clocks(city, until=missed)
    row = fresh(row)
    assert (row.state, row.overdue_at) == ("accepted", missed)
    assert row.conclude_by > missed
    assert Event.objects.filter(kind="transfer.late", subject=order.matter.number).count() == 1
    assert Fact.objects.filter(kind="transfer.overdue").count() == 1
    assert_whole(order.matter)


def test_feedback_nobody_objects_to_is_confirmed_by_silence_and_flagged(city: VirtualClock) -> None:
    order = new_order()
    row = step(step(hand_over(order), "accept"), "conclude")
    run_clocks(city, until=row.confirm_by)
    row = fresh(row)
    last = row.steps.latest("seq")
    assert (row.state, last.author, last.body) == ("confirmed", "12345", {"silent": True})
    assert fresh(order.matter).state == "closed"
    assert_whole(order.matter)


def test_a_clock_that_was_moved_between_reading_and_acting_does_nothing(city: VirtualClock) -> None:
    row = hand_over(new_order())
    stale = Transfer.objects.get(pk=row.pk)
    step(row, "accept")
    assert stale.accept_by is not None
    city.move_to(stale.accept_by)
    timers.accept_ran_out(stale, city.now())
    assert (fresh(row).state, fresh(row).notes.count()) == ("accepted", 0)


def test_a_matter_left_alone_by_both_sides_for_a_month_still_has_somebody_and_a_clock(city: VirtualClock) -> None:
    order = new_order()
    step(hand_over(order), "accept")
    run_clocks(city, days=30)
    assert_whole(order.matter)
    assert fresh(order.matter).state == "open"
    assert list(order.matter.custody.filter(until=None).values_list("party", flat=True)) == ["110"]


def relay() -> tuple[Transfer, Transfer]:
    from liandong.transfer import actions

    order = new_order(COUNTY)
    up = hand_over(order, kind="relay", reason="属12345职责")
    onward = actions.relay_onward(by=POLICE, number=up.number, kind="divert", target="12345", body={"reason": "转派"})
    return fresh(up), onward


def leads(up: Transfer) -> list[str]:
    rows = up.matter.custody.filter(role="lead").order_by("since", "id")
    return list(rows.values_list("party", flat=True))


def test_a_relay_is_followed_up_and_down_the_chain(city: VirtualClock) -> None:
    up, onward = relay()
    assert (up.state, onward.parent_id) == ("accepted", up.pk)
    assert leads(up) == ["110-140902", "110"]
    city.advance(minutes=5)
    step(onward, "accept")
    assert leads(up) == ["110-140902", "110", "12345"]
    step(onward, "conclude")
    react()
    assert (fresh(up).state, fresh(up).steps.latest("seq").body["passed_from"]) == ("concluded", onward.number)
    assert_whole(up.matter)
    step(up, "not_solved", by=COUNTY)
    react()
    assert [fresh(row).state for row in (up, onward)] == ["accepted", "accepted"]
    assert_whole(up.matter)
    city.advance(minutes=5)
    step(onward, "conclude", by=HOTLINE)
    react()
    step(up, "confirm", by=COUNTY)
    react()
    assert [fresh(row).state for row in (up, onward)] == ["confirmed", "confirmed"]
    assert fresh(up.matter).state == "closed"
    assert_whole(up.matter)


def test_what_came_back_to_the_middle_desk_goes_back_to_the_county_after_the_window(city: VirtualClock) -> None:
    up, onward = relay()
    step(step(onward, "refuse"), "take_back")
    city.advance(days=3)
    assert up.objection_until is not None
    assert city.now() > up.objection_until
    up = step(up, "hand_back")
    assert (up.state, fresh(up.matter).sent_back) == ("handed_back", 1), "one hop back, counted once"
    step(up, "take_back", by=COUNTY)
    assert leads(up) == ["110-140902", "110", "110-140902"]
    assert_whole(up.matter)


def test_reactions_repeated_change_nothing_more(city: VirtualClock) -> None:
    up, onward = relay()
    step(step(onward, "accept"), "conclude")
    react()
    before = list(Transfer.objects.order_by("id").values())
    Fact.objects.update(handled_at=None)
    react()
    assert list(Transfer.objects.order_by("id").values()) == before
    assert_whole(up.matter)


def test_the_conclusion_goes_up_when_the_last_of_two_onward_parts_is_concluded(city: VirtualClock) -> None:
    up, onward = relay()
    beside = hand_over(fresh(up.target_order), kind="mediate", target="12345", reason="联合调处")
    step(onward, "accept")
    step(beside, "accept")
    step(onward, "conclude")
    react()
    assert fresh(up).state == "accepted", "a part is still open"
    step(beside, "conclude")
    react()
    assert fresh(up).state == "concluded"
    assert_whole(up.matter)
