"""Desks at different nodes, each with a database of its own: the journeys of a hand-over end alike everywhere.

Every message is carried shuffled, and many of them twice; nothing else connects the nodes.
"""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from liandong.audit.by import By
from liandong.identity.errors import DeskElsewhere, NotItsDesk
from liandong.intake.errors import MirrorConflict
from liandong.kernel.ids import parse
from liandong.transfer.errors import ChainBroken, HistoryForked
from tests.cast import CONFERENCE, COUNTY, HOTLINE, POLICE, hand_over, new_order, note, step
from tests.nodes import CODES, Nodes

# Each journey is shuffled in one way here; LIANDONG_SEEDS=20 tries twenty. What depends on order alone is searched in
# thousands of ways by `liandong exchange simulate`.
SEEDS = range(1, 1 + int(os.environ.get("LIANDONG_SEEDS", "1")))


@pytest.fixture(params=SEEDS, ids="seed {}".format)
def net(nodes: Nodes, request: pytest.FixtureRequest) -> Nodes:
    nodes.dice = Random(request.param)
    return nodes


def offered(net: Nodes, kind: str = "divert", **given: Any) -> Any:
    """An order of 12345 handed to 110, heard at both nodes."""
    row = net.offer(net.order(**given), kind)
    net.quiet()
    return row


def states(net: Nodes, matter: str) -> tuple[str, str]:
    return net.own_order("12345", matter).state, net.own_order("110", matter).state


def test_accepted_concluded_and_confirmed_the_matter_ends_at_both_nodes(net: Nodes) -> None:
    row = offered(net)
    matter = row.matter.number
    net.step(row, "accept", POLICE)
    assert states(net, matter) == ("handed", "handling")
    net.step(row, "conclude", POLICE)
    assert states(net, matter) == ("handed", "answered")
    net.step(row, "confirm", HOTLINE)
    assert states(net, matter) == ("closed", "closed")
    net.assert_agree(matter, "gov", "police")
    assert net.told("gov", matter)["state"] == "closed"


def test_the_mirror_shows_the_order_and_its_caller_sealed_anew(net: Nodes) -> None:
    from liandong.intake.models import Order
    from liandong.intake.queries import caller_in_clear, search

    row = offered(net)
    ours = net.own_order("12345", row.matter.number)
    with net.at("police"):
        mirror = Order.objects.get(number=ours.number)
        assert caller_in_clear(mirror).phone == "13800138000"
        assert bytes(mirror.caller_phone or b"") != bytes(ours.caller_phone)
        assert [one.number for one in search(POLICE, "棋牌室").orders] == [ours.number]
        assert (mirror.answer_by, mirror.mirrored is None) == (None, False)


def test_refused_contested_and_awarded_it_is_taken_by_the_other(net: Nodes) -> None:
    row = offered(net)
    net.step(row, "refuse", POLICE)
    net.step(row, "contest", HOTLINE)
    net.note(row, "position", POLICE, position="target", text="同意由本台办理")
    net.step(row, "award", HOTLINE)
    net.step(row, "accept", POLICE)
    assert states(net, row.matter.number) == ("handed", "handling")
    net.step(row, "conclude", POLICE)
    net.step(row, "confirm", HOTLINE)
    net.assert_agree(row.matter.number, "gov", "police")
    assert net.told("police", row.matter.number)["sent_back"] == 1


def test_a_ruling_is_followed_and_a_joint_award_makes_both_responsible(net: Nodes) -> None:
    row = offered(net, "unclear")
    net.note(row, "ruling", CONFERENCE, ruling="joint", text="由两台共同办理")
    net.step(row, "award_jointly", HOTLINE)
    net.step(row, "accept", POLICE)
    for code in ("gov", "police"):
        assert (net.row(code, row.number).origin_duty, net.row(code, row.number).target_duty) == (True, True)
    net.assert_agree(row.matter.number, "gov", "police")


def test_handed_back_the_receivers_order_ends_and_the_origin_goes_on(net: Nodes) -> None:
    row = offered(net)
    net.step(row, "accept", POLICE)
    net.step(row, "hand_back", POLICE)
    net.step(row, "take_back", HOTLINE)
    assert states(net, row.matter.number) == ("handling", "closed")
    net.assert_agree(row.matter.number, "gov", "police")


