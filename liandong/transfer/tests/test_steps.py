"""Every edge of the table through the actions, on real PostgreSQL: orders, custody, clocks, trail and facts with it."""

from __future__ import annotations

import pytest

from liandong.audit.models import Event
from liandong.intake.models import MatterParty, Order
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Conflict, LiandongError, NoSuchEdge, NotAllowed, NotFound
from liandong.kernel.models import Fact
from liandong.transfer import actions
from liandong.transfer.errors import NotHolder
from liandong.transfer.models import Transfer
from liandong.transfer.states import TRANSFER
from tests.cast import (
    CONFERENCE,
    COUNTY,
    HOTLINE,
    HOTLINE_TAKER,
    OTHER_COUNTY,
    POLICE,
    STEP_BODY,
    SUPERVISOR,
    assert_whole,
    fresh,
    hand_over,
    new_order,
    note,
    step,
)

pytestmark = pytest.mark.usefixtures("city")


def police_order(row: Transfer) -> Order:
    return Order.objects.filter(matter=row.matter_id, desk="110").latest("id")


def custody(row: Transfer) -> list[tuple[str, str]]:
    return list(row.matter.custody.filter(until=None).order_by("role", "id").values_list("party", "role"))


def last_fact() -> str:
    return Fact.objects.latest("id").kind


def test_an_offer_leaves_the_matter_with_its_origin_and_lets_the_other_desk_see(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order)
    assert (row.state, row.accept_by, last_fact()) == ("offered", row.due_at, "transfer.offer")
    assert (city.now() < row.accept_by, row.list_version) == (True, "T-1")
    assert custody(row) == [("12345", "lead")]
    assert fresh(order).state == "received"
    assert MatterParty.objects.filter(matter=row.matter, party="110").exists()
    assert not Order.objects.filter(desk="110").exists()
    assert_whole(row.matter)


def test_acceptance_moves_the_duty_and_links_a_second_record(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order)
    city.advance(minutes=5)
    row = step(row, "accept")
    theirs = police_order(row)
    assert custody(row) == [("110", "lead")]
    assert (fresh(order).state, theirs.state, theirs.kind, theirs.channel) == (
        "handed",
        "handling",
        "police",
        "handover",
    )
    assert theirs.number != order.number
    assert (theirs.title, theirs.content) == (order.title, order.content)
    assert fresh(row).target_order_id == theirs.pk
    assert (theirs.due_at, row.accept_by) == (row.conclude_by, None)
    assert row.objection_until is not None
    assert_whole(row.matter)


def test_feedback_and_confirmation_close_the_loop_at_both_desks(city: VirtualClock) -> None:
    order = new_order()
    row = step(hand_over(order), "accept")
    city.advance(hours=1)
    row = step(row, "conclude")
    theirs = police_order(row)
    assert (row.state, theirs.state, theirs.result, custody(row)) == (
        "concluded",
        "answered",
        "solved",
        [("110", "lead")],
    )
    city.advance(hours=1)
    row = step(row, "confirm")
    order, theirs = fresh(order), fresh(theirs)
    assert (order.state, order.outcome, order.result) == ("closed", "handed", "solved")
    assert (theirs.state, theirs.outcome) == ("closed", "answered")
    matter = fresh(row.matter)
    assert (matter.state, matter.closed_at, row.ended_at) == ("closed", city.now(), city.now())
    assert_whole(matter)


def test_not_solved_brings_it_back_to_the_desk_that_answered(city: VirtualClock) -> None:
    row = step(step(hand_over(new_order()), "accept"), "conclude")
    row = step(row, "not_solved")
    theirs = police_order(row)
    assert (row.state, row.rework, theirs.state, theirs.rework) == ("accepted", 1, "handling", 1)
    assert theirs.due_at == row.conclude_by
    assert custody(row) == [("110", "lead")]
    assert_whole(row.matter)


def test_the_third_rework_makes_it_a_problem_order() -> None:
    row = step(hand_over(new_order()), "accept")
    for _ in range(3):
        assert fresh(row.matter).problem_at is None
        row = step(step(row, "conclude"), "not_solved")
    assert fresh(row.matter).problem_why == "反馈后3次未解决"
    assert Fact.objects.filter(kind="matter.problem").count() == 1
    assert_whole(row.matter)


