"""The main job of the homes that are not the two city desks', done by keys as a person does it, with real lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, People
from tests.browser.screen import Screen
from tests.browser.test_desks import press, state_of
from tests.journeys import city
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEAK = "和平小区3号楼楼道有燃气味"
LIGHT = "县城路灯三天不亮"
GAMBLING = "楼下有人赌博"
DISPUTED = "棋牌室是否涉赌"


@pytest.fixture
def filled(transactional_db: None) -> None:
    """A call at the police desk for the gas hotline, one at a county's desk, one handed over too long ago, one in
    negotiation."""
    from liandong.transfer.models import Transfer

    city.build()
    take_call("zhao-jingtai", title=LEAK)
    take_call("qian-xiantai", title=LIGHT)
    take_call(title=GAMBLING).press("移交", way="分流 → 市110", list_item="P01")
    late = timedelta(hours=3)
    Transfer.objects.update(moved_at=F("moved_at") - late, due_at=F("due_at") - late)
    take_call(title=DISPUTED).press("移交", way="分流 → 市110", list_item="P01")
    opens("zhao-jingtai", DISPUTED).press("退回", code="不属本台职责", basis="未涉赌资。")
    opens("li-rexian", DISPUTED).press("提请协商", basis="清单P01明确由公安机关办理。")


def hand_over(screen: Screen, title: str, way: str, reason: str) -> None:
    """From the desk's own orders to the order's page, and on by keys."""
    page = screen.page
    page.locator("#part-work [data-row]", has_text=title).locator(".row__main").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    page.wait_for_load_state()  # the heading is painted before the scripts that hear the keys have run
    page.keyboard.press("F4")
    page.locator("details[open]").get_by_label("移交方式与接收台").select_option(label=way)
    page.locator("details[open]").get_by_label("移交理由或依据").fill(reason)
    page.locator("details[open]").get_by_role("button", name="移交", exact=True).press("Enter")
    screen.sees("移交：已完成。")


def fill_and_send(page: Page, label: str, text: str) -> None:
    expect(page.locator(".row__form")).to_be_visible()
    page.locator(".row__form").get_by_label(label).fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".row__form")).to_have_count(0)


def test_a_linked_hotline_signs_says_that_it_arrived_and_reports(windows: Open) -> None:
    police, gas = windows("zhao-jingtai", "/desk/"), windows("sun-ranqi", "/desk/")
    expect(gas.page.get_by_role("heading", level=1)).to_have_text("热线联动台")
    hand_over(police, LEAK, "分流 → 燃气热线", "燃气抢修")
    press(gas.page, LEAK, "waiting", "a")
    expect(gas.page.locator("#part-waiting")).to_contain_text("签收：已完成")
    press(gas.page, LEAK, "taken", "v")
    fill_and_send(gas.page, "说明", "抢修人员已到场，𠮷祥里3号楼。")
    expect(police.page.locator("#part-story")).to_contain_text("抢修人员已到场，𠮷祥里3号楼。")
    press(gas.page, LEAK, "taken", "f")
    gas.page.locator(".row__form").get_by_label("办理结果").select_option(label="已解决")
    fill_and_send(gas.page, "办理情况", "已更换阀门，检测无泄漏。")
    police.open("/desk/")
    press(police.page, LEAK, "decide", "c")
    expect(police.page.locator("#part-decide")).to_contain_text("确认办结：已完成")
    assert state_of(LEAK) == "confirmed"


def test_a_linked_hotline_sends_back_what_is_not_its_own_and_hears_of_bad_input_first(windows: Open) -> None:
    police, gas = windows("zhao-jingtai", "/desk/"), windows("sun-ranqi", "/desk/")
    gas.expects("status of 422")
    hand_over(police, LEAK, "分流 → 燃气热线", "燃气抢修")
    press(gas.page, LEAK, "waiting", "r")
    form = gas.page.locator(".row__form")
    expect(form).to_be_visible()
    gas.page.keyboard.press("Control+Enter")
    expect(form.locator("[aria-invalid=true]").first).to_be_focused()
    gas.no_violations()
    form.get_by_label("退回原因").select_option(label="不属本台职责")
    fill_and_send(gas.page, "退回依据", "属水务，非燃气管线。")
    police.open("/desk/")
    press(police.page, LEAK, "decide", "t")
    expect(police.page.locator("#part-decide")).to_contain_text("收回办理：已完成")


def test_a_form_in_a_row_outlives_the_session_and_is_sent_after_signing_in(people: People) -> None:
    screen = people("zhao-jingtai")
    screen.expects("404", "status of 4", "Status Error Code 401")
    screen.open("/desk/")
    page = screen.page
    press(page, GAMBLING, "waiting", "r")
    form = page.locator(".row__form")
    expect(form.get_by_role("button", name="退回", exact=True)).to_be_in_viewport()
    form.get_by_label("退回原因").select_option(label="不属本台职责")
    form.get_by_label("退回依据").fill("属物业管理，𠮷祥里。")
    screen.end_session()
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("登录已过期")
    dialog.get_by_label("密码").fill(city.PASSWORD)
    dialog.get_by_role("button", name="登录", exact=True).click()
    expect(dialog).to_be_hidden()
    if form.count():  # a form that was not sent on stands there with every word
        expect(form.get_by_label("退回依据")).to_have_value("属物业管理，𠮷祥里。")
        form.get_by_label("退回依据").press("Control+Enter")
    expect(page.locator("#part-waiting")).to_contain_text("退回：已完成")
    assert state_of(GAMBLING) == "refused"


def test_who_keeps_the_interfaces_issues_a_token_and_hears_what_is_missing_first(people: People) -> None:
    screen = people("chen-guanli")
    screen.expects("status of 422")
    screen.open("/tokens/")
    page = screen.page
    screen.press("签发")
    expect(page.locator(".errorlist").first).to_be_visible()
    screen.no_violations()
    page.get_by_label("系统名称").fill("𠮷祥里热线系统")
    page.get_by_label("查看工单").check()
    screen.press("签发")
    expect(page.locator(".secret")).to_contain_text("ld_")
    screen.open("/usage/")
    screen.sees("𠮷祥里热线系统")


def test_who_keeps_the_accounts_opens_one_and_closes_it(people: People) -> None:
    screen = people("chen-guanli")
    screen.open("/people/")
    page = screen.page
    page.locator("#main").get_by_label("用户名").fill("xin-ren")
    page.get_by_label("姓名").fill("𠮷新人")
    page.get_by_label("岗位").select_option(label="受理员")
    screen.press("开设")
    expect(page.locator(".secret")).to_be_visible()
    screen.open("/people/xin-ren/")
    screen.press("停用账号")
    screen.sees("停用")


def test_a_county_hands_on_through_the_city_desk_by_keys(windows: Open) -> None:
    county, police = windows("qian-xiantai", "/desk/"), windows("zhao-jingtai", "/desk/")
    ours = windows("li-rexian", "/desk/")
    hand_over(county, LIGHT, "逐级转派 → 市110报警服务台", "属路灯维护")
    press(police.page, LIGHT, "waiting", "o")
    form = police.page.locator(".row__form")
    form.get_by_label("移交方式与接收台").select_option(label="分流 → 市12345热线")
    fill_and_send(police.page, "移交理由或依据", "属市政路灯")
    press(ours.page, LIGHT, "waiting", "a")
    expect(ours.page.locator("#part-taken")).to_contain_text("转派链：忻府区110 → 市110报警服务台 → 市12345热线")
    county.open("/desk/")
    expect(county.page.locator("#part-outbound")).to_contain_text("市12345热线（已签收）")


def test_who_supervises_sees_what_is_late_and_asks_where_it_stays(windows: Open) -> None:
    screen = windows("lu-duban", "/desk/?show=over")
    page = screen.page
    expect(page.locator("[data-row]", has_text=DISPUTED).locator("visible=true")).to_have_count(1)  # an own order
    row = page.locator("#part-outbound [data-row]", has_text=GAMBLING)
    expect(row.locator(".clock--over, .badge--over").first).to_be_visible()
    press(page, GAMBLING, "outbound", "u")
    fill_and_send(page, "内容", "已超时，请尽快签收。")
    expect(row).to_contain_text("催办：已完成")


def test_who_can_do_nothing_in_a_list_has_no_empty_column_for_it(windows: Open) -> None:
    page = windows("wu-chayue", "/desk/").page
    expect(page.locator("#part-outbound [data-row]")).to_have_count(1)
    expect(page.locator("#part-outbound").get_by_role("columnheader", name="状态")).to_be_visible()
    expect(page.locator("#part-outbound").get_by_role("columnheader", name="操作")).to_have_count(0)
    acting = windows("zhao-jingtai", "/desk/").page
    expect(acting.locator("#part-waiting").get_by_role("columnheader", name="操作")).to_be_visible()


def test_the_conference_rules_in_the_room_and_both_desks_see_it(windows: Open) -> None:
    office, ours = windows("zhou-lianxi", "/desk/"), windows("li-rexian", "/desk/")
    press(ours.page, DISPUTED, "decide", "x")
    expect(ours.page.get_by_role("heading", level=1)).to_contain_text("协商室")
    press(office.page, DISPUTED, "talks", "x")
    expect(office.page.get_by_role("heading", level=1)).to_contain_text("协商室")
    expect(ours.page.locator("#line")).to_have_text("已连接")
    office.page.keyboard.press("r")
    form = office.page.locator("details[open]")
    form.get_by_label("裁定结果").select_option(label="裁定由接收台办理")
    form.locator("textarea").fill("清单P01归公安机关。")
    form.get_by_role("button").last.press("Enter")
    expect(ours.page.locator("#part-words")).to_contain_text("裁定由接收台办理")
    ours.page.keyboard.press("g")
    expect(ours.page.locator("#part-clock")).to_contain_text("已议定")
