"""The back button: a list is found as it was left, nothing is done twice, nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import People
from tests.browser.screen import Screen, beside
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLE = "楼下有人赌博"


@pytest.fixture
def filled(transactional_db: None) -> None:
    """Sixty complaints of the hotline, more than a page of the list; one more call is handed over to the police."""
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake import actions
    from liandong.intake.accepting import Incoming

    city.build()
    by = by_person(Person.objects.get(username="li-rexian"))
    for n in range(60):
        text = f"长征街{n + 1}号路灯不亮"
        actions.accept_order(by=by, incoming=Incoming(kind="work", title=text, content=text, nature="complaint"))
    take_call(title=TITLE).press("移交", way="分流 → 市110", list_item="P01")


def posts(page: Page) -> list[str]:
    """What the page posts from now on."""
    seen: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.is_navigation_request():
            seen.append(request.url)

    page.on("request", note)
    return seen


def steps() -> list[str]:
    from liandong.transfer.models import StepRow

    return beside(lambda: list(StepRow.objects.order_by("pk").values_list("verb", flat=True)))


def titles() -> int:
    from liandong.intake.models import Order

    return beside(lambda: Order.objects.filter(kind="work").count())


def order_at_the_police(screen: Screen) -> None:
    screen.open("/desk/")
    screen.page.locator("#part-waiting").get_by_role("link", name=TITLE).click()
    expect(screen.page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()


def test_back_to_a_list_keeps_filter_page_and_row(people: People) -> None:
    screen = people("li-rexian")
    page = screen.page
    screen.open("/orders/?nature=complaint&text=路灯")
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_role("link", name="第一页")).to_be_visible()
    expect(page.locator("tr[data-row]")).to_have_count(10)
    address = page.url
    page.wait_for_load_state()  # painted is not yet able to hear keys
    for _ in range(4):
        page.keyboard.press("j")
    row = page.locator("tr:focus").get_attribute("data-row")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("路灯不亮")
    page.go_back()
    expect(page).to_have_url(address)
    expect(page.locator("#f-nature")).to_have_value("complaint")
    expect(page.get_by_label("词语或编号")).to_have_value("路灯")
    expect(page.locator("tr[data-row]")).to_have_count(10)
    expect(page.locator("tr:focus")).to_have_attribute("data-row", str(row))
    expect(page.locator("tr:focus")).to_be_in_viewport()


def test_back_to_a_desk_keeps_the_row(people: People) -> None:
    screen = people("zhao-jingtai")
    page = screen.page
    order_at_the_police(screen)
    page.go_back()
    expect(page.locator("#part-waiting tr:focus")).to_contain_text(TITLE)


def test_back_after_an_acceptance_shows_what_is_now_and_accepts_nothing_twice(people: People) -> None:
    screen = people("zhao-jingtai")
    page = screen.page
    order_at_the_police(screen)
    posted = posts(page)
    screen.press("签收")
    screen.sees("签收：已完成。")
    page.go_back()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    expect(page.get_by_role("button", name="签收", exact=True)).to_have_count(0)
    expect(page.locator("summary", has_text="反馈办结")).to_be_visible()
    page.go_back()
    expect(page.locator("#part-taken")).to_contain_text(TITLE)
    expect(page.locator("#part-waiting")).not_to_contain_text(TITLE)
    assert len(posted) == 1
    assert steps() == ["offer", "accept"]


def test_back_after_a_refusal_that_was_wrong_first_asks_to_post_nothing_again(people: People) -> None:
    screen = people("zhao-jingtai")
    screen.expects("status of 422")
    page = screen.page
    order_at_the_police(screen)
    posted = posts(page)
    screen.unfold("退回")
    page.get_by_role("button", name="退回", exact=True).click()
    expect(page.locator(".errorlist").first).to_be_visible()
    screen.no_violations()
    # What happens meanwhile is asked for at an address that can be read.
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live-matter', { detail: {} }))")
    page.get_by_label("退回原因").select_option(label="不属本台职责")
    page.get_by_label("退回依据").fill("属物业管理。")
    page.get_by_role("button", name="退回", exact=True).click()
    screen.sees("退回：已完成。")
    for _ in range(2):  # over the page that said what was wrong, to the order before
        page.go_back()
        expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
        expect(page.locator("summary", has_text="退回")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    assert len(posted) == 2
    assert steps() == ["offer", "refuse"]


def test_back_after_a_call_that_was_wrong_first_leads_to_its_order(people: People) -> None:
    screen = people("li-rexian")
    screen.expects("status of 422")
    page = screen.page
    before = titles()
    screen.open("/orders/")
    page.keyboard.press("F2")
    expect(page.get_by_label("来电记录")).to_be_focused()
    page.get_by_label("标题").fill("井盖缺失")
    posted = posts(page)
    page.keyboard.press("Control+Enter")
    screen.sees("还没有受理")
    page.get_by_label("来电记录").fill("和平西街一处井盖缺失。")
    page.keyboard.press("Control+Enter")
    screen.sees("已受理")
    for _ in range(2):
        page.go_back()
        screen.sees("已受理为")
        expect(page.get_by_role("heading", level=1, name="井盖缺失")).to_be_visible()
    assert len(posted) == 2
    assert titles() == before + 1


def test_back_to_a_call_that_was_left_by_a_link_keeps_every_word(people: People) -> None:
    screen = people("li-rexian")
    page = screen.page
    screen.open("/orders/new/")
    page.get_by_label("来电记录").fill("和平西街一处井盖缺失，𠮷祥里路口。")
    page.get_by_label("联系电话").fill("13800138000")
    page.get_by_role("link", name="全部单").click()
    expect(page.get_by_role("heading", level=1, name="全部单")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("来电记录")).to_have_value("和平西街一处井盖缺失，𠮷祥里路口。")
    expect(page.get_by_label("联系电话")).to_have_value("13800138000")


RESTORED = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"


def test_a_page_a_browser_has_kept_is_asked_for_anew_unless_something_is_typed_in_it(people: People) -> None:
    """Chromium keeps none of our pages (they say no-store), so it is told to believe that it did."""
    screen = people("zhao-jingtai")
    page = screen.page
    order_at_the_police(screen)
    screen.unfold("退回")
    field = page.get_by_label("退回依据")
    field.fill("属物业管理。")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate(RESTORED)
    expect(field).to_have_value("属物业管理。")
    field.fill("")
    with page.expect_navigation():
        page.evaluate(RESTORED)
    expect(page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
