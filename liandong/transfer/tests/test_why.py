"""Why a matter was handed over and sent back, told by the list as it was at each of the moments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from liandong.identity.rights import INSTALLER
from liandong.kernel.clock import VirtualClock
from liandong.routing import actions as routing
from liandong.transfer.queries import why
from tests.cast import (
    CONFERENCE,
    HOTLINE,
    HOTLINE_TAKER,
    LIST_ITEMS,
    LIST_VERSIONS,
    POLICE,
    hand_over,
    new_order,
    note,
    rows,
    step,
)


def second_version() -> None:
    """From tomorrow on gambling is the hotline's, in other words."""
    versions = LIST_VERSIONS.replace("T-1,测试清单,in_force,2023-06-01", "T-2,第二版,approved,2026-03-03")
    items = LIST_ITEMS.replace("T-1,", "T-2,").replace("聚众赌博,110,", "打牌娱乐,12345,")
    routing.load_versions(by=INSTALLER, rows=rows("list_versions.csv", versions))
    routing.load_items(by=INSTALLER, rows=rows("list_items.csv", items))


def told(by: object, matter: object, **given: object) -> list[tuple[str, str, str, str]]:
    found = why(by, matter, **given)  # type: ignore[arg-type] # the values of the cast
    return [(one.step.verb, one.version, one.code, one.item.text if one.item else "") for one in found]


def test_each_step_is_explained_by_the_list_of_its_own_moment(city: VirtualClock) -> None:
    second_version()
    order = new_order()
    row = hand_over(order, list_item="P01")
    city.advance(days=1)
    step(row, "refuse", code="not_ours", list_item="P01", basis="")
    expected = [("offer", "T-1", "P01", "聚众赌博"), ("refuse", "T-2", "P01", "打牌娱乐")]
    assert told(HOTLINE, order.matter) == told(POLICE, order.matter) == expected


def test_for_a_past_moment_only_what_had_happened_then_is_told(city: VirtualClock) -> None:
    order = new_order()
    before = city.now() - timedelta(seconds=1)
    row = hand_over(order, list_item="P01")
    city.advance(hours=1)
    step(row, "refuse")
    assert told(HOTLINE, order.matter, at=before) == []
    assert [verb for verb, *_ in told(HOTLINE, order.matter, at=city.now() - timedelta(minutes=1))] == ["offer"]
    assert [verb for verb, *_ in told(HOTLINE, order.matter)] == ["offer", "refuse"]


def test_a_step_that_cites_nothing_names_the_version_that_held_and_what_was_said(city: VirtualClock) -> None:
    order = new_order()
    hand_over(order, reason="疑似聚众赌博")
    (ground,) = why(HOTLINE, order.matter)
    assert (ground.version, ground.code, ground.item, ground.said) == ("T-1", "", None, "疑似聚众赌博")


def test_a_corrected_hand_over_keeps_what_it_does_not_say_anew(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order, list_item="P01", reason="楼下赌博")
    step(row, "refuse")
    step(row, "offer_again", reason="已更正地址")
    last = why(HOTLINE, order.matter)[-1]
    assert (last.step.verb, last.code, last.said) == ("offer_again", "P01", "已更正地址")


def test_what_may_not_be_seen_is_not_explained(city: VirtualClock) -> None:
    order = new_order()
    hand_over(order, "clue", signal="数十人聚集", list_item="P01")
    assert [one.step.verb for one in why(HOTLINE, order.matter)] == ["offer"]
    assert why(HOTLINE_TAKER, order.matter) == []
    assert why(replace(CONFERENCE, rights=CONFERENCE.rights - {"clue.read"}), order.matter) == []


def test_notes_and_other_steps_give_no_grounds(city: VirtualClock) -> None:
    order = new_order()
    row = hand_over(order, list_item="P01")
    note(row, "urge", HOTLINE, text="请尽快")
    step(row, "accept")
    step(row, "conclude")
    assert [one.step.verb for one in why(HOTLINE, order.matter)] == ["offer"]
