"""A matter handed over twice at once, or with a danger beside: nothing is closed too early, nothing is left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.intake.models import Order
from liandong.kernel.clock import VirtualClock
from liandong.transfer import actions
from tests.cast import HOTLINE, assert_whole, fresh, hand_over, new_order, note, react, run_clocks, step

pytestmark = pytest.mark.usefixtures("city")


@pytest.mark.parametrize("end", ["take_back", "release"])
def test_the_first_part_confirmed_while_the_second_comes_back_goes_on_at_the_origin(end: str) -> None:
    order = new_order()
    police, gas = hand_over(order), hand_over(order, target="gas")
    step(step(step(police, "accept"), "conclude"), "confirm")
    assert_whole(order.matter)
    assert fresh(order).closed_at is None, "its second part is still on the way"
    if end == "release":
        note(gas, "withdraw", HOTLINE)
        step(gas, "release")
    else:
        step(step(gas, "refuse"), "take_back")
    assert fresh(order).state == "handling"
    assert_whole(order.matter)


def test_both_parts_accepted_and_confirmed_end_the_matter(city: VirtualClock) -> None:
    order = new_order()
    police, gas = hand_over(order), hand_over(order, target="gas")
    for row in (police, gas):
        step(row, "accept")
        city.advance(minutes=3)
        assert_whole(order.matter)
    for row in (police, gas):
        step(step(row, "conclude"), "confirm")
        city.advance(minutes=3)
        assert_whole(order.matter)
    assert fresh(order.matter).state == "closed"


@pytest.mark.parametrize("first", ["paper", "danger"])
def test_danger_and_paper_question_end_in_either_order_and_the_matter_closes(city: VirtualClock, first: str) -> None:
    order = new_order()
    paper = hand_over(order)
    danger = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")
    assert danger is not None
    assert danger.beside
    for row in (danger, paper):
        step(row, "accept")
        assert_whole(order.matter)
    police = Order.objects.get(matter=order.matter, desk="110")
    one, other = (paper, danger) if first == "paper" else (danger, paper)
    city.advance(minutes=20)
    step(step(one, "conclude"), "confirm")
    assert_whole(order.matter)
    assert fresh(police).closed_at is None, "the police still have the other part"
    step(step(other, "conclude"), "confirm")
    assert_whole(order.matter)
    assert fresh(order.matter).state == "closed"


def test_a_clue_that_outlives_the_hand_over_does_not_keep_the_matter_open_for_ever(city: VirtualClock) -> None:
    order = new_order()
    clue = hand_over(order, kind="clue", signal="有人串联聚集")
    paper = hand_over(order, target="gas")
    step(step(step(paper, "accept"), "conclude"), "confirm")
    assert_whole(order.matter)
    step(clue, "accept")
    step(step(clue, "conclude"), "confirm")
    assert_whole(order.matter)
    assert fresh(order.matter).state == "closed"


def test_danger_first_goes_out_beside_an_open_negotiation(city: VirtualClock) -> None:
    order = new_order()
    unclear = hand_over(order, kind="unclear", reason="职责不清")
    danger = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="现场打起来了")
    assert danger is not None
    assert (danger.state, danger.beside, danger.urgency) == ("offered", True, "danger")
    assert danger.accept_by == city.now() + timedelta(seconds=60)
    assert fresh(order.matter).danger_at == city.now()
    assert_whole(order.matter)
    step(danger, "accept")
    parties = sorted(order.matter.custody.filter(until=None).values_list("party", flat=True))
    assert parties == ["110", "12345"]
    run_clocks(city, until=unclear.settle_by)
    assert fresh(unclear).state == "returned"
    assert_whole(order.matter)


def test_a_second_danger_signal_becomes_a_note_to_the_first() -> None:
    order = new_order()
    first = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")
    second = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人受伤")
    assert first is not None
    assert second is not None
    assert first.pk == second.pk
    assert list(first.notes.values_list("kind", "body__text")) == [("supplement", "有人受伤")]
    react()
    assert_whole(order.matter)


def test_a_danger_found_at_the_very_first_word_is_the_hand_over_itself() -> None:
    order = new_order(urgency="danger")
    danger = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")
    assert danger is not None
    assert not danger.beside
    step(danger, "accept")
    assert list(order.matter.custody.filter(until=None).values_list("party", flat=True)) == ["110"]
    assert_whole(order.matter)


def test_what_was_answered_for_a_danger_ends_when_the_paper_question_beside_it_is_handed_back() -> None:
    order = new_order()
    paper = hand_over(order)
    danger = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")
    assert danger is not None
    step(step(danger, "accept"), "conclude")
    step(paper, "accept")
    step(paper, "hand_back")
    step(danger, "confirm")
    police = Order.objects.get(matter=order.matter, desk="110")
    assert police.state == "answered", "the paper question may still need it"
    step(paper, "take_back")
    assert (fresh(police).state, fresh(order).state) == ("closed", "handling")
    assert_whole(order.matter)


def test_an_answer_that_another_hand_over_still_waits_to_judge_is_not_closed() -> None:
    order = new_order()
    paper = hand_over(order)
    danger = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")
    assert danger is not None
    step(step(danger, "accept"), "conclude")
    step(paper, "accept")
    step(step(paper, "hand_back"), "take_back")
    police = Order.objects.get(matter=order.matter, desk="110")
    assert police.state == "answered"
    step(danger, "confirm")
    assert fresh(police).state == "closed"
    assert_whole(order.matter)
