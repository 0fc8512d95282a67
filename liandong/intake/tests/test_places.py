"""The division an address names."""

import pytest

from liandong.intake.places import Area, named

CITY = Area("140900", "忻州市", "忻州", whole=True)
AREAS = [
    CITY,
    Area("140902", "忻府区", "忻府"),
    Area("140922", "五台县", "五台"),
    Area("140923", "代县", "代县"),
    Area("140981", "原平市", "原平"),
    Area("1409K2", "五台山风景名胜区", "五台山"),
]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("忻府区七一北路和平小区", "140902"),
        ("原平大营街", "140981"),
        ("忻州市原平市前进街", "140981"),
        ("五台山脚下的旅馆", "1409K2"),
        ("五台县台城镇", "140922"),
        ("忻州市政府旁", "140900"),
        ("原平市到代县的公路", "140981"),
    ],
)
def test_the_longest_name_wins_and_the_city_only_when_nothing_closer_is_named(address: str, code: str) -> None:
    found = named(address, AREAS)
    assert found is not None
    assert found.area.code == code
    assert found.word in address


@pytest.mark.parametrize("address", ["", "七一北路", "和平小区2号楼"])
def test_an_address_that_names_nothing_suggests_nothing(address: str) -> None:
    assert named(address, AREAS) is None