def test_not_solved_it_is_worked_on_again_at_the_other_node(net: Nodes) -> None:
    row = offered(net)
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("not_solved", HOTLINE)):
        net.step(row, verb, by)
    assert net.own_order("110", row.matter.number).state == "handling"
    assert net.own_order("110", row.matter.number).rework == 1
    net.assert_agree(row.matter.number, "gov", "police")


def test_a_danger_is_at_110_and_alarms_there_again_at_the_second_signal(net: Nodes) -> None:
    from liandong.transfer import actions
    from liandong.transfer.models import Transfer
    from liandong.transfer.queries import alarms

    order = net.order(title="有人落水", urgency="danger")
    net.quiet()  # the reaction sends it
    with net.at("gov"):
        row = Transfer.objects.get(matter__number=order.matter.number)
    with net.at("police"):
        assert [one.number for one in alarms(POLICE)] == [row.number]
        actions.acknowledge(by=POLICE, number=row.number)
        assert alarms(POLICE) == []
    net.offer(order, "danger", signal="又有一人落水")
    net.quiet()
    with net.at("police"):
        assert [one.number for one in alarms(POLICE)] == [row.number]
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE)):
        net.step(row, verb, by)
    net.assert_agree(order.matter.number, "gov", "police")


def test_a_relay_through_three_nodes_comes_back_to_the_county(net: Nodes) -> None:
    order = net.order(COUNTY, title="路灯不亮", content="村口路灯坏了三天")
    up = net.offer(order, "relay", "110", reason="逐级转派")
    net.quiet()
    from liandong.transfer import actions

    with net.of(POLICE):
        onward = actions.relay_onward(
            by=POLICE, number=up.number, kind="divert", target="12345", body={"reason": "属12345职责"}
        )
    net.quiet()
    net.assert_agree(order.matter.number, *CODES)
    assert net.row("gov", onward.number).parent.number == up.number
    net.step(onward, "accept", HOTLINE)
    net.step(onward, "conclude", HOTLINE)
    assert net.row("county", up.number).state == "concluded", "the conclusion is passed up by itself"
    net.step(up, "not_solved", COUNTY)
    assert net.row("gov", onward.number).state == "accepted", "the rework is passed down by itself"
    net.step(onward, "conclude", HOTLINE)
    net.step(up, "confirm", COUNTY)
    assert net.row("gov", onward.number).state == "confirmed"
    net.assert_agree(order.matter.number, *CODES)
    assert {net.told(code, order.matter.number)["state"] for code in CODES} == {"closed"}


def test_what_the_middle_desk_passes_back_is_counted_once_at_every_node(net: Nodes) -> None:
    from liandong.transfer import actions

    order = net.order(COUNTY, title="路灯不亮", content="村口路灯坏了三天")
    up = net.offer(order, "relay", "110", reason="逐级转派")
    net.quiet()
    with net.of(POLICE):
        onward = actions.relay_onward(
            by=POLICE, number=up.number, kind="divert", target="12345", body={"reason": "属12345职责"}
        )
    net.quiet()
    net.step(onward, "refuse", HOTLINE)
    net.step(onward, "take_back", POLICE)
    net.step(up, "hand_back", POLICE)
    net.step(up, "take_back", COUNTY)
    net.assert_agree(order.matter.number, *CODES)
    assert {net.told(code, order.matter.number)["sent_back"] for code in CODES} == {1}


def test_a_silent_receiver_is_urged_and_releases_when_it_is_back(net: Nodes) -> None:
    net.cut = {frozenset(("gov", "police"))}
    row = offered(net)
    net.pass_time(days=2)
    assert net.row("gov", row.number).state == "offered"
    assert net.row("gov", row.number).silent_urges > 0
    net.cut = set()
    net.quiet()
    for code in ("gov", "police"):
        assert net.row(code, row.number).state == "withdrawn"
    net.assert_agree(row.matter.number, "gov", "police")


