"""Earlier orders a call may be about: near in time, and alike in place or words, with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from liandong.intake.related import Call, Earlier, Yardstick, ago, related

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
YARDSTICK = Yardstick(within=timedelta(hours=72), place_share=0.6, text_share=0.5, metres=200, most=5)
HERE: dict[str, Any] = {"longitude": 112.7460, "latitude": 38.4042}


def earlier(key: str = "a", *, hours: float = 2, **given: Any) -> Earlier:
    values = {"title": "路灯不亮", "address": "", "division": "140902", "received_at": NOW - timedelta(hours=hours)}
    return Earlier(key, **{**values, **given})


def reasons(call: Call, *orders: Earlier) -> dict[str, str]:
    return {hit.earlier.key: hit.reason for hit in related(call, orders, YARDSTICK, NOW)}


def test_the_same_place_is_found_with_its_reason() -> None:
    call = Call(address="和平小区", division="140902")
    assert reasons(call, earlier(address="忻府区和平小区二号楼")) == {"a": "同一地址，2小时前"}


def test_another_house_of_the_same_estate_is_near_and_another_road_is_not() -> None:
    assert reasons(Call(address="和平小区二号楼"), earlier(address="和平小区五号楼"))
    assert not reasons(Call(address="七一路"), earlier(address="七一北路"))
    assert not reasons(Call(address="和平小区"), earlier(address="光明小区"))


def test_the_same_words_are_found_in_the_same_division_only() -> None:
    call = Call(note="来电人说楼下又有人聚众赌博，很吵", division="140902")
    assert reasons(call, earlier(title="楼下有人聚众赌博")) == {"a": "描述相近，2小时前"}
    assert not reasons(call, earlier(title="楼下有人聚众赌博", division="140981"))
    assert reasons(Call(note=call.note), earlier(title="楼下有人聚众赌博", division="140981"))


def test_points_near_each_other_are_found_whatever_the_words_say() -> None:
    near = earlier(longitude=112.7465, latitude=38.4042)
    far = earlier("b", longitude=112.7560, latitude=38.4042)
    assert reasons(Call(**HERE), near, far) == {"a": "相距44米，2小时前"}


def test_what_is_older_than_the_window_or_from_the_future_is_left_out() -> None:
    call = Call(address="和平小区")
    assert reasons(call, earlier(address="和平小区", hours=71.9))
    assert not reasons(call, earlier(address="和平小区", hours=72.1))
    assert not reasons(call, earlier(address="和平小区", hours=-0.1))


def test_the_likest_stand_first_and_no_more_than_asked_for() -> None:
    call = Call(note="和平小区路灯不亮", address="和平小区")
    orders = [earlier(str(n), address="和平小区", title="别的事", hours=n) for n in range(1, 9)]
    both = earlier("both", address="和平小区", title="和平小区路灯不亮", hours=50)
    found = related(call, [*orders, both], YARDSTICK, NOW)
    assert [hit.earlier.key for hit in found] == ["both", "1", "2", "3", "4"]
    assert found[0].reason == "同一地址、描述相近，2天前"


def test_a_call_of_which_nothing_is_known_is_related_to_nothing() -> None:
    assert not reasons(Call(), earlier(address="和平小区", **HERE))


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
