"""Lists as a person works with them: filter, keep, type, turn pages, come back, export, several at once; the auditor
verifies, and a broken chain is shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from playwright.sync_api import expect

from liandong.kernel import clock
from tests.browser.conftest import People
from tests.browser.screen import DESK, WALL, Screen, beside
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROADS = ("和平西街", "长征街", "七一路", "牧马路", "建设路", "学院西街")
KINDS = ("路灯不亮，夜间出行不便", "供水管道漏水，路面结冰", "楼下深夜施工噪声扰民", "小区暖气温度不达标")
LONGEST = "反映" + "忻府区和平西街与七一北路交叉口东北角在建工地夜间连续浇筑混凝土" * 3


@pytest.fixture
def filled(transactional_db: None) -> None:
    """Sixty orders of the hotline, some answered, one handed over, one a danger, one with the longest title."""
    from liandong.audit.actions import seal_waiting
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake import actions
    from liandong.intake.accepting import Incoming
    from liandong.intake.callers import Caller
    from liandong.intake.models import Order
    from liandong.transfer import actions as transfer

    city.build()
    by = by_person(Person.objects.get(username="li-rexian"))
    for n in range(60):
        title = f"{ROADS[n % 6]}{n + 1}号{KINDS[n % 4]}"
        title = LONGEST[:100] if n == 50 else "𠮷祥里有人落水，正在呼救" if n == 57 else title
        nature, urgency = ("complaint" if n % 3 == 0 else "help"), ("danger" if n == 57 else "ordinary")
        caller = Caller(name="王小明", phone="13800138000")
        incoming = Incoming(
            kind="work", title=title, content=f"来电人反映{title}，请尽快处理。", nature=nature, urgency=urgency,
            division="140902", address=f"忻府区{ROADS[n % 6]}{n + 1}号", caller=caller,
        )  # fmt: skip
        number = actions.accept_order(by=by, incoming=incoming)["order_number"]
        order = Order.objects.select_related("matter").get(number=number)
        if n % 10 == 9:
            actions.answer(by=by, order=order, result="solved", text="已答复来电人。")
        if n == 58:
            transfer.offer(by=by, order=number, kind="divert", target="110", body={"reason": "属对方职责"})
    seal_waiting()


def rows(screen: Screen) -> list[str]:
    return screen.page.locator("table[data-rows] tbody .what a").all_inner_texts()


def test_a_list_is_filtered_kept_paged_and_found_again_where_it_was_left(people: People) -> None:
    screen = people("li-rexian")
    page = screen.page
    screen.open("/orders/")
    assert len(rows(screen)) == 50
    screen.picture("list-orders")
    screen.no_violations()
    screen.fits()
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_role("link", name="第一页")).to_be_visible()
    assert len(rows(screen)) == 10
    page.wait_for_load_state()  # painted is not yet able to hear keys
    page.keyboard.press("[")
    expect(page.get_by_role("link", name="下一页")).to_be_visible()
    row = page.locator("tr[data-row]").nth(40)
    number = row.get_attribute("data-row")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("tr.was-open")).to_have_attribute("data-row", str(number))
    expect(page.locator("tr.was-open")).to_be_in_viewport()
    expect(page.locator("tr.was-open")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("body")).not_to_contain_text("每次最多一页")
    page.go_back()

    page.locator("#f-state").select_option(label="已答复")
    page.keyboard.press("/")
    page.keyboard.type("号")
    page.get_by_label("词语或编号").press("Enter")
    expect(page.locator("tr[data-row]")).to_have_count(6)
    assert page.url.endswith("?state=answered&text=%E5%8F%B7")
    screen.unfold("显示的列")
    page.get_by_label("来电人（已遮蔽）").check()
    screen.press("应用")
    screen.sees("王** 138****8000")
    screen.unfold("保存视图")
    screen.no_violations()
    screen.picture("list-save")
    page.get_by_label("视图名称").fill("𠮷日回访")
    page.get_by_label("打开列表时默认使用").check()
    screen.press("保存")
    screen.sees("已保存视图“𠮷日回访”。")
    screen.open("/orders/")
    expect(page.locator("tr[data-row]")).to_have_count(6)
    expect(page.get_by_role("link", name="𠮷日回访")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="全部", exact=True).click()
    expect(page.locator("tr[data-row]")).to_have_count(50)
    screen.open("/orders/?nature=complaint&division=140900")
    screen.sees("没有符合条件的单")
    screen.picture("list-empty")
    screen.open("/orders/?since=2026-03-02&until=2026-03-01")
    screen.expects("422")
    screen.sees("受理时间的起日晚于止日")
    screen.no_violations()


def test_what_comes_in_is_told_and_moves_nothing(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/orders/")
    before = rows(screen)
    beside(lambda: take_call(title="刚刚来的一件"))
    screen.page.evaluate("document.body.dispatchEvent(new CustomEvent('live-orders', { detail: {} }))")
    screen.sees("有 1 条新单，点击显示")
    assert rows(screen) == before
    screen.no_violations()
    screen.picture("list-fresh")
    screen.page.get_by_text("有 1 条新单").click()
    screen.sees("刚刚来的一件")


def test_what_is_typed_is_found_while_it_is_typed(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/search/")
    field = screen.page.get_by_label("词语、单号或联动号")
    field.press_sequentially("𠮷")
    screen.sees("请至少输入两个字")
    field.press_sequentially("祥")
    screen.sees("𠮷祥里有人落水")
    screen.no_violations()
    screen.picture("search-typed")
    field.fill("没有这样的事")
    screen.sees("没有找到")


def test_several_are_confirmed_and_urged_together(people: People) -> None:
    screen = people("li-rexian")
    page = screen.page
    screen.open("/orders/?view=all")
    button = page.get_by_role("button", name="批量确认办结")
    expect(button).to_be_disabled()
    page.get_by_label("全选本页").check()
    screen.sees("已选 50 件")
    button.click()
    screen.sees("所选 50 件中")
    screen.no_violations()
    screen.picture("bulk-confirm")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("共 5 件，完成 5 件")).to_be_visible()
    screen.no_violations()
    screen.open("/orders/?view=all")
    page.locator("tr[data-row]").nth(1).focus()
    page.keyboard.press("Space")
    screen.sees("已选 1 件")
    page.get_by_role("button", name="批量催办").click()
    screen.sees("1 件可以处理")
    page.get_by_label("催办内容").fill("请尽快签收")
    page.keyboard.press("Control+Enter")
    screen.sees("共 1 件，完成 1 件")
    screen.picture("bulk-done")


def test_an_export_is_a_file_that_opens(people: People, tmp_path: Path) -> None:
    screen = people("he-zhiban")
    screen.open("/orders/?nature=complaint")
    with screen.page.expect_download() as awaited:
        screen.press("导出表格")
    path = tmp_path / awaited.value.suggested_filename
    awaited.value.save_as(path)
    assert path.name.startswith("全部单-")
    found = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    assert len(found) == 5 + 20
    assert "性质 投诉" in str(found[2][0])


def test_the_auditor_verifies_and_a_broken_chain_is_shown(people: People) -> None:
    screen = people("shi-shenji")
    page = screen.page
    screen.open("/")
    expect(page.get_by_role("heading", level=1, name="审计台")).to_be_visible()
    screen.no_violations()
    screen.picture("audit")
    page.locator("#id_kind").select_option(label="谁改过（办理、变更）")
    page.get_by_label("人员姓名或用户名").fill("李热线")
    screen.press("查询")
    page.locator("td a").first.click()
    screen.press("核验这条链")
    screen.sees("核验结果：完好")
    screen.no_violations()
    screen.picture("audit-intact")
    now = clock.now()
    since, until = (f"{now + timedelta(hours=8 + n):%Y-%m-%dT%H:%M}" for n in (-2, 2))
    screen.open("/audit/")
    form = page.get_by_role("region", name="核验审计链")
    form.get_by_label("起").fill(since)
    form.get_by_label("止").fill(until)
    form.get_by_role("button", name="核验").click()
    screen.sees("核验结果：完好")
    beside(break_the_trail)
    form.get_by_label("起").fill(since)
    form.get_by_label("止").fill(until)
    form.get_by_role("button", name="核验").click()
    screen.sees("发现异常")
    screen.sees("立即通知系统管理员")
    screen.no_violations()
    screen.picture("audit-broken")


def break_the_trail() -> None:
    """As somebody who owns the tables could."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only")
        cursor.execute(
            "UPDATE audit_event SET body = replace(body, 'help', 'hepl'), party = '110' WHERE id = "
            "(SELECT id FROM audit_event WHERE kind = 'order.accepted' ORDER BY id OFFSET 7 LIMIT 1)"
        )
        cursor.execute("ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only")


