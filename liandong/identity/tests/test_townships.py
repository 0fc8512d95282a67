"""Townships and streets: rows of a statistics office become divisions, or are named with what is wrong."""

from __future__ import annotations

import json

import pytest

from liandong.audit.models import Event
from liandong.identity import actions, queries, townships
from liandong.identity.models import Division
from liandong.identity.rights import INSTALLER
from liandong.kernel.errors import Conflict, NotAllowed
from liandong.kernel.rows import BadRow, Loaded, Row
from tests.cast import HOTLINE

FIRST = ("990002001", "东街街道", "990002")
TOWN = ("990002100000", "石桥镇", "山南县")
ZONE = ("990071400", "高新产业园", "9900K1")


@pytest.fixture
def counties(db: None) -> None:
    city = Division.objects.create(code="990000", name="测试市", short="测试", kind="city", source="测试")
    Division.objects.create(code="990002", name="山南县", short="山南", kind="county", parent=city, source="测试")
    Division.objects.create(code="9900K1", name="高新区", short="高新", kind="zone", parent=city, source="测试")
    queries.forget()


def load(*given: tuple[str, str, str]) -> Loaded:
    names = ("code", "name", "county")
    rows = [Row("t.csv", line, dict(zip(names, row, strict=True))) for line, row in enumerate(given, start=2)]
    return actions.load_townships(by=INSTALLER, rows=rows, source="测试")


@pytest.mark.usefixtures("counties")
def test_a_row_becomes_a_division_under_its_county_or_zone() -> None:
    assert load(FIRST, TOWN, ZONE) == Loaded(created=3)
    assert [(one.code, one.name, one.short, one.kind, one.parent_id) for one in queries.townships()] == [
        ("990002001", "东街街道", "东街", "street", "990002"),
        ("990002100", "石桥镇", "石桥", "township", "990002"),
        ("990071400", "高新产业园", "高新产业园", "township", "9900K1"),
    ]
    assert queries.division_name("990002100") == "石桥镇"


@pytest.mark.usefixtures("counties")
def test_orders_are_still_placed_in_counties() -> None:
    load(FIRST, TOWN)
    assert [one.code for one in queries.divisions()] == ["990000", "990002", "9900K1"]


@pytest.mark.usefixtures("counties")
def test_nine_digits_and_twelve_name_the_same_township() -> None:
    load(FIRST, TOWN)
    again = ("990002100", "石桥镇", "990002")
    assert load(FIRST, again) == Loaded(unchanged=2)
    assert load(("990002100", "石桥新镇", "990002")) == Loaded(updated=1)
    assert len(queries.townships()) == 2


@pytest.mark.usefixtures("counties")
@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("99000200", "石桥镇", "990002"), "code：99000200 不是9位或12位数字"),
        (("99000210A", "石桥镇", "990002"), "code：99000210A 不是9位或12位数字"),
        (("９９０００２１００", "石桥镇", "990002"), "不是9位或12位数字"),
        (("990002100201", "石桥村", "990002"), "code：990002100201 是村级代码"),
        (("990002000", "山南县", "990002"), "code：990002000 是县级代码"),
        (("990003100", "石桥镇", "990002"), "code：990003100 不在山南县（代码应以 990002 开头）"),
        (("980071400", "产业园", "9900K1"), "code：980071400 不在高新区（代码应以 9900 开头）"),
        (("990002100", "石桥镇", "山北县"), "county：找不到 山北县"),
        (("990000100", "石桥镇", "测试市"), "county：找不到 测试市"),
        (("990002100", "石桥镇", "990002001"), "county：找不到 990002001"),
        (("990002100", "", "990002"), "name：不能为空"),
        (("990002001000", "西街街道", "990002"), "code：与第2行重复（990002001）"),
        (("990002002", "东街街道", "990002"), "name：与第2行重复（山南县，东街街道）"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_half_loaded(row: tuple[str, str, str], says: str) -> None:
    with pytest.raises(BadRow) as why:
        load(FIRST, row)
    assert "t.csv 第3行" in why.value.message
    assert says in why.value.message
    assert queries.townships() == ()


@pytest.mark.usefixtures("counties")
def test_an_import_stands_in_the_trail_of_the_city() -> None:
    load(FIRST, TOWN)
    event = Event.objects.get(subject="city:990000")
    assert event.kind == "townships.loaded"
    detail = json.loads(event.body)["detail"]
    assert detail == {"city": "990000", "files": {"townships.csv": [2, 0, 0]}}


@pytest.mark.django_db
def test_without_a_city_there_is_nowhere_to_put_them() -> None:
    with pytest.raises(Conflict, match="还没有装载城市数据"):
        load(FIRST)


@pytest.mark.usefixtures("counties")
def test_only_who_loads_a_city_imports_townships() -> None:
    with pytest.raises(NotAllowed):
        actions.load_townships(by=HOTLINE, rows=[], source="测试")


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("秀容街道办事处", "秀容"),
        ("长征街街道", "长征街"),
        ("台城镇", "台城"),
        ("乡镇", "乡镇"),
        ("东乡", "东乡"),
        ("某某农场", "某某农场"),
    ],
)
def test_the_short_name_is_what_people_say(name: str, spoken: str) -> None:
    assert townships.short(name) == spoken


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("990002099", "西街街道", "street"),
        ("990002100", "石桥镇", "township"),
        ("990002200", "东沟乡", "township"),
        ("990002400", "矿区街道", "street"),
        ("990002401", "农场", "township"),
    ],
)
def test_a_street_is_known_by_its_code_or_its_name(code: str, name: str, kind: str) -> None:
    assert townships.kind(code, name) == kind
