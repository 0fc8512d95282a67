"""The desks at work: two windows of two desks, real processes behind them, and nobody reloads a page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, People
from tests.browser.screen import WALL, Screen, beside
from tests.journeys import city
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "楼下有人赌博"


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    take_call().press("移交", way="分流 → 市110", list_item="P01")
    take_call(title="另一件：棋牌室").press("移交", way="分流 → 市110", list_item="P01")


def number_of(title: str) -> str:
    from liandong.transfer.models import Transfer

    return str(beside(lambda: Transfer.objects.get(origin_order__title=title).number))


def state_of(title: str) -> str:
    from liandong.transfer.models import Transfer

    return str(beside(lambda: Transfer.objects.get(origin_order__title=title).state))


def order_of(title: str) -> str:
    from liandong.intake.models import Order

    return str(beside(lambda: Order.objects.get(title=title, kind="work").number))


def stand(page: Page, title: str, part: str, key: str) -> None:
    """Wait until the row is in its part of the home and offers `key`; be on it as the arrow keys bring one there."""
    found = page.locator(f"#part-{part} [data-row]", has_text=title)
    expect(found.locator(f"[data-row-key={key}]")).to_be_visible()
    found.locator(".row__main").focus()


def press(page: Page, title: str, part: str, key: str) -> None:
    stand(page, title, part, key)
    page.keyboard.press(key)


def happen(page: Page, name: str) -> None:
    """What the line would tell, where no line is."""
    page.evaluate("name => document.body.dispatchEvent(new CustomEvent(name, {bubbles: true}))", name)


def test_two_desks_go_the_whole_way_by_keys_alone_and_see_each_other(windows: Open) -> None:
    ours, theirs = windows("li-rexian", "/desk/"), windows("zhao-jingtai", "/desk/")

    # 110 refuses, with an item chosen by typing and its basis.
    press(theirs.page, TITLE, "waiting", "r")
    expect(theirs.page.get_by_label("退回原因")).to_be_focused()
    theirs.page.keyboard.press("ArrowDown")
    theirs.page.keyboard.press("Tab")
    theirs.page.keyboard.type("路灯")
    expect(theirs.page.locator(".row__form [name=list_item]")).to_have_value("H01")
    theirs.page.keyboard.press("Tab")
    theirs.page.keyboard.press("Tab")
    theirs.page.keyboard.type("属物业管理，未涉赌资。")
    theirs.no_violations()
    theirs.page.keyboard.press("Control+Enter")
    expect(theirs.page.locator("#part-waiting")).to_contain_text("退回：已完成")

    # 12345 sees it come back, contests, and both go into the room.
    press(ours.page, TITLE, "decide", "e")
    expect(ours.page.get_by_label("提请协商的依据")).to_be_focused()
    ours.page.keyboard.type("清单P01明确由公安机关办理。")
    ours.page.keyboard.press("Control+Enter")
    expect(ours.page.locator("#part-decide")).to_contain_text("提请协商：已完成")
    ours.page.keyboard.press("x")
    expect(ours.page.get_by_role("heading", level=1)).to_contain_text("协商室")
    press(theirs.page, TITLE, "taken", "x")
    expect(theirs.page.get_by_role("heading", level=1)).to_contain_text("协商室")
    expect(theirs.page.locator("#line")).to_have_text("已连接")
    expect(ours.page.locator("#line")).to_have_text("已连接")
    expect(ours.page.get_by_role("button", name="议定由对方办理")).to_have_count(0)

    # 110 agrees; 12345 sees it and awards; 110 sees that.
    theirs.page.keyboard.press("p")
    theirs.page.get_by_label("本台意见").select_option(label="同意由本台办理")
    theirs.page.get_by_label("理由").last.fill("可先由社区民警核查。")
    theirs.page.locator("#part-do").get_by_role("button", name="协商意见", exact=True).last.press("Enter")
    expect(ours.page.locator("#part-words")).to_contain_text("可先由社区民警核查。")
    expect(ours.page.get_by_role("button", name="议定由对方办理")).to_be_visible()
    ours.no_violations()
    ours.picture("room")
    ours.page.keyboard.press("g")
    expect(ours.page.locator("#part-clock")).to_contain_text("协商已结束：已议定")
    expect(theirs.page.locator("#part-clock")).to_contain_text("协商已结束：已议定")

    # 110 signs, concludes; not solved; concludes again; 12345 confirms. Each waits for what the other did.
    theirs.open("/desk/")
    ours.open("/desk/")
    press(theirs.page, TITLE, "waiting", "a")
    expect(theirs.page.locator("#part-waiting")).to_contain_text("签收：已完成")
    conclude(theirs, "已劝散。")
    press(ours.page, TITLE, "decide", "n")
    expect(ours.page.get_by_label("未解决的原因")).to_be_focused()
    ours.page.keyboard.press("ArrowDown")
    ours.page.keyboard.press("Control+Enter")
    expect(ours.page.locator("#part-decide")).to_contain_text("已完成")
    conclude(theirs, "再次劝散并登记。")
    press(ours.page, TITLE, "decide", "c")
    expect(ours.page.locator("#part-decide")).to_contain_text("确认办结：已完成")
    assert state_of(TITLE) == "confirmed"


def conclude(screen: Screen, text: str) -> None:
    press(screen.page, TITLE, "taken", "f")
    expect(screen.page.get_by_label("办理结果")).to_be_focused()
    screen.page.keyboard.press("ArrowDown")
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.type(text)
    screen.page.keyboard.press("Control+Enter")
    expect(screen.page.locator("#part-taken")).to_contain_text("反馈办结：已完成")


def test_a_colleague_who_is_faster_is_named_in_the_row(windows: Open) -> None:
    first, second = windows("zhao-jingtai", "/desk/"), windows("zhao-jingtai", "/desk/")
    stand(second.page, TITLE, "waiting", "a")  # is on it, so that it does not go away
    press(first.page, TITLE, "waiting", "a")
    gone = second.page.locator(f"#waiting-{number_of(TITLE)}.row--gone")
    expect(gone).to_contain_text("已由 赵警台（市110报警服务台）签收")
    second.page.keyboard.press("a")  # nothing is left to press
    second.page.keyboard.press("j")
    expect(gone).to_have_count(0)
    expect(second.page.locator("#part-waiting [data-row]")).to_have_count(1)
    assert state_of(TITLE) == "accepted"


def test_who_comes_second_gets_a_toast_and_the_row_as_it_is(people: People) -> None:
    first, second = people("zhao-jingtai"), people("zhao-jingtai")
    for screen in (first, second):
        screen.expects("404", "409")  # no line here; the second is refused
        screen.open("/desk/")
    press(first.page, TITLE, "waiting", "a")
    expect(first.page.locator("#part-waiting")).to_contain_text("签收：已完成")
    press(second.page, TITLE, "waiting", "a")
    expect(second.page.locator(".toasts")).to_contain_text("来晚一步：已由 赵警台（市110报警服务台）签收")
    expect(second.page.locator("#part-waiting")).to_contain_text("已由 赵警台（市110报警服务台）签收")
    expect(second.page.locator("#part-waiting").get_by_text("反馈办结")).to_be_visible()


def test_nothing_moves_under_the_pointer_and_what_is_new_waits_in_sight(people: People) -> None:
    screen = people("zhao-jingtai")
    screen.expects("404")
    screen.open("/desk/")
    under = screen.page.locator(f"#waiting-{number_of(TITLE)}")
    under.hover()
    before = under.bounding_box()
    beside(lambda: take_call(title="有人落水", signal="有人落水"))
    happen(screen.page, "live-transfers")
    news = screen.page.locator("#part-waiting [data-news]")
    expect(news).to_have_text("新到 1 件，含险情，点此显示")
    assert under.bounding_box() == before
    expect(screen.page.locator("#desk-says")).to_contain_text("含险情")
    screen.page.mouse.move(1, 1)
    expect(screen.page.locator("#part-waiting [data-row]").first).to_contain_text("有人落水")
    expect(news).to_be_hidden()
    # Below the pointer nothing is pushed: it comes at once.
    screen.page.locator("#part-waiting [data-row]").first.hover()
    beside(lambda: take_call(title="第三件").press("移交", way="分流 → 市110", list_item="P01"))
    happen(screen.page, "live-transfers")
    expect(screen.page.locator("#part-waiting [data-row]").last).to_contain_text("第三件")


def test_a_form_in_a_row_keeps_its_words_while_the_list_goes_on(people: People) -> None:
    screen = people("zhao-jingtai")
    screen.expects("404")
    screen.open("/desk/")
    press(screen.page, TITLE, "waiting", "r")
    screen.page.get_by_label("退回依据").fill("写到一半的依据")
    beside(lambda: take_call(title="刚到的一件").press("移交", way="分流 → 市110", list_item="P01"))
    happen(screen.page, "live-transfers")
    expect(screen.page.locator("#part-waiting")).to_contain_text("刚到的一件")
    expect(screen.page.get_by_label("退回依据")).to_have_value("写到一半的依据")
    expect(screen.page.get_by_label("退回依据")).to_be_focused()
    screen.page.keyboard.press("Escape")
    expect(screen.page.get_by_label("退回依据")).to_have_count(0)
    expect(screen.page.locator(f"#waiting-{number_of(TITLE)} .row__main")).to_be_focused()


def test_the_own_orders_are_brought_in_row_by_row_and_nobody_loses_their_place(people: People) -> None:
    beside(lambda: [take_call("zhao-jingtai", title=f"路灯不亮{n}") for n in range(12)])
    screen = people("zhao-jingtai")
    screen.expects("404")
    screen.open("/desk/")
    page = screen.page
    row = page.locator("#part-work [data-row]", has_text="路灯不亮9")
    row.locator(".row__main").focus()
    row.evaluate("(one) => { one.scrollIntoView(); one.itself = true; }")
    before = page.evaluate("scrollY")
    assert before > 0
    beside(lambda: take_call("zhao-jingtai", title="刚来的一件"))
    happen(page, "live-orders")
    expect(page.locator("#part-work [data-row]", has_text="刚来的一件")).to_be_visible()
    expect(row.locator(".row__main")).to_be_focused()
    assert row.evaluate("(one) => one.itself")
    assert page.evaluate("scrollY") == before
    # What is done with another goes when nobody is on it; the one somebody stands on stays and is said to have gone.
    beside(lambda: opens("zhao-jingtai", "路灯不亮3").press("诉求人撤回"))
    beside(lambda: opens("zhao-jingtai", "路灯不亮9").press("诉求人撤回"))
    happen(page, "live-orders")
    expect(page.locator("#part-work [data-row]", has_text="路灯不亮3")).to_have_count(0)
    expect(row).to_have_class(re.compile("row--gone"))
    expect(row.locator(".row__main")).to_be_focused()
    page.keyboard.press("k")
    expect(row).to_have_count(0)


def test_the_order_page_comes_alive_and_leaves_what_is_typed(windows: Open) -> None:
    ours = windows("li-rexian", f"/orders/{order_of(TITLE)}/")
    theirs = windows("zhao-jingtai", "/desk/")
    ours.page.keyboard.press("s")
    typed = ours.page.locator("details[open] textarea")
    typed.fill("写到一半的补充")
    press(theirs.page, TITLE, "waiting", "a")
    expect(ours.page.locator("#part-story")).to_contain_text("分流：签收")
    expect(ours.page.locator("#part-custody")).to_contain_text("市110报警服务台")
    expect(ours.page.locator("#page-changed")).to_be_visible()
    expect(typed).to_have_value("写到一半的补充")
    typed.press("Tab")
    ours.page.locator("details[open]").get_by_role("button", name="补充说明", exact=True).press("Enter")
    ours.sees("补充说明：已完成。")
    ours.page.get_by_role("button", name="附记", exact=True).click()
    expect(ours.page.locator("#part-story li:visible")).to_have_count(1)


def test_the_custody_bar_tells_why_on_focus(people: People) -> None:
    screen = people("li-rexian")
    screen.expects("404")
    screen.open(f"/orders/{order_of(TITLE)}/")
    screen.page.locator(".custody__part").last.focus()
    expect(screen.page.get_by_role("tooltip")).to_contain_text("市12345热线：受理")


def test_a_caller_in_clear_is_hidden_again(people: People) -> None:
    screen = people("li-rexian")
    screen.expects("404")
    screen.page.clock.install()
    screen.open(f"/orders/{order_of(TITLE)}/")
    screen.unfold("查看完整信息")
    screen.page.get_by_label("查看用途").fill("回访核实")
    screen.page.get_by_label("查看用途").press("Enter")
    expect(screen.page.locator("#caller-clear")).to_contain_text("秒后自动隐藏")
    expect(screen.page.locator("#caller-masked")).to_be_hidden()
    screen.no_violations()
    screen.page.clock.run_for(61_000)
    expect(screen.page.locator("#caller-clear")).to_be_empty()
    expect(screen.page.locator("#caller-masked")).to_be_visible()


def test_homes_and_room_are_right_in_both_colours_at_the_desk_and_on_the_wall(people: People) -> None:
    def talk() -> str:
        from liandong.transfer.models import Transfer

        take_call(title="长" * 100).press("移交", way="待定 → 市110", reason="是否涉赌不明", list_item="P01")
        return str(Transfer.objects.latest("id").number)

    number = beside(talk)
    for who in ("zhao-jingtai", "qian-xiantai", "zhou-lianxi"):
        screen = people(who)
        screen.expects("404")
        for path in ("/desk/", f"/negotiations/{number}/"):
            screen.open(path)
            if who != "qian-xiantai" or path == "/desk/":  # a county's desk has no part in this negotiation
                screen.right_in_both_colours()
    wall = people("li-rexian", size=WALL)
    wall.expects("404")
    for path in ("/desk/", f"/negotiations/{number}/"):
        wall.open(path)
        wall.fits()
        with wall.in_the_dark():
            wall.fits()