def test_the_lists_and_desks_are_fit_to_be_seen(people: People) -> None:
    """On the wall and at the desk, in both colours."""

    def fit(screen: Screen, path: str) -> None:
        screen.open(path)
        for size in (WALL, DESK):
            screen.page.set_viewport_size(size)
            screen.right_in_both_colours()

    clerk, auditor = people("li-rexian"), people("shi-shenji")
    fit(clerk, "/orders/?view=all&cols=due,title,kind,nature,urgency,state,division,address,caller")
    with clerk.in_the_dark():
        clerk.picture("list-wide-dark")
    fit(clerk, "/orders/open/")
    with clerk.in_the_dark():
        clerk.picture("list-work-dark")
    fit(auditor, "/audit/")
    with auditor.in_the_dark():
        auditor.picture("audit-dark")


def test_the_integrator_sees_who_is_refused_and_why(people: People) -> None:
    beside(used)
    screen = people("chen-guanli")
    screen.open("/usage/")
    screen.sees("3天后到期")
    screen.sees("/caller/phone")
    screen.no_violations()
    screen.fits()
    screen.picture("usage")
    screen.page.get_by_role("link", name="热线业务系统").click()
    screen.sees("逐日用量")
    screen.no_violations()
    screen.picture("usage-token")


def used() -> None:
    """Two systems' week: one at work, one whose token runs out."""
    from liandong.exchange.models import TokenError, TokenUse
    from liandong.identity import actions as identity
    from liandong.identity.models import Person, SystemToken
    from liandong.identity.queries import by_person
    from liandong.kernel.ids import local_day

    keeper = by_person(Person.objects.get(username="chen-guanli"))
    for name, days in (("热线业务系统", 200), ("旧版坐席系统（维护单位：某某信息技术有限公司忻州分公司）", 4)):
        identity.issue_token(by=keeper, name=name, desk="12345", days=days, rights=["order.read"])
    now, token = clock.now(), SystemToken.objects.get(name="热线业务系统")
    for back in range(6):
        day = local_day(now - timedelta(days=back))
        TokenUse.objects.create(token=token, day=day, code="", requests=3200 + back, items=4100 + back, last_at=now)
        TokenUse.objects.create(token=token, day=day, code="invalid", requests=2, items=7, last_at=now)
    for n, field in enumerate(("/caller/phone", "/title", "/occurred_at")):
        TokenError.objects.create(
            token=token,
            at=now - timedelta(minutes=n),
            path="/orders",
            status=422,
            code="invalid",
            field=field,
            request_id=f"a3f0c1d2e4b5968{n}",
        )
