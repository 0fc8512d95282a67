"""The quality page: suggestions kept by the actions, what came of them by hand-overs and corrections, each number
with the orders behind it."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from liandong.hindsight.commands import main
from liandong.hindsight.models import Published
from liandong.identity.models import Person
from liandong.identity.queries import by_person
from liandong.intake.models import Order
from liandong.kernel import clock
from liandong.routing import actions
from liandong.routing.decision import Decision
from liandong.routing.models import Correction, Decided
from liandong.routing.queries import engine_in_force
from liandong.transfer.actions import take_step
from liandong.transfer.models import Transfer
from tests.journeys import city
from tests.journeys.sheet import Sheet, go
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db

HERE = "/diversion/quality/"


@pytest.fixture(autouse=True)
def _city(db: None) -> None:
    city.build()


def by(username: str) -> Any:
    return by_person(Person.objects.get(username=username))


def call(title: str, username: str = "li-rexian", **said: Any) -> Sheet:
    """A call whose suggestion is kept as `said` by the action that keeps it."""
    page = take_call(username, title=title)
    order = Order.objects.get(title=title)
    Decided.objects.filter(order=order).delete()
    plain: dict[str, Any] = {
        "side": "110",
        "danger": False,
        "lead": False,
        "nature": "help",
        "unit": "",
        "county": "",
        "item": "P01",
        "confidence": 0.9,
        "item_sure": 0.8,
        "unsure": False,
        "reasons": (),
    }
    decision = Decision(**{**plain, **said})
    actions.keep(by=by(username), number=order.number, decision=decision, engine=engine_in_force(clock.now()))
    return go(page.client, f"/orders/{order.number}/")


def handed(title: str, *, accept: bool = True, **said: Any) -> None:
    call(title, **said).press("移交", way="分流 → 市110", list_item="P01")
    row = Transfer.objects.get(origin_order__title=title)
    if accept:
        take_step(by=by("zhao-jingtai"), number=row.number, verb="accept", body={})


def corrected(title: str, right: dict[str, str], **said: Any) -> None:
    call(title, **said)
    kept = Decided.objects.get(order__title=title)
    made = actions.correct(by=by("li-rexian"), decided=kept.pk, right=right, why="核对后")
    Correction.objects.filter(pk=made.pk).update(person=None)
    actions.confirm(by=by("lu-duban"), correction=made.pk, seen=made.version)


def page(username: str = "lu-duban", query: str = "") -> Sheet:
    return go(city.signed_in(username), f"{HERE}{query}")


def behind(sheet: Sheet, what: str) -> str:
    """The page of orders a number leads to."""
    found = re.search(rf'href="({HERE}orders/\?what={what}&[^"]*)"', sheet.html)
    assert found, what
    return go(sheet.client, found[1].replace("&amp;", "&")).text


def test_without_suggestions_it_says_what_to_do() -> None:
    text = page().text
    assert "这段时间没有判断可看" in text
    assert "还没有公布评测结果" in text


def test_a_confirmed_correction_makes_a_suggestion_wrong_and_the_order_stands_behind_the_number() -> None:
    corrected("第一件", {"side": "12345", "item": "H01"})
    call("第二件")
    sheet = page()
    assert "判断 2 件" in sheet.text
    assert "已有结果 1 件" in sheet.text
    assert re.search(r"110报警服务台 100\.0% 20\.\d%至100\.0% 1 / 1", sheet.text)
    assert re.search(r"P01 聚众赌博 100\.0%", sheet.text)
    number = Order.objects.get(title="第一件").number
    for what in ("wrong", "item_wrong", "known"):
        listed = behind(sheet, what)
        assert number in listed
        assert Order.objects.get(title="第二件").number not in listed
    assert "不符" in behind(sheet, "wrong")


def test_a_hand_over_that_was_signed_for_makes_side_and_item_right() -> None:
    handed("第一件")
    sheet = page()
    assert re.search(r"归口判断正确率 100\.0% 20\.\d%至100\.0%， 1 / 1 件", sheet.text)
    assert re.search(r"P01 聚众赌博 0\.0%", sheet.text)


def test_what_is_still_on_the_way_says_nothing() -> None:
    handed("第一件", accept=False)
    assert "还没有一件有结果" in page().text


def test_a_danger_the_gate_let_pass_is_counted_as_missed_with_its_class() -> None:
    call("路灯下的人", side="12345", item="H01", danger=False).press("联动派警", signal="有人昏倒")
    sheet = page()
    assert re.search(r"市政 100\.0% 20\.\d%至100\.0% 1 / 1", sheet.text)
    listed = behind(sheet, "missed")
    assert "闸门未报" in listed
    assert "市政" in listed
    assert "没有这样的单" in go(sheet.client, f"{HERE}orders/?what=missed&class=治安").text
    assert "闸门未报" not in go(sheet.client, f"{HERE}orders/?what=missed&class=未列条目").text


def test_a_danger_where_110_found_none_is_a_false_alarm() -> None:
    take_call(title="河里有人落水正在呼救", content="河里有人落水，正在呼救", signal="有人落水")
    row = Transfer.objects.get(kind="danger")
    assert Decided.objects.get(order=row.origin_order).output["danger"]
    police = by("zhao-jingtai")
    take_step(by=police, number=row.number, verb="accept", body={})
    take_step(by=police, number=row.number, verb="conclude", body={"result": "no_danger", "text": "到场核实没有险情"})
    sheet = page()
    assert re.search(r"险情闸门误报率 100\.0%", sheet.text)
    assert "现场无险情" in behind(sheet, "false")


def test_a_guide_path_is_called_by_its_name_and_not_by_its_code() -> None:
    call("想打官司", side="neither", item="litigation")
    listed = behind(page(), "all")
    assert "诉讼途径" in listed
    assert "litigation" not in listed


def test_it_is_narrowed_by_days_item_and_desk() -> None:
    call("第一件")
    call("第二件", item="H01", side="12345")
    assert "判断 1 件" in page(query="?item=H01").text
    assert "判断 2 件" in page(query="?desk=12345").text
    assert "没有判断可看" in page(query="?desk=110").text
    assert "没有判断可看" in page(query="?since=2001-01-01&until=2001-02-01").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?since=昨天", "日期格式有误"),
        ("?since=2026-02-02&until=2026-01-01", "起日不能晚于止日"),
        ("?since=2020-01-01", "一次最多看400天"),
        ("?desk=没有", "请重新选择"),
        ("?item=%00", "条目"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_field(query: str, said: str) -> None:
    answer = page(query=query)
    assert answer.status == 422
    assert said in answer.text


def test_each_sees_only_the_orders_they_may_see() -> None:
    call("热线的")
    Person.objects.filter(username="he-zhiban").update(post_id="supervisor")
    assert "判断 1 件" in page("he-zhiban").text
    assert go(city.signed_in("li-rexian"), HERE).status == 403
    assert go(city.signed_in("li-rexian"), f"{HERE}orders/").status == 403
    confined = Order.objects.get(title="热线的")
    Order.objects.filter(pk=confined.pk).update(needs="clue.read")
    assert "没有判断可看" in page("he-zhiban").text
    assert confined.number not in go(city.signed_in("he-zhiban"), f"{HERE}orders/").text


def test_a_list_of_orders_goes_on_by_pages_and_unknown_figures_are_refused() -> None:
    for number in range(3):
        call(f"第{number}件")
    client = city.signed_in("lu-duban")
    newest = Decided.objects.latest("pk").pk
    assert go(client, f"{HERE}orders/?before={newest}").html.count('class="number"') == 2
    assert go(client, f"{HERE}orders/?before=x").status == 200
    assert go(client, f"{HERE}orders/?what=weather").status == 422


EVALUATED = {
    "model": "清单2026-1",
    "list_version": "2026-1",
    "figures": [
        {"part": "danger", "name": "", "right": 90, "total": 100, "wrong": 3, "wrong_of": 80},
        {"part": "danger", "name": "class fire", "right": 17, "total": 18, "wrong": 1, "wrong_of": 12},
    ],
}


def publish(monkeypatch: pytest.MonkeyPatch, given: bytes) -> int:
    stdin = io.TextIOWrapper(io.BytesIO(given))
    monkeypatch.setattr("sys.stdin", stdin)
    return main(["publish"])


def test_misses_by_class_are_published_from_what_evaluate_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert publish(monkeypatch, json.dumps(EVALUATED).encode()) == 0
    text = page().text
    assert re.search(r"火情 94\.4% \S+ 17 / 18 1 8\.3%", text)
    assert "模型 清单2026-1" in text


@pytest.mark.parametrize("given", [b"", b"[]", b"{}", b'{"model":1,"list_version":1,"figures":[{}]}', b"\xff"])
def test_what_no_evaluation_told_is_refused_and_not_kept(monkeypatch: pytest.MonkeyPatch, given: bytes) -> None:
    assert publish(monkeypatch, given) == 2
    assert not Published.objects.exists()