def test_a_refused_order_goes_back_and_its_desk_takes_it_up_again() -> None:
    order = new_order()
    row = step(hand_over(order), "refuse")
    assert (row.state, custody(row)) == ("refused", [("12345", "lead")])
    assert row.decide_by is not None
    assert fresh(row.matter).sent_back == 1
    row = step(row, "take_back")
    assert (row.state, fresh(order).state, fresh(row.matter).transfers_open) == ("returned", "received", 0)
    assert_whole(row.matter)


def test_a_refused_order_offered_again_with_a_correction_is_accepted() -> None:
    row = step(step(hand_over(new_order()), "refuse"), "offer_again", reason="已更正地址", list_item="P01")
    assert row.state == "offered"
    assert row.steps.get(verb="offer_again").body["list_version"] == "T-1"
    row = step(row, "accept")
    assert custody(row) == [("110", "lead")]
    assert_whole(row.matter)


def test_a_contested_refusal_settles_on_the_first_receiver() -> None:
    row = step(step(hand_over(new_order()), "refuse"), "contest")
    assert (row.state, row.settle_by is not None) == ("negotiating", True)
    row = step(row, "settle")
    assert (row.state, custody(row)) == ("returned", [("12345", "lead")])
    assert_whole(row.matter)


def test_an_award_waits_for_the_other_sides_agreement_and_then_only_acceptance_is_left() -> None:
    row = step(step(hand_over(new_order()), "refuse"), "contest")
    with pytest.raises(LiandongError) as why:
        step(row, "award")
    assert why.value.code == "agreement_missing"
    note(row, "position", POLICE, text="同意办理", position="target")
    row = step(row, "award")
    assert (row.state, custody(row)) == ("awarded", [("12345", "lead")])
    with pytest.raises(NoSuchEdge):
        step(row, "refuse")
    row = step(row, "accept")
    assert custody(row) == [("110", "lead")]
    with pytest.raises(LiandongError) as why:
        step(row, "hand_back")
    assert why.value.code == "window_closed"
    assert_whole(row.matter)


def test_a_joint_award_makes_both_responsible_until_both_have_ended() -> None:
    order = new_order()
    row = step(step(hand_over(order), "refuse"), "contest")
    note(row, "position", POLICE, text="同意共同办理", position="joint")
    row = step(step(row, "award_jointly"), "accept")
    assert custody(row) == [("110", "joint"), ("12345", "lead")]
    assert fresh(order).state == "received"
    assert_whole(row.matter)
    row = step(step(row, "conclude"), "confirm")
    assert fresh(row.matter).state == "open"
    assert custody(row) == [("12345", "lead")]
    assert_whole(row.matter)


def test_a_joint_award_after_a_hand_back_wakes_the_origins_order_again() -> None:
    order = new_order()
    row = step(step(step(hand_over(order), "accept"), "hand_back"), "contest")
    assert custody(row) == [("110", "lead")]
    note(row, "position", POLICE, text="同意共同办理", position="joint")
    row = step(row, "award_jointly")
    assert (fresh(order).state, fresh(order).answer_by is not None) == ("handling", True)
    row = step(row, "accept")
    assert sorted(party for party, _ in custody(row)) == ["110", "12345"]
    assert fresh(order).state == "handling"
    assert_whole(row.matter)


def test_handing_back_keeps_the_duty_until_the_origin_takes_it() -> None:
    order = new_order()
    row = step(step(hand_over(order), "accept"), "hand_back")
    assert (row.state, custody(row)) == ("handed_back", [("110", "lead")])
    row = step(row, "take_back")
    theirs = police_order(row)
    assert custody(row) == [("12345", "lead")]
    assert (fresh(order).state, theirs.state, theirs.outcome) == ("handling", "closed", "returned")
    assert_whole(row.matter)


def test_a_withdrawn_offer_is_released_by_the_receiver() -> None:
    row = hand_over(new_order())
    with pytest.raises(LiandongError) as why:
        step(row, "release")
    assert why.value.code == "no_withdraw_asked"
    note(row, "withdraw", HOTLINE)
    row = step(row, "release")
    assert (row.state, custody(row)) == ("withdrawn", [("12345", "lead")])
    assert_whole(row.matter)


