"""Where a note is about: counties and townships by name, spots by how their names end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.gazetteer import Area, Spot, digits, find, spots

AREAS = (
    Area("140900", "忻州市", "忻州", ""),
    Area("140902", "忻府区", "忻府", "140902", "忻府区"),
    Area("140922", "五台县", "五台", "140922", "五台县"),
    Area("1409K2", "五台山风景名胜区", "五台山", "1409K2", "五台山风景名胜区"),
    Area("140981", "原平市", "原平", "140981", "原平市"),
    Area("140981106", "轩岗镇", "轩岗", "140981", "原平市"),
)


@pytest.mark.parametrize(
    ("text", "county", "township"),
    [
        ("忻府区长征西街有个坑", "140902", ""),
        ("五台山景区门口有人拉客", "1409K2", ""),
        ("五台的老家停电了", "140922", ""),
        ("轩岗那边矿上停水", "140981", "140981106"),
        ("人在原平，老家五台", "140981", ""),
        ("忻州市里停水", "", ""),
        ("", "", ""),
    ],
)
def test_the_county_is_the_first_named_and_a_township_decides(text: str, county: str, township: str) -> None:
    place = find(text, AREAS)
    assert (place.county, place.township) == (county, township)
    assert bool(place.reasons) == bool(county)


def test_the_reason_names_the_word() -> None:
    assert find("轩岗停水", AREAS).reasons[0].text == "提到“轩岗”，属原平市"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("来电人反映和平小区下水道堵了", ["和平小区"]),
        ("家住云中花园旁边的利民西街", ["云中花园", "利民西街"]),
        ("在马路上走，公路边，整条街都黑", []),
        ("御龙湾不让骑手进", ["御龙湾"]),
        ("二道巷那家干洗店", ["二道巷"]),
        ("新建北路有个大坑", ["新建北路"]),
        ("兰村到轩家营", ["兰村", "轩家营"]),
    ],
)
def test_spots_are_what_stands_before_an_ending_or_what_no_table_knows(text: str, names: list[str]) -> None:
    assert [spot.name for spot in spots(text)] == names


def spot(text: str) -> Spot:
    (found,) = spots(text)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("忻府区长征西街", "长征西街"),
        ("锦绣嘉园", "锦园二期"),
        ("御龙湾小区", "御龙湾"),
        ("苏龙口镇", "苏龙口的"),
        ("五台茹村", "茹村"),
    ],
)
def test_a_name_read_with_its_county_or_shortened_is_the_same_place(one: str, other: str) -> None:
    here, there = spots(one)[-1], spots(other)[0]
    assert here.same(there)
    assert there.same(here)
    assert not here.resembles(there)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("御龙湾小区", "御龙山小区"),
        ("东冶镇", "东楼乡"),
        ("康乐小区", "康乐新村"),
        ("北城壹号", "北辰小区"),
        ("富康家园", "福康家园"),
        ("银河湾不热", "银河苑不热"),
        ("东城加油站", "城东加油站"),
        ("利民街", "利民巷"),
    ],
)
def test_names_that_are_taken_for_each_other_are_two_places(one: str, other: str) -> None:
    here, there = spots(one)[0], spots(other)[0]
    assert not here.same(there)
    if here.level != there.level or not here.level:
        assert here.resembles(there)


def test_the_direction_of_a_road_is_part_of_its_name() -> None:
    assert not spot("长征西街").same(spot("长征东街"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", "3"),
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("一百零五", "105"),
        ("一五零二", "1502"),
        ("007", "7"),
    ],
)
def test_numbers_people_write_out_are_digits(text: str, number: str) -> None:
    assert digits(text) == number


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    find(text, AREAS)
