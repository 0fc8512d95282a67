"""Details of a place: numbers, sides, parts, and whose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.addresses import address


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("和平小区十二号楼3单元502室", {"楼": {"12"}, "单元": {"3"}, "室": {"502"}}),
        ("翡翠a11-1-902那家", {"楼": {"11"}, "单元": {"1"}, "室": {"902"}, "区": {"A"}}),
        ("锦园二期8-3", {"期": {"2"}, "楼": {"8"}, "单元": {"3"}}),
        ("广惠园十二排", {"排": {"12"}}),
        ("住在六楼", {"层": {"6"}}),
        ("南苑丁楼的山墙", {"区": {"丁"}}),
        ("坐五路公交", {"路": {"5"}}),
        ("七一路有坑", {}),
        ("六月二号打110，赔了300块", {}),
    ],
)
def test_numbers_are_read_with_what_they_number(text: str, numbers: dict[str, set[str]]) -> None:
    assert address(text).numbers == numbers


def test_a_side_belongs_to_what_has_it_and_near_words_for_a_side_are_one() -> None:
    assert address("东门外头，广场北面").sides == {"门": {"东"}, "侧": {"北"}}
    assert address("广场北侧").sides == {"侧": {"北"}}
    assert address("大班教室，前院").sides == {"班": {"大"}, "院": {"前"}}


def test_whose_it_is_counts_only_of_ones_own() -> None:
    assert address("我侄子和我媳妇").kin & address("我媳妇").kin
    assert not address("有个老人和一个孩子").kin


def test_amounts_are_told_in_digits_and_one_and_two_say_nothing() -> None:
    assert address("被骗三万，分十二次，有两个人").amounts == {"3万", "12"}


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    address(text)
