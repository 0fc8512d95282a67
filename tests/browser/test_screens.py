"""Two people at two screens hand a call over by clicking, and the pictures of what they see, in a busy hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import expect

from liandong.transfer.models import Transfer
from tests.browser.conftest import People
from tests.browser.screen import Screen
from tests.journeys import city
from tests.journeys.sheet import Sheet
from tests.journeys.test_pages_handover import opens
from tests.journeys.test_pages_handover import take_call as by_form

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def filled(transactional_db: None) -> None:
    """The small city in a busy hour: what came in, went out and came back, with clocks that have run for a while."""
    city.build()
    for title in ("出租屋里聚众赌博", "棋牌室通宵赌博"):
        call(title=title).press("移交", way="分流 → 市110", list_item="P01", reason="按清单条目移交")
    call(title="网吧里有人赌博").press("移交", way="分流 → 市110", list_item="P01", reason="按清单条目移交")
    opens("zhao-jingtai", "网吧里有人赌博").press("签收")
    call("zhao-jingtai", title="和平街路灯整排不亮").press("移交", way="分流 → 市12345", list_item="H01")
    call("zhao-jingtai", title="路灯杆被撞歪").press("移交", way="分流 → 市12345", list_item="H01")
    opens("li-rexian", "路灯杆被撞歪").press("退回", code="不属本台职责", basis="灯杆压在路中，须先由交警处置。")
    call("qian-xiantai", title="县城路灯三天不亮").press("移交", way="逐级转派", reason="属路灯维护")
    call(title="多人相约讨薪堵门").press("移交", way="涉稳线索 → 市110", reason="微信群里串联")
    for title, minutes in (("出租屋里聚众赌博", 125), ("棋牌室通宵赌博", 108), ("路灯杆被撞歪", 35)):
        began = timedelta(minutes=minutes)
        row = Transfer.objects.filter(origin_order__title=title)
        row.update(moved_at=F("moved_at") - began, due_at=F("due_at") - began)


def call(username: str = "li-rexian", *, title: str) -> Sheet:
    content = f"来电人反映：{title}，请尽快处理。"
    return by_form(username, title=title, content=content, division="忻府", address="忻府区和平街12号")


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
    ours.page.set_viewport_size({"width": 1366, "height": 1040})  # down to the end of the timeline
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
