"""Two notes of one event, several callers of one place, the same caller again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.duplicates import Report, alike, gathered, repeats

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("和平小区3号楼停水了，从早上到现在都没有水", "来电人住和平小区3号楼，说家里断水一天了，问啥时候来水"),
        ("云中花园门口路灯全灭了，晚上黑咕隆咚", "云中花园正门那一排路灯不亮，老人摔了一跤"),
        ("长征西街与七一路口红绿灯坏了", "七一路口的信号灯不亮了，车都堵成一团"),
        ("楼下烧烤摊天天半夜吵得睡不着，利民西街那家", "利民西街有个烧烤店，凌晨两点还在放音响"),
        ("有人跳河了在云中河大桥", "云中河桥上有个女的要往下跳"),
        ("新建北路有个大坑", "新建北路路面塌了一块，电动车掉进去了"),
        ("被骗了三万块，刷单", "刷单被骗转走3万"),
    ],
)
def test_one_event_in_other_words_is_one(one: str, other: str) -> None:
    assert alike(one, other).holds


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("和平小区3号楼停水", "和平小区8号楼停水"),
        ("和平小区3号楼停水", "和平小区3号楼电梯坏了"),
        ("和平小区停水", "光明小区停水"),
        ("七一路井盖丢了", "七一路有人违停"),
        ("上周和平街着过火，消防通道一直堵", "和平街着火了快来"),
        ("邻居家狗半夜叫", "楼上装修吵"),
        ("小区物业乱收费", "物业费涨价没公示"),
    ],
)
def test_another_place_house_trouble_or_day_is_another_event(one: str, other: str) -> None:
    assert not alike(one, other).holds


def test_the_reasons_are_sentences_a_clerk_can_read() -> None:
    texts = [reason.text for reason in alike("和平小区3号楼停水", "和平小区8号楼停水").reasons]
    assert "同在和平小区" in texts
    assert "楼号不同：3、8" in texts
    assert "同为停水" in texts


@given(st.text(max_size=120), st.text(max_size=120))
def test_the_order_of_the_two_makes_no_difference(one: str, other: str) -> None:
    assert alike(one, other).score == alike(other, one).score


@given(st.text(min_size=4, max_size=80, alphabet="停水路灯和平云中三号楼昨晚孩子哭门口车坏"))
def test_a_note_is_alike_to_itself_as_far_as_it_says_anything(text: str) -> None:
    assert alike(text, text).score >= alike(text, text[::-1]).score


def test_nothing_is_like_nothing() -> None:
    assert alike("", "停水").score == 0.0


def report(key: str, minutes: float, caller: str = "", east: float | None = None) -> Report:
    point = {} if east is None else {"longitude": 112.7460 + east, "latitude": 38.4042}
    return Report(key, NOW - timedelta(minutes=minutes), caller, **point)


def test_a_caller_again_between_eight_minutes_and_three_days_is_a_repeat() -> None:
    earlier = [report("soon", 7.9, "x"), report("edge", 8, "x"), report("late", 72 * 60 + 1, "x"), report("y", 60, "y")]
    found = repeats(report("new", 0, "x"), earlier, least=timedelta(minutes=8), most=timedelta(hours=72))
    assert [one.key for one in found] == ["edge"]
    assert not repeats(report("new", 0), [report("a", 60)], least=timedelta(0), most=timedelta(hours=1))


def test_reports_of_others_near_in_place_and_time_gather() -> None:
    earlier = [
        report("near", 30, "b", 0.0005),  # about 44 m
        report("far", 30, "c", 0.0007),  # about 61 m
        report("old", 61, "d", 0.0001),
        report("own", 30, "a", 0.0),
        report("nowhere", 30, "e"),
    ]
    found = gathered(report("new", 0, "a", 0.0), earlier, metres=50, within=timedelta(hours=1))
    assert [one.key for one in found] == ["near"]
