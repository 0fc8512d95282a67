"""The keys on every page: a new call from anywhere, what `?` tells, and that a key is never a surprise."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.browser.screen import Screen
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "楼下有人赌博"


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    take_call(title=TITLE).press("移交", way="分流 → 市110", list_item="P01")
    take_call(title="路灯不亮")


def order_page(screen: Screen) -> str:
    screen.open("/orders/")
    return str(screen.page.locator("tr[data-row] .what a", has_text=TITLE).get_attribute("href"))


def press(screen: Screen, key: str) -> None:
    screen.page.keyboard.press(key)


def test_who_may_take_a_call_begins_one_by_f2_from_every_page(people: People) -> None:
    screen = people("li-rexian")
    pages = ["/desk/", "/orders/", "/orders/open/", "/search/", "/drafts/", "/transfers/waiting/", "/account/"]
    for path in [*pages, order_page(screen)]:
        screen.open(path)
        press(screen, "F2")
        expect(screen.page).to_have_url(f"{screen.address}/orders/new/")
        expect(screen.page.get_by_label("来电记录")).to_be_focused()


def test_f2_is_nothing_to_who_may_not_take_a_call(people: People) -> None:
    screen = people("wu-chayue")
    screen.open("/orders/")
    expect(screen.page.locator("[data-key=F2]")).to_have_count(0)
    press(screen, "F2")
    press(screen, "?")
    expect(screen.page.locator("#keys")).to_be_visible()
    expect(screen.page.locator("#keys")).not_to_contain_text("F2")
    expect(screen.page).to_have_url(f"{screen.address}/orders/")


def test_every_function_key_stands_on_what_it_presses(people: People) -> None:
    screen = people("zhao-jingtai")
    for path in ("/desk/", "/orders/new/", order_page(people("li-rexian"))):
        screen.open(path)
        shown = screen.page.locator("[data-key^=F]")
        told = shown.evaluate_all("(all) => all.map((one) => [one.dataset.key, one.querySelector('kbd')?.textContent])")
        assert [key for key, _ in told]
        assert [key for key, kbd in told if kbd != key] == []


def keys_told(screen: Screen) -> dict[str, str]:
    press(screen, "?")
    dialog = screen.page.locator("#keys")
    expect(dialog).to_be_visible()
    screen.no_violations()
    pairs = zip(dialog.locator("dt").all_inner_texts(), dialog.locator("dd").all_inner_texts(), strict=True)
    found: list[tuple[str, str]] = [(key.strip(), what.strip()) for key, what in pairs]
    assert len(dict(found)) == len(found), "a key is told twice"
    press(screen, "Escape")
    expect(dialog).to_be_hidden()
    return dict(found)


def test_a_question_mark_tells_the_keys_of_the_rows_of_a_desk_and_of_a_list(people: People) -> None:
    screen = people("zhao-jingtai")
    screen.open("/desk/")
    told = keys_told(screen)
    assert told["A"] == "所在行：签收"
    assert told["R"] == "所在行：退回"
    assert told["F2"] == "登记一件新的来电"
    assert {"↑ ↓", "Enter", "Ctrl+Enter", "Esc", "?"} <= set(told)

    clerk = people("li-rexian")
    clerk.open("/orders/")
    told = keys_told(clerk)
    assert told["Space"] == "选中所在行，或取消"
    assert told["/"] == "筛选文字"
    assert {"F2", "↑ ↓", "Enter"} <= set(told)
    assert "A" not in told


def test_no_key_fires_behind_a_dialog_or_out_of_a_field(people: People) -> None:
    screen = people("zhao-jingtai")
    page = screen.page
    screen.open("/desk/")
    row = page.locator("#part-waiting [data-row]", has_text=TITLE)
    row.locator(".row__main").focus()
    press(screen, "?")
    for key in ("a", "r", "F2"):
        press(screen, key)
    press(screen, "Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page).to_have_url(f"{screen.address}/desk/")
    expect(row.locator("[data-row-key=a]")).to_be_visible()

    row.locator(".row__main").focus()
    press(screen, "r")
    field = row.get_by_label("退回依据")
    field.focus()
    page.keyboard.type("a r j ? / x")
    expect(field).to_have_value("a r j ? / x")
    expect(page.locator("#keys")).to_be_hidden()


def test_a_key_that_would_lose_what_is_typed_says_so_first(people: People) -> None:
    screen = people("zhao-jingtai")
    page = screen.page
    screen.open("/desk/")
    row = page.locator("#part-waiting [data-row]", has_text=TITLE)
    row.locator(".row__main").focus()
    press(screen, "r")
    field = row.get_by_label("退回依据")
    field.fill("未涉赌资")
    press(screen, "F2")
    screen.sees("本页有尚未提交的内容，离开后不会保存。")
    screen.no_violations()
    expect(field).to_have_value("未涉赌资")
    press(screen, "F2")
    expect(page).to_have_url(f"{screen.address}/orders/new/")


def test_the_list_of_keys_tells_what_is_shown_and_nothing_that_is_hidden(people: People) -> None:
    screen = people("zhao-jingtai")
    screen.open("/orders/new/")
    screen.page.evaluate("document.activeElement.blur()")
    assert keys_told(screen)["F3"] == "位置图"  # nothing is filled in yet
