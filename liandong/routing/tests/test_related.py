"""Earlier orders a call may be about: one event, one caller, one address or near, with the reason; and gatherings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liandong.routing.related import Call, Earlier, Offer, Yardstick, again_within, ago, long, one_address, related

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
YARDSTICK = Yardstick(
    within=timedelta(hours=72),
    repeats_after=timedelta(minutes=8),
    metres=200,
    most=5,
    gather_reports=3,
    gather_metres=50,
    gather_within=timedelta(hours=1),
)
HERE: dict[str, Any] = {"longitude": 112.7460, "latitude": 38.4042}
LAMP = "路灯全灭了，晚上黑咕隆咚"


def earlier(key: str = "a", *, hours: float = 2, **given: Any) -> Earlier:
    values = {"note": "路灯不亮", "address": "", "division": "140902", "received_at": NOW - timedelta(hours=hours)}
    return Earlier(key, **{**values, **given})


def offer(call: Call, *orders: Earlier) -> Offer:
    return related(call, orders, YARDSTICK, NOW)


def reasons(call: Call, *orders: Earlier) -> dict[str, str]:
    return {hit.earlier.key: hit.reason for hit in offer(call, *orders).related}


def test_one_event_in_other_words_is_found_with_what_both_say() -> None:
    call = Call(note="云中花园正门那一排路灯不亮，老人摔了一跤", division="140902")
    one = earlier(note="来电人反映云中花园门口路灯全灭了，晚上黑咕隆咚")
    assert reasons(call, one) == {"a": "可能是同一件事：都说到黑、路灯、都提到“云中花园”，2小时前"}
    assert not reasons(call, earlier(note="云中花园有人打架，快来人"))
    assert not reasons(call, earlier(note=one.note, division="140981"))


def test_an_address_tells_with_the_note() -> None:
    call = Call(note="路灯不亮", address="和平小区3号楼")
    assert "可能是同一件事" in reasons(call, earlier(note=LAMP, address="和平小区三号楼"))["a"]
    assert not reasons(call, earlier(note=LAMP, address="和平小区8号楼"))


def test_the_same_address_is_found_though_the_matter_is_another() -> None:
    call = Call(note="打牌", address="和平小区", division="140902")
    assert reasons(call, earlier(address="忻府区和平小区二号楼")) == {"a": "同一地址，2小时前"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("和平小区", "忻府区和平小区二号楼", True),
        ("和平小区二号楼", "和平小区五号楼", False),
        ("七一路", "七一北路", False),
        ("和平小区", "光明小区", False),
        ("华北商厦东门", "华北商厦西门", False),
        ("", "和平小区", False),
    ],
)
def test_addresses_are_one_by_name_and_two_by_a_detail(one: str, other: str, same: bool) -> None:
    assert one_address(one, other) == one_address(other, one) == same


def test_points_near_each_other_are_found_whatever_the_words_say() -> None:
    near = earlier(longitude=112.7465, latitude=38.4042)
    far = earlier("b", longitude=112.7560, latitude=38.4042)
    assert reasons(Call(**HERE), near, far) == {"a": "相距44米，2小时前"}


def test_an_order_of_the_same_caller_is_a_repeat_and_marked() -> None:
    call = Call(note="另一件事", own=frozenset("ab"))
    (hit,) = offer(call, earlier("a", hours=1), earlier("b", hours=0.1), earlier("c", hours=1)).related
    assert (hit.earlier.key, hit.again) == ("a", True)
    assert hit.reason == "同一来电人再次来电，1小时前"


def test_repeats_are_told_of_a_callers_own_orders() -> None:
    own = [("soon", NOW - timedelta(minutes=7)), ("edge", NOW - timedelta(minutes=8)), ("old", NOW - timedelta(days=4))]
    assert again_within(own, YARDSTICK, NOW) == {"edge"}


def test_what_is_older_than_the_window_or_from_the_future_is_left_out() -> None:
    call = Call(address="和平小区")
    assert reasons(call, earlier(address="和平小区", hours=71.9))
    assert not reasons(call, earlier(address="和平小区", hours=72.1))
    assert not reasons(call, earlier(address="和平小区", hours=-0.1))


def test_the_likest_stand_first_and_no_more_than_asked_for() -> None:
    call = Call(note="路灯不亮，晚上看不见路，老人摔了", address="和平小区")
    orders = [earlier(str(n), address="和平小区", note="有人打架", hours=n) for n in range(1, 9)]
    both = earlier("both", address="和平小区", note="路灯全灭了，黑咕隆咚，看不见路", hours=50)
    found = offer(call, *orders, both).related
    assert [hit.earlier.key for hit in found] == ["both", "1", "2", "3", "4"]


def test_a_call_of_which_nothing_is_known_is_related_to_nothing() -> None:
    assert offer(Call(), earlier(address="和平小区", **HERE)) == Offer()


def test_three_reports_of_one_place_in_an_hour_gather_with_the_new_one_counted() -> None:
    near = [earlier(key, hours=0.5, note="", longitude=112.7465, latitude=38.4042) for key in "ab"]
    assert [one.key for one in offer(Call(**HERE), *near).gathered] == ["a", "b"]
    assert not offer(Call(**HERE), near[0]).gathered
    late = earlier("c", hours=1.1, longitude=112.7465, latitude=38.4042)
    far = earlier("d", hours=0.5, longitude=112.7467, latitude=38.4042)
    assert not offer(Call(**HERE), near[0], late, far).gathered
    assert not offer(Call(**HERE, own=frozenset("a")), *near).gathered


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=30), "刚刚"),
        (timedelta(minutes=59, seconds=59), "59分钟前"),
        (timedelta(hours=47), "47小时前"),
        (timedelta(hours=48), "2天前"),
    ],
)
def test_how_long_ago_is_told_in_round_words(span: timedelta, words: str) -> None:
    assert ago(span) == words
    assert long(timedelta(hours=1)) == "1小时"
