"""Two people at two screens hand a call over by clicking, and the pictures of what they see."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.browser.screen import Screen
from tests.journeys import city

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def sign_in(screen: Screen, username: str) -> None:
    screen.page.get_by_label("用户名").fill(username)
    screen.page.get_by_label("密码").fill(city.PASSWORD)
    screen.press("登录")
    expect(screen.page.get_by_role("heading", name="待签收")).to_be_visible()


def open_order(screen: Screen, title: str) -> None:
    screen.page.get_by_role("link", name="工作台").click()
    screen.page.get_by_role("link", name=title).first.click()
    expect(screen.page.get_by_role("heading", level=1, name=title)).to_be_visible()


def take_call(screen: Screen, title: str, signal: str) -> None:
    screen.page.get_by_role("link", name="受理", exact=True).click()
    screen.page.get_by_label("标题").fill(title)
    screen.page.get_by_label("来电记录").fill("来电人反映：" + title + "，请尽快处理。")
    screen.page.get_by_label("联系电话").fill("13800138000")
    screen.page.get_by_label("来电人姓名").fill("王小明")
    if signal:
        screen.page.get_by_role("textbox", name="险情").fill(signal)
    screen.press("受理并联动派警" if signal else "受理")
    screen.sees("已受理")


def test_two_people_hand_a_call_over_by_clicking(people: People) -> None:
    ours, theirs = people(), people()
    for screen in (ours, theirs):
        screen.open("/sign-in/")
    ours.picture("sign-in")
    sign_in(ours, "li-rexian")
    sign_in(theirs, "zhao-jingtai")

    for title, signal in (("有人落水，正在呼救", "有人落水"), ("小区路灯不亮", ""), ("楼下有人聚众赌博", "")):
        take_call(ours, title, signal)
    ours.unfold("移交")
    ours.page.get_by_label("移交方式与接收台").select_option(label="分流 → 市110报警服务台")
    ours.page.get_by_label("清单条目").last.select_option(value="P01")
    ours.press("移交")
    ours.sees("移交：已完成。")

    theirs.open("/")
    theirs.picture("home-110")
    open_order(theirs, "楼下有人聚众赌博")
    theirs.press("签收")
    theirs.sees("签收：已完成。")
    theirs.unfold("反馈办结")
    theirs.page.get_by_label("办理结果").select_option(label="已解决")
    theirs.page.get_by_label("办理情况").fill("民警到场，已劝散并登记。")
    theirs.press("反馈办结")
    theirs.sees("反馈办结：已完成。")

    ours.open("/")
    ours.picture("home-12345")
    open_order(ours, "楼下有人聚众赌博")
    ours.page.evaluate("scrollTo(0, 0)")
    ours.picture("order-page")
    ours.press("确认办结")
    ours.sees("事项已办结")


def test_the_pages_fit_the_narrow_screen_of_a_desk(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/")
    take_call(screen, "长" * 100, "")
    screen.fits()
    for path in ("/desk/", "/orders/"):
        screen.open(path)
        screen.fits()
