"""The negotiation room as two people use it: a call is written down, both desks take the matter together, and what
happens when nothing is settled in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.screen import beside
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    take_call().press("移交", way="待定 → 市110", reason="是否涉赌不明", list_item="P01")


def number() -> str:
    from liandong.transfer.models import Transfer

    return str(beside(lambda: Transfer.objects.get().number))


def test_a_call_of_three_is_written_down_and_both_desks_take_the_matter_together(windows: Open) -> None:
    room = f"/negotiations/{number()}/"
    ours, theirs = windows("li-rexian", room), windows("zhao-jingtai", room)
    for screen in (ours, theirs):
        expect(screen.page.locator("#line")).to_have_text("已连接")

    # One voice is no call: what was written stays, and the form says what is missing.
    ours.expects("422")
    ours.page.keyboard.press("b")
    ours.page.locator("#part-do").get_by_label("通话内容").fill("来电人𠮷先生说没有赌资。😀")
    ours.page.locator("#part-do").get_by_role("button", name="通话记录", exact=True).last.press("Enter")
    expect(ours.page.get_by_text("请写明参加通话的至少两方。").first).to_be_visible()
    words = ours.page.get_by_label("通话内容")
    expect(words).to_have_value("来电人𠮷先生说没有赌资。😀")
    ours.no_violations()
    ours.page.get_by_label("来电人在线").check()
    ours.page.locator("[name=ours]").fill("李热线")
    ours.page.locator("[name=theirs]").fill("赵警台")
    words.press("Control+Enter")
    for screen in (ours, theirs):
        expect(screen.page.locator("#part-calls")).to_contain_text("来电人𠮷先生说没有赌资。😀")

    # 110 would do it together; 12345 sees that and settles so; both see the end.
    theirs.page.keyboard.press("p")
    theirs.page.get_by_label("本台意见").select_option(label="同意共同办理")
    theirs.page.get_by_label("理由").last.fill("社区与派出所一起上门。")
    theirs.page.locator("#part-do").get_by_role("button", name="协商意见", exact=True).last.press("Enter")
    expect(ours.page.locator("#part-words")).to_contain_text("社区与派出所一起上门。")
    ours.page.get_by_role("button", name="议定共同办理").press("Enter")
    for screen in (ours, theirs):
        expect(screen.page.locator("#part-clock")).to_contain_text("协商已结束：已议定")


def run_out() -> None:
    """As if the hours of the negotiation had passed since it began."""
    from liandong.transfer.models import Transfer

    hours = timedelta(hours=5)
    moments = {name: F(name) - hours for name in ("moved_at", "due_at", "settle_by")}
    assert beside(lambda: Transfer.objects.filter(state="negotiating").update(**moments)) == 1


def test_who_answers_first_has_the_matter_when_the_time_to_settle_has_run_out_and_nobody_loses_a_word(
    windows: Open,
) -> None:
    room = f"/negotiations/{number()}/"
    ours, theirs = windows("li-rexian", room), windows("zhao-jingtai", room)
    expect(ours.page.locator("#part-clock")).to_contain_text("按首接负责自动收回办理")
    theirs.page.keyboard.press("p")
    words = theirs.page.locator("#part-do").get_by_label("理由")
    words.fill("写到一半：𠮷祥里棋牌室")

    # The worker's clock acts; both see that it is over, and who is typing keeps the words and is told.
    run_out()
    for screen in (ours, theirs):
        expect(screen.page.locator("#part-clock")).to_contain_text("协商已结束：已收回")
    expect(theirs.page.locator("#page-changed")).to_be_visible()
    expect(words).to_have_value("写到一半：𠮷祥里棋牌室")
    theirs.expects("status of 4")
    words.press("Control+Enter")
    told = theirs.page.get_by_role("alert").filter(has_text="没有完成")
    expect(told).to_contain_text("写到一半：𠮷祥里棋牌室")
    theirs.no_violations()

    # The first desk goes on with the matter; nothing waits for either side.
    for step in ("议定由本台办理", "首接负责"):
        expect(ours.page.get_by_role("button", name=step)).to_have_count(0)
    ours.no_violations()
    ours.page.get_by_role("link", name="打开工单继续办理").press("Enter")
    expect(ours.page.locator("#part-story")).to_contain_text("首接负责")
    expect(ours.page.locator("summary", has_text="当场答复")).to_be_visible()
    theirs.open("/desk/")
    expect(theirs.page.locator("[data-row]", has_text="楼下有人赌博")).to_have_count(0)
