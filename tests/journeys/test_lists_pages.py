"""Lists, exports, bulk, the auditor's desk and the integrator's, through HTTP as a person meets them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from io import BytesIO
from typing import Protocol

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.utils.http import urlencode

from liandong.audit.actions import seal_waiting
from liandong.audit.models import Event
from liandong.exchange.models import TokenError, TokenUse
from liandong.identity import actions as identity
from liandong.identity.models import Person, SystemToken
from liandong.identity.queries import by_person, forget
from liandong.intake.models import ExportRequest, Order, Parameter
from liandong.intake.queries import forget_rulebook, rulebook
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.transfer.models import NoteRow
from tests.journeys import city
from tests.journeys.sheet import Sheet, go
from tests.journeys.test_pages_handover import take_call

pytestmark = pytest.mark.django_db(transaction=True)


class MaxQueries(Protocol):
    def __call__(self, most: int) -> AbstractContextManager[object]: ...


@pytest.fixture(autouse=True)
def _city(transactional_db: None) -> None:
    city.build()


def by(username: str) -> object:
    return by_person(Person.objects.get(username=username))


def answered(title: str) -> str:
    page = take_call(title=title)
    page.press("当场答复", result="已解决", text="已答复来电人。")
    return Order.objects.get(title=title).number


def test_a_filter_stands_in_the_address_and_can_be_kept_under_a_name() -> None:
    take_call(title="路灯不亮")
    answered("水管漏水")
    client = city.signed_in("li-rexian")
    page = go(client, "/orders/?state=answered&text=水管")
    assert "水管漏水" in page.text
    assert "路灯不亮" not in page.text
    kept = page.press("保存", name="待回访", default="on")
    assert "已保存视图“待回访”" in kept.text
    opened = go(client, "/orders/")
    assert "路灯不亮" not in opened.text
    assert "state=answered" in opened.url or "水管漏水" in opened.text
    assert "路灯不亮" in go(client, "/orders/?view=all").text
    assert "请填写视图名称" in page.press("保存", name=" ").text
    wrong = go(client, "/orders/?since=2026-13-01")
    assert wrong.status == 422
    assert "年-月-日" in wrong.text


def test_new_orders_are_told_and_the_list_stays(city_client: Client) -> None:
    take_call(title="先来的")
    page = go(city_client, "/orders/")
    part = page.html.split('hx-get="')[-1].split('"')[0].replace("&amp;", "&")
    assert city_client.get(part).content.decode().strip() == ""
    take_call(title="后来的")
    take_call(title="再来的")
    assert "有 2 条新单，点击显示" in city_client.get(part).content.decode()
    assert city_client.get(part.replace("seen=", "seen=x")).status_code == 422


@pytest.fixture
def city_client() -> Client:
    return city.signed_in("li-rexian")


def test_what_is_typed_is_found_from_two_characters_on(city_client: Client) -> None:
    take_call(title="𠮷祥里路灯不亮")
    for asked, seen in (("路", "至少输入两个字"), ("路灯", "𠮷祥里路灯不亮"), ("𠮷祥", "𠮷祥里"), ("无此", "没有找到")):
        assert seen in city_client.get("/search/found/", {"q": asked}).content.decode()


def test_an_export_is_a_file_and_a_longer_one_an_application_somebody_else_decides() -> None:
    take_call(title="=1+1")
    take_call(title="第二件")
    chief = city.signed_in("he-zhiban")
    page = go(chief, "/orders/?nature=help")
    form = next(form for form in page.forms if form.action.endswith("/export/"))
    answer = chief.post(form.action, {**form.values, "csrfmiddlewaretoken": form.values["csrfmiddlewaretoken"]})
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer["Cache-Control"] == "no-store"
    rows = list(openpyxl.load_workbook(BytesIO(answer.getvalue())).active.iter_rows(values_only=True))
    assert "=1+1" in {row[2] for row in rows}
    Parameter.objects.filter(name="export_rows_max").update(value=1)
    forget_rulebook()
    too_many = page.press("导出表格")
    assert too_many.status == 422
    assert "超过1条" in too_many.text
    assert "申请理由和用途" in too_many.press("申请导出", reason="").text
    own = too_many.press("申请导出", reason="季度分析")
    assert "待审批" in own.text
    watcher = go(city.signed_in("lu-duban"), "/exports/")
    number = ExportRequest.objects.get().pk
    assert "请填写审批意见" in watcher.press("批准", why="").text
    decided = watcher.post(f"/exports/{number}/decide/", why="同意，用于季度分析", verdict="grant")
    assert "已批准" in decided.text
    assert city.signed_in("lu-duban").post(f"/exports/{number}/file/").status_code == 403
    fetched = go(chief, "/exports/own/")
    assert "有效至" in fetched.text
    form = next(form for form in fetched.forms if form.action.endswith("/file/"))
    assert len(chief.post(form.action, form.values).getvalue()) > 1000
    assert "已取用" in go(chief, "/exports/own/").text
    assert go(city.signed_in("li-rexian"), "/exports/").status == 403


def test_several_are_confirmed_each_by_itself_and_each_says_what_became_of_it() -> None:
    numbers = [answered("第一件"), answered("第二件")]
    take_call(title="没有答复的")
    numbers.append(Order.objects.get(title="没有答复的").number)
    client = city.signed_in("li-rexian")
    page = go(client, "/orders/")
    token = page.forms[-1].values.get("csrfmiddlewaretoken") or client.cookies["csrftoken"].value
    shown = _post(page, "/orders/bulk/", verb="confirm", number=numbers, csrfmiddlewaretoken=token)
    assert "所选 3 件中 2 件可以处理" in shown.text
    assert "尚未答复，不能确认办结" in shown.text
    assert Order.objects.filter(state="closed").count() == 0
    form = next(form for form in shown.forms if form.values.get("sure") == "1")
    Order.objects.filter(number=numbers[0]).update(state="closed", closed_at=clock.now())
    done = _post(page, "/orders/bulk/", verb="confirm", sure="1", number=numbers[:2], csrfmiddlewaretoken=token)
    assert form.values["verb"] == "confirm"
    assert "完成 1 件" in done.text
    assert Order.objects.get(number=numbers[1]).state == "closed"
    for wrong in ({"verb": "accept"}, {"verb": "confirm"}, {"verb": "confirm", "number": numbers * 20}):
        answer = client.post("/orders/bulk/", {**wrong, "csrfmiddlewaretoken": token})
        assert answer.status_code in (200, 422)
        assert wrong["verb"] != "accept" or answer.status_code == 422
    assert go(city.signed_in("wu-chayue"), "/orders/").status == 200
    assert "批量确认办结" not in go(city.signed_in("wu-chayue"), "/orders/").text


def test_what_was_handed_over_is_urged_together() -> None:
    take_call(title="移交的一件").press("移交", way="分流 → 市110", list_item="P01")
    number = Order.objects.get(title="移交的一件", kind="work").number
    client = city.signed_in("li-rexian")
    page = go(client, "/orders/")
    token = page.forms[-1].values.get("csrfmiddlewaretoken") or client.cookies["csrftoken"].value
    shown = _post(page, "/orders/bulk/", verb="urge", number=[number], csrfmiddlewaretoken=token)
    assert "1 件可以处理" in shown.text
    done = _post(
        page, "/orders/bulk/", verb="urge", sure="1", text="请尽快", number=[number], csrfmiddlewaretoken=token
    )
    assert "完成 1 件" in done.text
    assert NoteRow.objects.get(kind="urge").body == {"text": "请尽快"}


def _post(page: Sheet, address: str, **given: object) -> Sheet:
    return page.post(address, **given)  # type: ignore[arg-type]


def test_the_auditor_sees_who_saw_what_and_no_personal_data() -> None:
    page = take_call(caller_name="王小明", caller_phone="13800138000")
    page.post(f"{page.url}caller/", purpose="回访 13800138000 核实")
    page.press("当场答复", result="已解决", text="已电话告知王小明本人。")
    auditor = city.signed_in("shi-shenji")
    seen = go(auditor, "/audit/?kind=seen")
    assert "查看个人信息" in seen.text
    assert "回访 138******** 核实" in seen.text
    everything = go(auditor, "/audit/")
    assert "当场答复" in everything.text or "答复" in everything.text
    rights = go(auditor, "/audit/?kind=post.rights_changed")
    assert "受理登记" in rights.text
    assert "order.read" not in rights.text
    for sheet in (seen, everything):
        assert "王小明" not in sheet.html
        assert "13800138000" not in sheet.html
    order = Order.objects.get()
    for typed in (order.number, order.matter.number.lower()):
        found = go(auditor, f"/audit/?{urlencode({'number': typed, 'who': '热线'})}")
        assert "的记录" in found.text
        assert "查看个人信息" in found.text
    assert "没有符合条件的记录" in go(auditor, "/audit/?who=查无此人").text
    assert go(auditor, "/audit/?number=140900W2026").status == 422
    assert go(auditor, "/audit/?since=2026-01-02T00:00&until=2026-01-01T00:00").status == 422
    assert "没有符合条件的记录" in go(auditor, "/audit/?until=2020-01-01T00:00").text
    for stranger in ("li-rexian", "chen-guanli", "lu-duban"):
        assert go(city.signed_in(stranger), "/audit/").status == 403


def test_the_auditor_verifies_a_matter_and_a_day_and_a_broken_link_is_named() -> None:
    take_call(title="第一件")
    seal_waiting()
    take_call(title="第二件")
    auditor = city.signed_in("shi-shenji")
    matter = Order.objects.get(title="第一件").matter.number
    page = go(auditor, f"/audit/?number={matter}")
    assert "链首" in page.text
    verified = page.press("核验这条链")
    assert "核验结果：完好" in verified.text
    now = clock.now()
    since, until = (f"{now + timedelta(hours=8 + n):%Y-%m-%dT%H:%M}" for n in (-1, 1))
    spanned = page.press("核验", since=since, until=until)
    assert "核验结果：完好" in spanned.text
    assert Event.objects.filter(kind="trail.verified").count() == 2
    event = Event.objects.filter(subject=matter).order_by("id").first()
    assert event is not None
    _forge("UPDATE audit_event SET body = replace(body, 'order', 'otter') WHERE id = %s", event.pk)
    broken = page.press("核验这条链")
    assert "发现异常" in broken.text
    assert f"事件 {event.pk}" in broken.text
    assert "立即通知系统管理员" in broken.text
    assert "发现异常" in page.press("核验", since=since, until=until).text
    last = Event.objects.filter(kind="trail.verified").order_by("-id").first()
    assert last is not None
    assert f"事件 {event.pk}" in last.body
    empty = page.press("核验")
    assert empty.status == 422
    assert "请填写一个编号，或填写起止时间" in empty.text


def _forge(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
        cursor.execute(statement, values)
        cursor.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only")


def test_the_trail_of_one_matter_can_be_taken_away() -> None:
    take_call(caller_name="王小明", caller_phone="13800138000")
    auditor = city.signed_in("shi-shenji")
    page = go(auditor, f"/audit/?number={Order.objects.get().matter.number}")
    form = next(form for form in page.forms if form.action.endswith("/audit/export/"))
    answer = auditor.post(form.action, form.values)
    rows = list(openpyxl.load_workbook(BytesIO(answer.getvalue())).active.iter_rows(values_only=True))
    assert rows[4][4] == "受理"
    assert len(str(rows[4][6])) == 64
    assert "王小明" not in str(rows)
    assert Event.objects.filter(kind="trail.exported").exists()


def test_the_integrator_sees_use_errors_and_what_runs_out() -> None:
    keeper = by("chen-guanli")
    for name, days in (("热线系统", 200), ("旧系统", 5)):
        identity.issue_token(by=keeper, name=name, desk="12345", days=days, rights=["order.read"])  # type: ignore[arg-type]
    token = SystemToken.objects.get(name="热线系统")
    now = clock.now()
    use = {"token": token, "day": local_day(now), "last_at": now}
    TokenUse.objects.create(code="", requests=41, items=57, **use)
    TokenUse.objects.create(code="invalid", requests=2, items=3, **use)
    TokenError.objects.create(
        token=token, at=now, path="/orders", status=422, code="invalid", field="/title", request_id="abc-1"
    )
    client = city.signed_in("chen-guanli")
    page = go(client, "/usage/")
    for seen in ("热线系统", "43", "57", "/title", "abc-1", "天后到期", "填写的内容有误"):
        assert seen in page.text
    one = go(client, f"/usage/{token.pk}/")
    assert "invalid 3 次" in one.text
    assert go(client, "/usage/999999/").status == 404
    assert go(city.signed_in("li-rexian"), "/usage/").status == 403


def test_a_page_needs_at_most_twelve_statements_beside_the_rulebook(
    django_assert_max_num_queries: MaxQueries,
) -> None:
    take_call()
    asked = {
        "li-rexian": [
            "/orders/?view=all",
            "/orders/?state=handling&text=赌博",
            "/orders/open/?view=all",
            "/search/?q=赌博",
        ],
        "shi-shenji": ["/audit/", f"/audit/?number={Order.objects.get().number}&who=热线&since=2026-01-01T00:00"],
        "chen-guanli": ["/usage/"],
        "lu-duban": ["/exports/"],
    }
    for username, addresses in asked.items():
        client = city.signed_in(username)
        for address in addresses:
            forget()
            rulebook()
            with django_assert_max_num_queries(12):
                assert go(client, address).status == 200
