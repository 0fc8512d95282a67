"""The plain reading of the list: by signal words, and silent when in doubt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.identity.rights import INSTALLER
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import NotAllowed
from liandong.kernel.rows import BadRow
from liandong.routing import actions, queries
from liandong.routing.diversion import Item, point
from liandong.routing.errors import ItemUnknown, NoListInForce
from tests.cast import HOTLINE, LIST_ITEMS, LIST_VERSIONS, rows


def item(code: str, side: str, *signals: str) -> Item:
    return Item("T-1", code, side, "divert", "S3.1", signals)


GAMBLING = item("P01", "110", "赌博", "聚赌")
NOISE = item("H01", "12345", "噪声", "扰民")
FIGHT = item("P02", "110", "打架", "持刀")


@pytest.mark.parametrize(
    ("note", "code", "words"),
    [
        ("楼下有人赌博", "P01", ("赌博",)),
        ("棋牌室聚赌，赌博，还有点扰民", "P01", ("赌博", "聚赌")),
        ("装修噪声扰民，没人赌博", "H01", ("噪声", "扰民")),
        ("路灯不亮", None, ()),
        ("", None, ()),
        ("赌博的噪声", None, ()),
    ],
)
def test_the_item_with_most_signal_characters_or_nothing(note: str, code: str | None, words: tuple[str, ...]) -> None:
    found = point(note, [GAMBLING, NOISE, FIGHT])
    assert (found.item.code if found else None, found.words if found else ()) == (code, words)


def test_a_tie_on_one_side_is_no_doubt_about_the_side() -> None:
    found = point("有人赌博又打架", [NOISE, GAMBLING, FIGHT])
    assert found is not None
    assert found.item is GAMBLING


def test_a_longer_signal_weighs_more() -> None:
    long, short = item("P03", "110", "持刀打架斗殴"), item("H02", "12345", "小区", "邻居")
    found = point("小区邻居持刀打架斗殴", [short, long])
    assert found is not None
    assert found.item is long


def test_no_items_point_nowhere() -> None:
    assert point("有人赌博", []) is None


def test_an_item_is_cited_with_the_version_in_force(city: VirtualClock) -> None:
    assert queries.version_in_force(city.now()) == "T-1"
    assert queries.check_item("P01", city.now()) == "T-1"
    assert [i.code for i in queries.items_in_force(city.now())] == ["H01", "P01", "P02"]
    with pytest.raises(ItemUnknown):
        queries.check_item("P99", city.now())


def test_versions_take_turns_at_their_dates(city: VirtualClock) -> None:
    second = LIST_VERSIONS.replace("T-1,测试清单,in_force,2023-06-01,", "T-2,第二版,in_force,2026-03-04,2026-03-06")
    actions.load_versions(by=INSTALLER, rows=rows("list_versions.csv", second))
    days = {city.now() + timedelta(days=n): code for n, code in enumerate(["T-1", "T-1", "T-2", "T-2", "T-1"])}
    assert {day: queries.version_in_force(day) for day in days} == days


@pytest.mark.parametrize("status", ["draft", "proposed", "dropped"])
def test_a_list_that_is_not_in_force_is_not_used(city: VirtualClock, status: str) -> None:
    actions.load_versions(by=INSTALLER, rows=rows("list_versions.csv", LIST_VERSIONS.replace("in_force", status)))
    with pytest.raises(NoListInForce):
        queries.version_in_force(city.now())


@pytest.mark.usefixtures("city")
def test_loading_again_changes_nothing_and_a_bad_row_is_named() -> None:
    again = actions.load_items(by=INSTALLER, rows=rows("list_items.csv", LIST_ITEMS))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)
    with pytest.raises(BadRow) as why:
        actions.load_items(by=INSTALLER, rows=rows("list_items.csv", LIST_ITEMS.replace("T-1,P02", "T-9,P02")))
    assert "list_items.csv 第3行" in why.value.message
    with pytest.raises(NotAllowed):
        actions.load_items(by=HOTLINE, rows=rows("list_items.csv", LIST_ITEMS))
