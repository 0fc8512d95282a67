"""What really arrives while somebody reads a list: it is told in a line, and the list moves when they say so."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.screen import Screen
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call
from tests.live.servers import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "楼下有人赌博"
TOLD = "有 1 条新单，点击显示"
TOKENS: list[str] = []


@pytest.fixture
def filled(transactional_db: None) -> None:
    """Forty orders at either desk, more than a window shows; one matter on its way from the hotline to the police."""
    from liandong.identity import actions as identity
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake import actions
    from liandong.intake.accepting import Incoming

    city.build()
    for username, kind in (("li-rexian", "work"), ("zhao-jingtai", "police")):
        by = by_person(Person.objects.get(username=username))
        for n in range(40):
            text = f"长征街{n + 1}号有人争吵"
            actions.accept_order(by=by, incoming=Incoming(kind=kind, title=text, content=text))
    take_call(title=TITLE).press("移交", way="分流 → 市110", list_item="P01")
    keeper = by_person(Person.objects.get(username="chen-guanli"))
    rights = ["order.accept", "order.read"]
    TOKENS[:] = [identity.issue_token(by=keeper, name="热线业务系统", desk="12345", days=30, rights=rights)]


def reading(screen: Screen) -> tuple[Page, list[str], dict[str, float]]:
    """Somebody stands on a row in the middle of the list: the page, its rows, and where on the screen that row is."""
    page = screen.page
    for _ in range(12):
        page.keyboard.press("j")
    return page, listed(page), place(page)


def listed(page: Page) -> list[str]:
    rows = page.locator("tr[data-row]")
    return list(rows.evaluate_all("(all) => all.map((one) => one.dataset.row)"))


def place(page: Page, row: str = "tr:focus") -> dict[str, float]:
    """Where a row is on the screen, and how wide."""
    found: dict[str, float] = page.locator(row).first.evaluate("(one) => one.getBoundingClientRect().toJSON()")
    return found


def test_an_order_that_comes_by_the_api_is_told_and_shown_when_asked_for(windows: Open, server: Server) -> None:
    screen = windows("li-rexian", "/orders/")
    page, before, top = reading(screen)
    order = {"kind": "work", "nature": "help", "title": "刚刚停水的一件", "content": "和平小区3号楼停水。"}
    headers = {"Authorization": f"Bearer {TOKENS[0]}"}
    assert httpx.post(f"{server.url}/api/v1/orders", json=order, headers=headers, timeout=30).status_code == 201
    expect(page.get_by_text(TOLD)).to_be_attached()
    assert listed(page) == before
    assert place(page) == top
    screen.no_violations()
    page.get_by_text(TOLD).click()
    expect(page.locator("tr[data-row]").first).to_contain_text("刚刚停水的一件")
    assert listed(page)[1:] == before[: len(listed(page)) - 1]
    expect(page.get_by_text("条新单")).to_have_count(0)


def test_an_order_that_comes_from_the_other_desk_is_told_at_the_top_of_the_list_too(windows: Open) -> None:
    screen = windows("zhao-jingtai", "/orders/")
    page, before = screen.page, listed(screen.page)
    first = page.locator("tr[data-row]").first
    top = place(page, "tr[data-row]")
    colleague = windows("zhao-jingtai", "/desk/")
    colleague.page.locator("#part-waiting [data-row]", has_text=TITLE).locator(".row__main").focus()
    colleague.page.keyboard.press("a")
    screen.sees(TOLD)
    assert listed(page) == before
    assert place(page, "tr[data-row]") == top
    page.get_by_text(TOLD).click()
    expect(first).to_contain_text(TITLE)


def test_what_does_not_fit_the_filter_is_not_told(windows: Open) -> None:
    """The list of closed orders is asked at the same event as the whole one, and says nothing."""
    narrowed, whole = windows("zhao-jingtai", "/orders/?state=closed"), windows("zhao-jingtai", "/orders/")
    colleague = windows("zhao-jingtai", "/desk/")
    colleague.page.locator("#part-waiting [data-row]", has_text=TITLE).locator(".row__main").focus()
    with narrowed.page.expect_response(lambda answer: "/fresh/" in answer.url):
        colleague.page.keyboard.press("a")
    whole.sees(TOLD)
    expect(narrowed.page.get_by_text("条新单")).to_have_count(0)