@pytest.mark.parametrize("road", [("refuse", "refuse", "refuse"), ("accept", "hand_back")])
def test_the_third_sending_back_of_a_matter_goes_to_negotiation_and_supervision(road: tuple[str, ...]) -> None:
    order = new_order()
    if road[0] == "accept":
        for _ in range(2):
            step(step(step(hand_over(order), "accept"), "hand_back"), "take_back")
        row = step(step(hand_over(order), "accept"), "hand_back")
    else:
        row = hand_over(order)
        for _ in range(2):
            row = step(step(row, "refuse"), "offer_again")
        row = step(row, "refuse")
    matter = fresh(row.matter)
    assert (row.state, matter.sent_back) == ("negotiating", 3)
    assert row.steps.latest("seq").verb == f"{road[-1]}_at_limit"
    assert matter.problem_why == "第3次退回，转协商并提请督办"
    assert_whole(matter)


@pytest.mark.parametrize("verb", ["refuse_at_limit", "hand_back_at_limit"])
def test_nobody_takes_the_edge_of_the_loop_guard_by_hand(verb: str) -> None:
    row = hand_over(new_order())
    if verb.startswith("hand"):
        row = step(row, "accept")
    with pytest.raises(NoSuchEdge):
        step(row, verb, code="not_ours", basis="依据")
    assert fresh(row).state in ("offered", "accepted")


def test_an_unclear_matter_opens_in_negotiation() -> None:
    row = hand_over(new_order(), kind="unclear", reason="职责不清")
    assert (row.state, row.steps.get().letter, last_fact()) == ("negotiating", "t", "transfer.open")
    assert custody(row) == [("12345", "lead")]
    assert_whole(row.matter)


def test_a_ruling_binds_the_holder() -> None:
    row = hand_over(new_order(), kind="unclear", reason="职责不清")
    note(row, "ruling", CONFERENCE, text="经联席会议研究", ruling="target")
    with pytest.raises(LiandongError) as why:
        step(row, "settle")
    assert why.value.code == "ruling_binds"
    row = step(step(row, "award"), "accept")
    assert custody(row) == [("110", "lead")]
    assert_whole(row.matter)


def test_a_word_spoken_before_the_last_step_no_longer_counts() -> None:
    row = step(step(hand_over(new_order()), "refuse"), "contest")
    note(row, "position", POLICE, text="同意办理", position="target")
    row = step(step(step(row, "award"), "accept"), "conclude")
    assert row.state == "concluded"
    again = hand_over(new_order(), kind="unclear", reason="职责不清")
    with pytest.raises(LiandongError):
        step(again, "award")


def test_every_step_leaves_its_hash_in_the_trail_and_its_fact_in_the_outbox() -> None:
    row = step(step(step(hand_over(new_order()), "accept"), "conclude"), "confirm")
    steps = list(row.steps.order_by("seq"))
    assert [s.seq for s in steps] == [1, 2, 3, 4]
    assert [bytes(s.prev) for s in steps[1:]] == [bytes(s.hash) for s in steps[:-1]]
    trail = Event.objects.filter(subject=row.matter.number, kind="transfer.step").order_by("id")
    assert all(bytes(s.hash).hex() in event.body for s, event in zip(steps, trail, strict=True))
    facts = Fact.objects.filter(kind__startswith="transfer.").order_by("id").values_list("kind", flat=True)
    assert list(facts) == ["transfer.offer", "transfer.accept", "transfer.conclude", "transfer.confirm"]


ROADS = (
    "offer accept conclude confirm",
    "offer accept conclude not_solved conclude confirm",
    "offer refuse take_back",
    "offer refuse offer_again accept",
    "offer refuse contest settle",
    "offer refuse contest award accept",
    "offer refuse contest award_jointly accept",
    "offer accept hand_back take_back",
    "offer accept hand_back contest settle",
    "offer refuse offer_again refuse offer_again refuse_at_limit settle",
    "offer refuse offer_again refuse offer_again accept hand_back_at_limit settle",
    "offer release",
    "open fall_back",
)


