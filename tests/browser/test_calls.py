"""The call-taker at work: a whole order without a mouse, and nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import People
from tests.browser.screen import Screen, beside
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTE = "来电人反映，楼下棋牌室有人聚众赌博。每晚都吵。"
PHONE = "13800138000"


@pytest.fixture
def filled(transactional_db: None) -> None:
    """The small city, with one call of the caller before."""
    city.build()
    take_call(title="小区路灯不亮", caller_phone=PHONE, address="和平小区")


@pytest.fixture
def taker(people: People) -> Screen:
    """The window of a call-taker with an empty form."""
    screen = people("li-rexian")
    screen.open("/orders/new/")
    expect(screen.page.locator("#map .call__area").first).to_be_attached()
    return screen


def row(name: str, **conditions: Any) -> Callable[[], Any]:
    from django.apps import apps

    model = apps.get_model(name)
    return lambda: model.objects.filter(**conditions).order_by("-id").first()


def newest() -> Any:
    return beside(row("intake.Order"))


def count(name: str) -> int:
    from django.apps import apps

    return int(beside(apps.get_model(name).objects.count))


def value(screen: Screen, name: str) -> str:
    return str(screen.page.locator(f"[name={name}]").first.input_value())


def saved(screen: Screen) -> None:
    expect(screen.page.locator("#kept")).to_contain_text("草稿已保存")


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def test_a_whole_order_with_its_hand_over_by_keyboard_alone(taker: Screen) -> None:
    page = taker.page
    assert page.evaluate("document.activeElement.name") == "content"
    page.keyboard.type(NOTE)
    keys(page, "Tab", "Tab")
    page.keyboard.type(PHONE)
    keys(page, "Tab")
    page.keyboard.type("王小明")
    keys(page, "Tab", "Tab", "Tab", "Tab")
    page.keyboard.type("忻府区七一北路")
    expect(page.get_by_role("button", name="属地改为忻府区")).to_be_visible()
    keys(page, "Alt+3")
    page.locator("#id_address").focus()
    keys(page, "Tab", "2", "Tab", "F4")
    expect(page.locator("#id_way")).to_be_focused()
    keys(page, "ArrowDown", "Tab")
    page.keyboard.type("赌博")
    keys(page, "Enter")
    assert "S3.1" in page.locator("#cited").inner_text()
    taker.sees("小区路灯不亮")
    expect(page.get_by_role("button", name="属地改为忻府区")).to_have_count(0)
    taker.picture("calls-12345")
    keys(page, "Control+Enter")
    taker.sees("已受理")
    order = newest()
    assert (order.title, order.nature, order.division) == ("楼下棋牌室有人聚众赌博", "complaint", "140902")
    transfer = beside(row("transfer.Transfer"))
    assert (transfer.kind, transfer.target, transfer.list_item) == ("divert", "110", "P01")
    assert count("transfer.Draft") == 0
    page.go_back()
    taker.sees("已受理为")


def test_everything_of_a_call_is_on_one_screen(taker: Screen, people: People) -> None:
    police = people("zhao-jingtai")
    police.open("/orders/new/")
    for screen in (taker, police):
        heights = screen.page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('.call__main, .call__side')]"
            ".map((one) => one.scrollHeight - one.clientHeight)"
        )
        assert heights == [0, 0, 0]
    police.picture("calls-110")


def test_axe_finds_nothing_while_a_call_is_taken(people: People) -> None:
    for dark in (False, True):
        screen = people("li-rexian", dark=dark)
        screen.open("/orders/new/")
        screen.page.keyboard.type(NOTE)
        screen.page.locator("#id_address").fill("忻府区和平小区")
        screen.page.locator("#id_caller_phone").fill(PHONE)
        screen.sees("催办")
        screen.sees("同一地址")
        screen.no_violations()
        for key in ("F4", "F6", "F7"):
            keys(screen.page, key)
            screen.no_violations()
        screen.page.locator("input[role=combobox]:visible").click()
        screen.no_violations()
        keys(screen.page, "Escape", "F9")
        screen.no_violations()


def test_a_danger_goes_out_by_one_key_pressed_twice(taker: Screen) -> None:
    taker.page.keyboard.type("河边有人落水。正在呼救")
    taker.page.locator("#id_caller_phone").fill("一三八")
    keys(taker.page, "F9")
    expect(taker.page.locator("#id_signal")).to_be_focused()
    assert value(taker, "signal") == "河边有人落水"
    taker.picture("calls-danger")
    keys(taker.page, "F9")
    taker.sees("险情已联动派警")
    taker.sees("联系电话未按要求填写")
    assert beside(row("transfer.Transfer")).reason == "河边有人落水"


def test_an_empty_form_and_one_key_are_enough_for_a_danger(taker: Screen) -> None:
    keys(taker.page, "F9", "Enter")
    taker.sees("险情已联动派警")
    assert beside(row("transfer.Transfer")).kind == "danger"


def test_a_call_of_neither_side_is_guided_by_a_script_found_by_typing(taker: Screen) -> None:
    taker.page.keyboard.type("法院判决后对方不给钱。")
    keys(taker.page, "F7")
    taker.page.keyboard.type("12368")
    offered = taker.page.get_by_role("listbox").get_by_role("option")
    expect(offered.first).to_be_visible()  # the scripts are fetched when one looks for them
    keys(taker.page, "Enter")
    assert "12368" in value(taker, "guide_text")
    taker.picture("calls-guide")
    expect(taker.page.get_by_role("button", name="受理并引导办结")).to_be_visible()
    keys(taker.page, "Control+Enter")
    taker.sees("事项已办结")
    order = newest()
    assert (order.outcome, order.details) == ("guided", {"guide": "litigation"})


def test_a_second_call_urges_the_open_order_by_one_key(taker: Screen) -> None:
    taker.page.keyboard.type("路灯还是不亮")
    taker.page.locator("#id_caller_phone").fill(PHONE)
    taker.sees("小区路灯不亮")
    keys(taker.page, "Alt+1")
    taker.sees("已催办")
    taker.sees("催办 1 次")
    assert count("intake.Order") == 1


def test_a_related_order_is_linked_as_a_repeat_by_one_key(taker: Screen) -> None:
    taker.page.keyboard.type("路灯不亮")
    taker.page.locator("#id_address").fill("和平小区")
    taker.sees("同一地址")
    keys(taker.page, "Alt+5")
    taker.sees("受理后关联为重复")
    keys(taker.page, "Control+Enter")
    taker.sees("已受理")
    assert count("intake.OrderLink") == 1


def test_the_map_gives_division_and_point_and_takes_no_focus(taker: Screen) -> None:
    taker.page.locator("#map .call__area").first.click()
    assert value(taker, "division") == "140902"
    assert float(value(taker, "longitude")) == pytest.approx(112.7, abs=0.5)
    expect(taker.page.locator("#id_content")).to_be_focused()
    expect(taker.page.locator("#map .call__mark")).to_be_attached()


def test_who_takes_the_next_call_has_the_last_ones_number_before_the_eyes(taker: Screen) -> None:
    taker.page.keyboard.type("第一件")
    taker.page.get_by_label("接下一个").check()
    keys(taker.page, "Control+Enter")
    number = taker.page.get_by_role("link", name="140900W")
    expect(number).to_be_visible()
    assert value(taker, "content") == ""
    expect(taker.page.get_by_label("接下一个")).to_be_checked()
    number.click()
    expect(taker.page.get_by_role("heading", level=1, name="第一件")).to_be_visible()


def test_a_draft_survives_a_reload_also_in_the_middle_of_a_word(taker: Screen) -> None:
    taker.page.keyboard.type("𠮷祥里🏮掉落")
    taker.page.locator("#id_caller_phone").fill("138001")
    taker.page.get_by_label("来电人要求保密").check()
    saved(taker)
    taker.page.locator("#id_content").focus()
    keys(taker.page, "End")
    taker.page.keyboard.type("，砸到车")
    taker.page.reload()
    assert value(taker, "content") == "𠮷祥里🏮掉落，砸到车"
    assert value(taker, "caller_phone") == "138001"
    assert taker.page.get_by_label("来电人要求保密").is_checked()
    saved(taker)
    assert count("transfer.Draft") == 1
    taker.expects("409")  # what the page sent while it was left may come after the page that follows was read


def test_two_windows_are_two_drafts(taker: Screen, people: People) -> None:
    other = people("li-rexian")
    other.open("/orders/new/")
    for screen, text in ((taker, "第一件"), (other, "第二件")):
        screen.page.keyboard.type(text)
        saved(screen)
    taker.open("/drafts/")
    taker.sees("第一件")
    taker.sees("第二件")
    taker.picture("calls-drafts")
    taker.page.get_by_role("link", name="第二件").click()
    expect(taker.page.locator("#id_content")).to_have_value("第二件")


def test_an_expired_session_is_asked_for_and_the_order_accepted(taker: Screen) -> None:
    taker.expects("401")
    taker.page.keyboard.type("写到一半")
    saved(taker)
    taker.end_session()
    taker.page.keyboard.type("登录过期了")
    expect(taker.page.locator("#kept")).to_contain_text("登录已过期")
    keys(taker.page, "Control+Enter")
    taker.page.get_by_label("密码").fill(city.PASSWORD)
    taker.press("登录")
    taker.sees("已受理")
    assert newest().content == "写到一半登录过期了"


def test_who_signs_in_anew_comes_back_to_every_word(taker: Screen) -> None:
    taker.expects("401")
    taker.page.keyboard.type("写到一半")
    taker.page.locator("#id_caller_phone").fill("138")
    saved(taker)
    taker.end_session()
    taker.page.locator("#id_content").focus()
    keys(taker.page, "End")
    taker.page.keyboard.type("没有送达的字")
    taker.page.reload()
    taker.page.get_by_label("用户名").fill("li-rexian")
    taker.page.get_by_label("密码").fill(city.PASSWORD)
    taker.press("登录")
    expect(taker.page.locator("#id_content")).to_have_value("写到一半没有送达的字")
    assert value(taker, "caller_phone") == "138"


def test_a_cut_line_loses_nothing_and_heals(taker: Screen) -> None:
    taker.expects("ERR_INTERNET_DISCONNECTED", "htmx:")
    taker.page.context.set_offline(True)
    taker.page.keyboard.type("断线时写的话")
    expect(taker.page.locator("#kept")).to_contain_text("网络不通")
    keys(taker.page, "Control+Enter")
    taker.sees("网络不通，这次操作没有送到。")
    assert value(taker, "content") == "断线时写的话"
    taker.page.context.set_offline(False)
    saved(taker)
    keys(taker.page, "Control+Enter")
    taker.sees("已受理")


def test_what_a_closed_window_could_not_send_is_handed_over_by_the_next(taker: Screen) -> None:
    taker.expects("ERR_INTERNET_DISCONNECTED", "htmx:")
    taker.page.context.set_offline(True)
    taker.page.keyboard.type("窗口关闭前没有送达")
    expect(taker.page.locator("#kept")).to_contain_text("网络不通")
    taker.page.close()
    taker.page = taker.context.new_page()
    taker.page.context.set_offline(False)
    taker.page.clock.install()
    taker.page.clock.fast_forward("01:00")
    taker.open("/orders/new/")
    taker.sees("本机有1份未送达的草稿")
    taker.open("/drafts/")
    taker.sees("窗口关闭前没有送达")


def test_signing_out_leaves_no_number_in_the_browser(taker: Screen) -> None:
    taker.expects("401")
    taker.page.keyboard.type("有号码的草稿")
    taker.page.locator("#id_caller_phone").fill("13911112222")
    assert "13911112222" in taker.page.evaluate("JSON.stringify(localStorage)")
    taker.page.locator("summary", has_text="李热线").click()
    taker.press("退出")
    expect(taker.page.get_by_label("密码")).to_be_visible()
    assert "13911112222" not in taker.page.evaluate("JSON.stringify(localStorage)")


def test_the_first_wrong_field_has_the_focus_and_says_why(taker: Screen) -> None:
    taker.expects("422")
    taker.page.locator("#id_caller_phone").fill("一三八")
    taker.page.keyboard.press("F4")
    taker.page.locator("#id_way").select_option(label="分流 → 市110报警服务台")
    keys(taker.page, "Control+Enter")
    taker.sees("请填写来电记录。")
    taker.sees("电话只能是数字")
    expect(taker.page.locator("#id_content")).to_be_focused()
    taker.page.keyboard.type("有人赌博")
    taker.page.locator("#id_caller_phone").fill("")
    keys(taker.page, "Control+Enter")
    taker.sees("请选择清单条目，或写明移交依据。")
    expect(taker.page.locator("#id_reason")).to_be_focused()
    taker.no_violations()