def test_a_clock_runs_at_the_node_of_its_desk_only(net: Nodes) -> None:
    row = offered(net)
    net.step(row, "accept", POLICE)
    net.step(row, "conclude", POLICE)
    net.cut = {frozenset(("gov", "police"))}
    net.pass_time(days=30)
    assert net.row("gov", row.number).state == "confirmed", "silence confirms at the origin"
    assert net.row("police", row.number).state == "concluded", "and nobody confirms for it elsewhere"
    net.cut = set()
    net.quiet()
    net.assert_agree(row.matter.number, "gov", "police")


def test_notes_of_both_sides_cross_while_nothing_goes_through(net: Nodes) -> None:
    row = offered(net)
    net.step(row, "accept", POLICE)
    net.cut = {frozenset(("gov", "police"))}
    net.note(row, "supplement", HOTLINE, text="来电人补充了楼层")
    net.note(row, "progress", POLICE, text="民警已出发")
    net.step(row, "conclude", POLICE)
    net.note(row, "supplement", POLICE, text="附现场情况")
    net.cut = set()
    net.quiet()
    net.assert_agree(row.matter.number, "gov", "police")
    assert len(net.told("gov", row.matter.number)["notes"]) == 3


def test_nobody_acts_here_in_the_name_of_a_desk_that_is_elsewhere(nodes: Nodes) -> None:
    from liandong.intake.models import Order

    row = offered(nodes)
    with nodes.at("gov"):
        with pytest.raises(DeskElsewhere):
            new_order(POLICE)
        with pytest.raises(DeskElsewhere):
            step(row, "accept", by=POLICE)
        with pytest.raises(DeskElsewhere):
            note(row, "progress", POLICE, text="民警已出发")
    with nodes.at("police"):
        mirror = Order.objects.get(number=row.origin_order.number)
        with pytest.raises(DeskElsewhere):
            hand_over(mirror, "danger", signal="有人受伤")