@pytest.mark.parametrize("road", ROADS)
def test_a_matter_is_whole_after_every_step_of_every_road(city: VirtualClock, road: str) -> None:
    first, *verbs = road.split()
    row = hand_over(new_order(), kind="unclear" if first == "open" else "divert")
    for verb in verbs:
        city.advance(minutes=7)
        if verb in ("award", "award_jointly"):
            note(row, "position", POLICE, text="同意", position="target" if verb == "award" else "joint")
        if verb == "release":
            note(row, "withdraw", HOTLINE)
        if verb == "fall_back":
            city.move_to(row.settle_by)
        row = step(row, verb.removesuffix("_at_limit"))
        assert row.steps.latest("seq").verb == verb
        assert_whole(row.matter)


def test_the_roads_above_walk_every_edge() -> None:
    walked = set()
    for road in ROADS:
        state: str | None = None
        for verb in road.split():
            edge = TRANSFER.edge(state, verb)
            walked.add((edge.source, edge.verb))
            state = edge.target
    assert walked == {(edge.source, edge.verb) for edge in TRANSFER.edges}


@pytest.mark.parametrize("kind", ["clue", "notify", "danger", "mediate", "relay"])
def test_every_other_kind_goes_its_straight_road(city: VirtualClock, kind: str) -> None:
    by, target = {
        "clue": (HOTLINE, "110"),
        "danger": (HOTLINE, "110"),
        "notify": (POLICE, "12345"),
        "mediate": (POLICE, "12345"),
        "relay": (COUNTY, "110"),
    }[kind]
    order = new_order(by)
    row = hand_over(order, kind=kind, target=target, reason="依据", signal="聚集")
    for verb in ("accept", "conclude", "confirm"):
        city.advance(minutes=1)
        row = step(row, verb)
        assert_whole(row.matter)
    passes = kind in ("danger", "relay")
    assert fresh(row.matter).state == ("closed" if passes else "open")
    assert fresh(order).state == ("closed" if passes else "received")


def test_who_holds_no_baton_or_no_right_or_is_no_party_cannot_step() -> None:
    row = hand_over(new_order())
    with pytest.raises(NotHolder):
        step(row, "accept", by=HOTLINE)
    for stranger in (HOTLINE_TAKER, SUPERVISOR, CONFERENCE):
        with pytest.raises(NotAllowed):
            step(row, "accept", by=stranger)
    for stranger in (COUNTY, OTHER_COUNTY):
        with pytest.raises(NotFound):
            step(row, "accept", by=stranger)
    assert fresh(row).seq == 1


def test_unknown_numbers_and_verbs_are_refused_in_chinese() -> None:
    row = hand_over(new_order())
    with pytest.raises(NoSuchEdge):
        step(row, "dance")
    with pytest.raises(LiandongError) as why:
        actions.take_step(by=POLICE, number="T12345", verb="accept")
    assert why.value.code == "bad_number"


@pytest.mark.parametrize(("verb", "field"), [("refuse", "code"), ("conclude", "result"), ("not_solved", "code")])
def test_a_code_that_is_in_no_code_table_is_refused(verb: str, field: str) -> None:
    row = hand_over(new_order())
    for before in {"refuse": (), "conclude": ("accept",), "not_solved": ("accept", "conclude")}[verb]:
        row = step(row, before)
    with pytest.raises(LiandongError) as why:
        actions.take_step(
            by=HOTLINE if verb == "not_solved" else POLICE,
            number=row.number,
            verb=verb,
            body={**STEP_BODY[verb], field: "made_up"},
        )
    assert (why.value.code, why.value.field) == ("code_unknown", field)


def test_a_desk_with_an_ended_and_a_running_order_is_reached_by_the_running_one(city: VirtualClock) -> None:
    order = new_order()
    step(step(step(hand_over(order), "accept"), "hand_back"), "take_back")
    row = step(hand_over(order), "accept")
    danger = actions.raise_danger(by=HOTLINE, matter_id=order.matter_id, signal="有人持刀")
    assert danger is not None
    danger = step(danger, "accept")
    assert fresh(danger).target_order_id == fresh(row).target_order_id
    assert Order.objects.filter(matter=order.matter, desk="110").count() == 2
    assert_whole(row.matter)


def test_concluding_waits_for_what_was_handed_on() -> None:
    row = step(hand_over(new_order()), "accept")
    onward = hand_over(police_order(row), target="gas")
    with pytest.raises(Conflict):
        step(row, "conclude")
    step(step(onward, "accept"), "conclude")
    row = step(row, "conclude")
    assert row.state == "concluded"
    assert_whole(row.matter)
