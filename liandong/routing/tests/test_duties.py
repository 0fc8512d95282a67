"""The unit directory: rows with dates, and nothing a department owns is a township's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.identity.actions import load_units
from liandong.identity.rights import INSTALLER
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import NotAllowed
from liandong.kernel.rows import BadRow, Loaded
from liandong.routing import actions, queries
from tests.cast import HOTLINE, rows

UNITS = """code,name,kind,division,parent,source
housing,住建局,department,140900,,测试
gas,供气公司,utility,140900,,测试"""
COLUMNS = "code,unit,duty,level,division,items,keywords,exclusive,legal_basis,effective_from,effective_to,source"
HEAD = COLUMNS.split(",")
NOISE = ["D1", "housing", "装修噪声", "department", "140900", "H01", "装修 电钻", "1", "某法", "2026-01-01", "", "测试"]
GAS = ["D2", "gas", "停气", "utility", "140900", "", "停气", "0", "某条例", "2026-01-01", "2026-03-05", "测试"]
VILLAGE = ["D3", "", "聚赌线索上报", "township", "140900", "治安", "聚赌", "0", "某法", "2026-01-01", "", "测试"]


@pytest.fixture(autouse=True)
def units(city: VirtualClock) -> VirtualClock:
    load_units(by=INSTALLER, rows=rows("units.csv", UNITS))
    return city


def load(*duties: list[str], **changed: str) -> Loaded:
    """Load the duties; `changed` are columns of the first that are something else."""
    first = [changed.get(name, value) for name, value in zip(HEAD, duties[0], strict=True)]
    text = "\n".join(",".join(row) for row in (HEAD, first, *duties[1:]))
    return actions.load_duties(by=INSTALLER, rows=rows("duties.csv", text))


def test_the_directory_is_kept_with_its_units_and_read_by_day(city: VirtualClock) -> None:
    assert load(NOISE, GAS, VILLAGE) == Loaded(created=3)
    kept = {duty.code: duty for duty in queries.duties_in_force(city.now())}
    assert list(kept) == ["D1", "D2", "D3"]
    assert kept["D1"].unit is not None
    assert kept["D1"].unit.name == "住建局"
    assert (kept["D1"].items, kept["D1"].keywords, kept["D1"].exclusive) == (["H01"], ["装修", "电钻"], True)
    assert kept["D3"].unit is None
    later = city.now() + timedelta(days=7)
    assert [duty.code for duty in queries.duties_in_force(later)] == ["D1", "D3"]


def test_a_second_load_changes_nothing_and_an_edited_row_is_brought_up_to_date() -> None:
    load(NOISE, GAS)
    assert load(NOISE, GAS) == Loaded(unchanged=2)
    assert load(NOISE, GAS, duty="装修噪声和违规拆改") == Loaded(updated=1, unchanged=1)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("unit", "nobody", "duties.csv 第2行 unit：找不到单位 nobody"),
        ("unit", "", "duties.csv 第2行 unit：只有乡镇街道的职责可以不填单位"),
        ("level", "village", "duties.csv 第2行 level：只能是"),
        ("division", "999999", "duties.csv 第2行 division：只能是"),
        ("items", "H01 H77 卫生", "duties.csv 第2行 items：清单中没有这样的条目或类别：H77、卫生"),
        ("exclusive", "yes", "duties.csv 第2行 exclusive：只能是 0、1"),
        ("legal_basis", "", "duties.csv 第2行 legal_basis：不能为空"),
        ("effective_from", "2026年", "duties.csv 第2行 effective_from：应为 YYYY-MM-DD 格式的日期"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_kept(city: VirtualClock, column: str, value: str, says: str) -> None:
    with pytest.raises(BadRow) as why:
        load(NOISE, GAS, **{column: value})
    assert says in why.value.message
    assert queries.duties_in_force(city.now()) == ()


@pytest.mark.parametrize("named", ["P01", "治安"])
def test_what_a_department_owns_is_never_a_townships(named: str) -> None:
    with pytest.raises(BadRow) as why:
        load(NOISE, VILLAGE, items=named)
    assert "duties.csv 第3行 items：P01 是部门专属职责（D1），不得派给乡镇街道" in why.value.message
    assert load(NOISE, VILLAGE, items=named, exclusive="0") == Loaded(created=2)


def test_a_township_owns_nothing_alone() -> None:
    with pytest.raises(BadRow, match="乡镇街道的职责不能是部门专属职责"):
        load(VILLAGE, exclusive="1")


def test_only_who_loads_a_city_loads_its_directory() -> None:
    with pytest.raises(NotAllowed):
        actions.load_duties(by=HOTLINE, rows=rows("duties.csv", ",".join(HEAD)))