def test_numbers_of_two_nodes_never_meet(nodes: Nodes) -> None:
    given: dict[str, set[int]] = {}
    for by in (HOTLINE, POLICE, COUNTY):
        made = [nodes.order(by, title=f"第{n}件") for n in range(3)]
        given[str(by.desk)] = {(parse(one.number).sequence - 1) // 1000 % 50 for one in made}
    assert given == {"12345": {0}, "110": {1}, "110-140902": {2}}


def forged(net: Nodes, which: str, **changed: Any) -> Any:
    """The first message of a kind that was carried, changed and sent under another id and serial."""
    from dataclasses import replace

    real = next(one for one in net.carried if one.kind == which)
    serial = 10_000 + len(net.carried)
    return net.deliver(replace(real, id=f"{real.id}-x", serial=serial, data={**real.data, **changed}))


def test_another_step_at_the_same_place_is_kept_as_evidence_and_changes_nothing(nodes: Nodes) -> None:
    from dataclasses import replace

    from liandong.transfer.queries import step_of

    row = offered(nodes)
    with nodes.at("gov"):
        first = step_of(row.steps.get(seq=1), row)
    other = replace(first, person="别人")
    came = forged(nodes, "step", person="别人", hash=other.digest().hex())
    assert (came.state, came.code) == ("dead", HistoryForked.code)
    assert came.evidence["theirs"] == other.digest().hex()
    assert came.what_to_do
    nodes_row = nodes.row("police", row.number)
    assert bytes(nodes_row.head) == first.digest()


def test_a_changed_word_a_strange_author_and_a_taken_number_are_dead_letters(nodes: Nodes) -> None:
    row = offered(nodes)
    assert forged(nodes, "step", person="别人").code == ChainBroken.code
    assert forged(nodes, "step", author="110").code == NotItsDesk.code
    assert forged(nodes, "matter", first_desk="110").code == MirrorConflict.code
    theirs = nodes.order(POLICE)
    order = {**next(one for one in nodes.carried if one.kind == "matter").data["order"], "number": theirs.number}
    assert forged(nodes, "matter", order={**order, "kind": "police"}, snapshot=2**53 - 1).code == MirrorConflict.code
    nodes.quiet()
    assert nodes.row("police", row.number).seq == 1


def test_an_older_snapshot_never_overwrites_a_newer_one(nodes: Nodes) -> None:
    row = offered(nodes)
    old = next(one for one in nodes.carried if one.kind == "matter")
    nodes.step(row, "accept", POLICE)
    before = nodes.told("police", row.matter.number)
    from dataclasses import replace

    came = nodes.deliver(replace(old, id="again"))
    assert came.state == "duplicate"
    assert nodes.told("police", row.matter.number) == before


def test_a_clue_confines_the_matter_at_the_other_node_too(nodes: Nodes) -> None:
    from liandong.intake.models import Order

    row = offered(nodes, "clue", title="有人串联", content="多人串联准备集中上访")
    with nodes.at("police"):
        assert set(Order.objects.filter(matter__number=row.matter.number).values_list("needs", flat=True)) == {
            "clue.read"
        }
    nodes.step(row, "accept", POLICE)
    nodes.assert_agree(row.matter.number, "gov", "police")


def test_a_feedback_that_was_long_on_the_way_is_not_confirmed_by_a_silence_nobody_could_break(nodes: Nodes) -> None:
    row = offered(nodes)
    nodes.step(row, "accept", POLICE)
    nodes.cut = {frozenset(("gov", "police"))}
    nodes.step(row, "conclude", POLICE)
    nodes.clock.move_to(nodes.clock.now() + timedelta(days=30))
    nodes.cut = set()
    nodes.quiet()
    here = nodes.row("gov", row.number)
    assert here.state == "concluded"
    assert here.confirm_by > nodes.clock.now() + timedelta(hours=1)
    assert nodes.row("police", row.number).confirm_by < nodes.clock.now()
    nodes.pass_time(days=30)
    assert nodes.row("police", row.number).state == "confirmed"
    nodes.assert_agree(row.matter.number, "gov", "police")


@pytest.mark.parametrize("seed", range(6))
def test_the_same_hand_over_begun_anew_waits_for_the_end_of_the_one_before(nodes: Nodes, seed: int) -> None:
    nodes.dice = Random(seed)
    row = offered(nodes)
    nodes.step(row, "refuse", POLICE)
    nodes.cut = {frozenset(("gov", "police"))}
    nodes.step(row, "take_back", HOTLINE)
    again = nodes.offer(nodes.own_order("12345", row.matter.number))
    nodes.cut = set()
    nodes.quiet()
    assert (nodes.row("police", row.number).state, nodes.row("police", again.number).state) == ("returned", "offered")
    nodes.assert_agree(row.matter.number, "gov", "police")


def test_a_message_that_takes_no_effect_stands_with_its_reason_until_somebody_tries_again(nodes: Nodes) -> None:
    from liandong.peers import actions

    row = offered(nodes)
    nodes.note(row, "supplement", HOTLINE, text="来电人补充了楼层")
    came = forged(nodes, "note", id="00000000-0000-7000-8000-000000000000", kind="gossip")
    assert (came.state, came.code) == ("dead", "invalid")
    assert came.why
    with nodes.at("police"):
        officer = By(name="值班长", post="duty_officer", desk="110", person=9, rights=frozenset({"peers.manage"}))
        again, tried = actions.try_again(by=officer, incoming=came.pk, version=came.version)
        assert (tried, again.state, again.code) == (True, "dead", came.code)
    assert nodes.row("police", row.number).seq == 1


def test_what_was_kept_and_left_lying_takes_effect_later(nodes: Nodes) -> None:
    from liandong.peers import actions
    from liandong.peers.models import Incoming

    nodes.cut = {frozenset(("gov", "police"))}
    row = offered(nodes)
    nodes.cut = set()
    for message in nodes._leaving("gov"):
        with nodes.at("police"):
            actions.keep_message(message=message)
    with nodes.at("police"):
        assert actions.settle_stored() == 2
        assert set(Incoming.objects.values_list("state", flat=True)) == {"applied"}
    assert nodes.row("police", row.number).state == "offered"


def test_a_step_taken_while_its_matter_is_being_posted_is_told_with_the_order_it_opened(nodes: Nodes) -> None:
    from liandong.peers.actions.post import _steps

    row = nodes.offer(nodes.order())
    nodes.quiet()
    with nodes.at("police"):
        read_before = nodes.row("police", row.number)
        taken = step(read_before, "accept", by=POLICE)
        (_, told), *_ = _steps({read_before.pk: read_before})
    assert read_before.target_order is None
    assert told.data["target_order"] == nodes.own_order("110", taken.matter.number).number
