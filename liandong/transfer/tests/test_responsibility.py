"""Who must act for the citizen now, by example."""

from __future__ import annotations

from liandong.transfer.responsibility import Duty, lead_of, responsible

HOT, POL, COUNTY, GAS, WATER = "12345", "110", "110-140902", "gas", "water"


def duty(
    number: str, origin: str, target: str, *, held_by: str, parent: str | None = None, passes: bool = True
) -> Duty:
    """`held_by`: `origin` until the target took it, then `target`; `both` after a joint award."""
    return Duty(
        number, parent, origin, target, passes, origin_duty=held_by != "target", target_duty=held_by != "origin"
    )


def test_without_a_transfer_the_first_receiver_is_responsible() -> None:
    assert responsible(HOT, []) == (HOT,)


def test_an_offer_moves_nothing_and_the_acceptance_does() -> None:
    assert responsible(HOT, [duty("T1", HOT, POL, held_by="origin")]) == (HOT,)
    assert responsible(HOT, [duty("T1", HOT, POL, held_by="target")]) == (POL,)


def test_a_joint_award_keeps_both() -> None:
    assert responsible(HOT, [duty("T1", HOT, POL, held_by="both")]) == (HOT, POL)


def test_a_danger_beside_adds_the_police_and_the_origin_goes_on() -> None:
    assert responsible(HOT, [duty("T1", HOT, POL, held_by="target", passes=False)]) == (HOT, POL)


def test_a_danger_beside_a_hand_over_to_a_hotline_leaves_two_who_act() -> None:
    running = [duty("T1", HOT, GAS, held_by="target"), duty("T2", HOT, POL, held_by="target", passes=False)]
    assert responsible(HOT, running) == (GAS, POL)


def test_a_relay_is_followed_to_the_desk_that_has_the_matter_now() -> None:
    up = duty("T1", COUNTY, POL, held_by="target")
    assert responsible(COUNTY, [up]) == (POL,)
    assert responsible(COUNTY, [up, duty("T2", POL, HOT, held_by="origin", parent="T1")]) == (POL,)
    assert responsible(COUNTY, [up, duty("T2", POL, HOT, held_by="target", parent="T1")]) == (HOT,)
    three = duty("T3", HOT, GAS, held_by="target", parent="T2")
    assert responsible(COUNTY, [up, duty("T2", POL, HOT, held_by="target", parent="T1"), three]) == (GAS,)


def test_while_a_second_hand_over_waits_its_origin_is_responsible_for_that_part() -> None:
    first, second = duty("T1", HOT, POL, held_by="target"), duty("T2", HOT, GAS, held_by="origin")
    assert responsible(HOT, [first, second]) == (HOT, POL)
    assert responsible(HOT, [first, duty("T2", HOT, GAS, held_by="target")]) == (POL, GAS)


def test_who_took_a_hand_over_that_outlived_the_one_above_it_is_still_responsible() -> None:
    # The police took the danger from the gas hotline and handed a part on; the gas hotline's own part has ended since.
    onward = duty("T9", POL, HOT, held_by="target", parent="T8", passes=False)
    assert responsible(POL, [onward]) == (POL, HOT)
    assert responsible(GAS, [onward]) == (GAS, HOT)
    assert responsible(GAS, [duty("T9", POL, HOT, held_by="origin", parent="T8")]) == (GAS,)
    further = duty("T10", HOT, WATER, held_by="target", parent="T9")
    assert responsible(GAS, [onward, further]) == (GAS, WATER)


def test_desks_that_handed_to_one_another_in_a_circle_do_not_hang_the_rule() -> None:
    there, back = duty("T1", HOT, POL, held_by="target"), duty("T2", POL, HOT, held_by="target", parent="T1")
    assert responsible(HOT, [there, back]) == (HOT,)
    looped = Duty("T1", "T1", HOT, POL, passes=True, origin_duty=False, target_duty=True)
    assert responsible(HOT, [looped]) == (HOT,)


def test_who_led_goes_on_leading_else_who_took_else_who_was_first() -> None:
    assert lead_of(HOT, [HOT, POL], POL) == HOT
    assert lead_of(HOT, [POL, GAS], GAS) == GAS
    assert lead_of(HOT, [POL, GAS], HOT) == POL
    assert lead_of(None, [POL], HOT) == POL


def test_who_took_an_onward_hand_over_is_responsible_though_what_lies_above_is_known_late() -> None:
    """At another node: the middle desk's taking of the first hand-over is still on its way here."""
    running = [
        duty("T1", COUNTY, POL, held_by="origin"),
        duty("T2", POL, HOT, held_by="target", parent="T1"),
    ]
    assert responsible(COUNTY, running) == (COUNTY, HOT)
