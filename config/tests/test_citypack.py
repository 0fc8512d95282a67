"""A city pack goes in whole or not at all, and again without harm."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import override_settings

from config import citypack
from liandong.audit.models import Event
from liandong.identity.models import Desk, Division, Person, Post
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.models import Workday
from liandong.kernel.rows import BadRow, Loaded

pytestmark = pytest.mark.django_db

FILES = {
    "city.toml": 'code = "990000"\nname = "测试市"\ndemo_password = "for-tests-only-1"\n',
    # The district stands before the city it belongs to: the order of the rows must not matter.
    "divisions.csv": "code,name,short,parent,kind,source\n"
    "990001,东城区,东城,990000,district,测试\n990000,测试市,测试,,city,测试\n",
    "desks.csv": "code,name,kind,division,parent,phone,clause\n"
    "t-12345,测试市12345热线,city_12345,990000,,12345,\nt-110,测试市110,city_110,990000,,110,\n",
    "units.csv": "code,name,kind,division,parent,source\nu-water,供水公司,utility,990000,,测试\n",
    "posts.csv": "code,name,rights\nagent,话务员,order.read order.accept\nclerk,经办人,order.read\n",
    "people.csv": "username,name,post,desk,unit\nagent1,演示话务员,agent,t-12345,\nclerk1,演示经办人,clerk,,u-water\n",
}


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "testcity"
    folder.mkdir()
    # What other areas load is not the matter here: their files have a header and no rows.
    for name, text in {**{file: "code\n" for file, _ in citypack.LOADERS}, **FILES}.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(citypack, "CITIES", tmp_path)
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_second_load_changes_nothing(pack: Path) -> None:
    first = citypack.load_city("testcity")
    second = citypack.load_city("testcity")
    assert first.files["divisions.csv"] == Loaded(created=2)
    assert first.files["people.csv"] == Loaded(created=2)
    assert {file: (done.created, done.updated) for file, done in second.files.items()} == dict.fromkeys(
        second.files, (0, 0)
    )
    assert Event.objects.filter(subject="city:990000").count() == 2


def test_an_edited_row_is_brought_up_to_date(pack: Path) -> None:
    citypack.load_city("testcity")
    edit(pack / "desks.csv", "测试市110", "测试市公安110")
    assert citypack.load_city("testcity").files["desks.csv"] == Loaded(updated=1, unchanged=1)
    assert Desk.objects.get(code="t-110").name == "测试市公安110"


def test_changed_rights_of_a_post_are_in_the_trail(pack: Path) -> None:
    citypack.load_city("testcity")
    edit(pack / "posts.csv", "经办人,order.read", "经办人,order.read order.handle")
    citypack.load_city("testcity")
    assert Event.objects.filter(kind="post.rights_changed", subject="post:clerk").count() == 2
    assert Post.objects.get(code="clerk").rights == ["order.handle", "order.read"]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("desks.csv", "city_110,990000", "city_110,999999", "desks.csv 第3行 division：找不到 999999"),
        ("desks.csv", "city_110,", "city_111,", "desks.csv 第3行 kind：只能是"),
        ("posts.csv", "order.accept", "order.fly", "posts.csv 第2行 rights：没有这样的权限：order.fly"),
        ("units.csv", "u-water,供水公司", "u-water,", "units.csv 第2行 name：不能为空"),
        ("people.csv", "clerk,,u-water", "clerk,t-110,u-water", "people.csv 第3行 unit：台席和单位只能填一个"),
        ("people.csv", "演示经办人,clerk", "演示经办人,boss", "people.csv 第3行 post：找不到 boss"),
        ("divisions.csv", "测试市,测试,,city", "测试市,测试,990001,city", "成了自己的上级"),
        ("posts.csv", "clerk,经办人", "agent,经办人", "posts.csv 第3行 code：与第2行重复（agent）"),
        ("units.csv", ",测试\n", "\n", "units.csv 第2行 整行：列数与表头不一致"),
        ("posts.csv", "code,name,rights", "code,name,right", "posts.csv 第2行 rights：缺少该列"),
        ("city.toml", 'code = "990000"', "", "city.toml 缺少 code"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_half_loaded(pack: Path, file: str, old: str, new: str, says: str) -> None:
    edit(pack / file, old, new)
    with pytest.raises(BadRow) as refused:
        citypack.load_city("testcity")
    assert says in refused.value.message
    assert not Division.objects.exists()
    assert not Workday.objects.exists()


def test_a_missing_file_is_named(pack: Path) -> None:
    (pack / "units.csv").unlink()
    with pytest.raises(BadRow, match=r"units\.csv"):
        citypack.load_city("testcity")


def test_demo_people_are_ready_to_sign_in_and_keep_a_password_they_changed(pack: Path) -> None:
    citypack.load_city("testcity")
    person = Person.objects.get(username="agent1")
    assert person.demo
    assert not person.must_change_password
    assert person.check_password("for-tests-only-1")
    person.set_password("something of my own")
    person.save()
    citypack.load_city("testcity")
    person.refresh_from_db()
    assert person.check_password("something of my own")


def test_demo_people_stay_out_of_a_city(pack: Path) -> None:
    with override_settings(TRY_MODE=False):
        city = citypack.load_city("testcity")
    assert "people.csv" not in city.files
    assert not Person.objects.exists()


def test_a_real_account_is_never_taken_over_by_the_pack(pack: Path) -> None:
    citypack.load_city("testcity")
    Person.objects.filter(username="agent1").update(demo=False)
    with pytest.raises(BadRow, match="agent1 已是正式账号"):
        citypack.load_city("testcity")


def test_years_the_calendar_does_not_know_are_said_aloud(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_on(VirtualClock(datetime(2040, 5, 1, tzinfo=UTC))):
        assert citypack.main(["load", "testcity"]) == 0
    assert "警告：工作日历没有2041年的数据" in capsys.readouterr().out


def test_a_refused_load_says_so_and_fails(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(pack / "posts.csv", "order.accept", "order.fly")
    assert citypack.main(["load", "testcity"]) == 1
    assert "未装载，数据库未改动：posts.csv 第2行" in capsys.readouterr().err


def test_an_unknown_pack_is_refused(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert citypack.main(["load", "../testcity"]) == 1
    assert "没有城市数据包" in capsys.readouterr().err


def townships(
    folder: Path, text: str = "code,name,county\n990001001,东街街道,东城区\n", encoding: str = "utf-8"
) -> str:
    path = folder / "townships.csv"
    path.write_text(text, encoding=encoding)
    return str(path)


def test_townships_are_imported_and_imported_again(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    citypack.load_city("testcity")
    assert citypack.main(["townships", townships(tmp_path)]) == 0
    assert citypack.main(["townships", townships(tmp_path, encoding="utf-8-sig")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == ["已导入乡镇、街道：新增 1，更新 0，未变 0", "已导入乡镇、街道：新增 0，更新 0，未变 1"]
    assert Division.objects.get(code="990001001").source.startswith("townships.csv（")
    citypack.load_city("testcity")
    assert Division.objects.filter(code="990001001").exists()


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        ("code,name,county\n990001001,东街街道,东城区\n", "gbk", "townships.csv 第1行 文件：不是 UTF-8 编码"),
        ("code,name,county\n", "utf-8", "townships.csv 第1行 文件：没有数据行"),
        ("code,name\n990001001,东街街道\n", "utf-8", "townships.csv 第2行 county：缺少该列"),
        ("code,name,county\n990001001,东街街道\n", "utf-8", "townships.csv 第2行 整行：列数与表头不一致"),
        ("code,name,county\n1,东街街道,东城区\n", "utf-8", "townships.csv 第2行 code：1 不是9位或12位数字"),
    ],
)
def test_a_file_of_townships_that_cannot_be_taken_is_refused_whole(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, encoding: str, says: str
) -> None:
    citypack.load_city("testcity")
    assert citypack.main(["townships", townships(tmp_path, text, encoding)]) == 1
    assert f"未导入，数据库未改动：{says}" in capsys.readouterr().err


def test_a_file_of_townships_that_is_not_there_is_named(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert citypack.main(["townships", str(tmp_path / "none.csv")]) == 1
    assert "none.csv 第1行 文件：找不到该文件" in capsys.readouterr().err
