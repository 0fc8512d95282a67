"""Where a note is about: counties and townships by name, spots by how their names end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.routing.gazetteer import Area, digits, find, spots

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
    ],
)
def test_spots_are_read_by_their_endings_and_what_stands_before_is_cut(text: str, names: list[str]) -> None:
    assert [spot.name for spot in spots(text)] == names


def test_a_name_read_with_its_county_is_the_same_place() -> None:
    (one,), (other,) = spots("忻府区长征西街"), spots("长征西街")
    assert one.same(other)
    assert not one.same(spots("长征东街")[0])


def test_house_entrance_and_room_are_digits() -> None:
    place = find("和平小区十二号楼3单元502室", ())
    assert (place.house, place.entrance, place.room) == ("12", "3", "502")


@pytest.mark.parametrize(("text", "number"), [("三", "3"), ("十", "10"), ("十二", "12"), ("二十", "20"), ("007", "7")])
def test_numbers_people_write_out_are_digits(text: str, number: str) -> None:
    assert digits(text) == number


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    find(text, AREAS)
