"""Who undertakes a matter: the units the directory speaks for, and those it forbids."""

from __future__ import annotations

import pytest

from liandong.routing.directory import Asked, Duty, assignable, suggest

NOISE = Duty(
    "city-mgmt",
    "市城市管理局",
    "department",
    "建筑施工噪声",
    "《噪声污染防治法》",
    ("施工", "工地"),
    ("W0301",),
    "",
    True,
)
STREET = Duty("street-1", "秀容街道办事处", "street", "辖区环境巡查", "", ("工地",), ("W0301",), "140902")
COUNTY = Duty("county-02", "忻府区人民政府", "county", "属地协调", "", ("工地",), ("环境噪声",), "140902")
OTHER = Duty("county-81", "原平市人民政府", "county", "属地协调", "", ("工地",), ("环境噪声",), "140981")
DUTIES = (STREET, OTHER, COUNTY, NOISE)
MATTER = Asked("半夜工地还在施工", item="W0301", class_name="环境噪声", county="140902")


def test_the_unit_that_owns_the_item_stands_first_and_says_by_which_law() -> None:
    found = suggest(MATTER, DUTIES)
    assert [one.unit for one in found] == ["city-mgmt", "county-02"]
    assert found[0].reason.text == "市城市管理局：建筑施工噪声（《噪声污染防治法》）"
    assert found[0].reason.words == ("施工", "工地")


def test_what_a_department_owns_is_never_offered_to_a_street_and_the_refusal_says_why() -> None:
    assert "street-1" not in [one.unit for one in suggest(MATTER, DUTIES, most=10)]
    verdict = assignable("street", MATTER, DUTIES)
    assert not verdict.holds
    assert "市城市管理局" in verdict.reasons[0].text
    assert verdict.reasons[0].clause == "国办函〔2025〕66号"
    assert assignable("department", MATTER, DUTIES).holds


def test_what_no_department_owns_may_go_to_the_street() -> None:
    matter = Asked("楼道堆杂物，工地旁", item="W0999", county="140902")
    assert next(one.unit for one in suggest(matter, DUTIES)) in {"street-1", "county-02"}
    assert assignable("street", matter, DUTIES).holds


def test_another_countys_unit_is_not_offered_where_the_county_is_known() -> None:
    assert "county-81" not in [one.unit for one in suggest(MATTER, DUTIES, most=10)]
    assert "county-81" in [one.unit for one in suggest(Asked("工地"), DUTIES, most=10)]


@pytest.mark.parametrize("text", ["", "没有一个字对得上"])
def test_where_nothing_speaks_for_any_unit_none_is_offered(text: str) -> None:
    assert suggest(Asked(text), DUTIES) == []


def test_each_unit_is_offered_once_with_its_best_reason() -> None:
    weak = Duty("city-mgmt", "市城市管理局", "department", "市容", "", ("工地",))
    assert [one.reason.text for one in suggest(MATTER, (weak, NOISE))] == [
        "市城市管理局：建筑施工噪声（《噪声污染防治法》）"
    ]
