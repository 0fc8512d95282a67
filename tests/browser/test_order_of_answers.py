"""Answers that come in another order than they were asked for: what a desk shows never goes back to what was before,
and a hand-over that stands in two lists of the page is acted on where one stands."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.conftest import Open, People
from tests.browser.screen import Screen, beside
from tests.browser.test_desks import TITLE, happen, press, stand
from tests.journeys import city
from tests.journeys.test_pages_handover import opens, take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PATIENCE = 30.0  # seconds until an answer of the server counts as never coming


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()
    take_call(title=TITLE).press("移交", way="分流 → 市110", list_item="P01")


class Held:
    """The server has answered what is asked at `pattern`; the browser gets each answer when the test says so."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.page, self.pattern = page, pattern
        self.answers: list[tuple[Route, APIResponse]] = []
        page.route(pattern, lambda route: self.answers.append((route, route.fetch())))

    def one(self, many: int = 1) -> None:
        """Wait until the server has answered one (or as many)."""
        end = time.monotonic() + PATIENCE
        while len(self.answers) < many:
            assert time.monotonic() < end, f"asked at {self.pattern}: {len(self.answers)}, not {many}"
            self.page.evaluate("new Promise(requestAnimationFrame)")  # lets in what the browser says

    def give(self, which: int = 0) -> None:
        """Let an answer through, the oldest or another, and wait until the page has worked it in."""
        route, answer = self.answers.pop(which)
        with self.page.expect_event("requestfinished", lambda one: one.url == route.request.url):
            route.fulfill(response=answer)
        self.page.evaluate("new Promise((go) => requestAnimationFrame(() => setTimeout(go)))")


def at_desk(people: People, username: str = "zhao-jingtai") -> Screen:
    screen = people(username)
    screen.expects("404")  # no line here: what it would tell is told by `happen`
    screen.open("/desk/")
    return screen


def test_a_hand_over_in_two_lists_is_acted_on_where_one_stands(people: People) -> None:
    """Signed for, a row stays where it was until its own list is asked again; the list it moved to may be faster."""
    screen = at_desk(people)
    page = screen.page
    waiting = Held(page, "**/desk/parts/waiting/**")
    press(page, TITLE, "waiting", "a")
    expect(page.locator("#part-waiting")).to_contain_text("签收：已完成")
    happen(page, "live-transfers")
    stand(page, TITLE, "taken", "f")
    expect(page.locator("[data-row]", has_text=TITLE)).to_have_count(3)  # both, and the order in the desk's own list
    screen.ids_are_unique()
    page.keyboard.press("f")
    expect(page.locator("#part-taken").get_by_label("办理结果")).to_be_focused()
    expect(page.locator("#part-waiting").get_by_label("办理结果")).to_have_count(0)
    screen.ids_are_unique()
    waiting.one()
    waiting.give()
    expect(page.locator("#part-waiting [data-row]")).to_have_count(0)
    expect(page.locator("#part-taken").get_by_label("办理结果")).to_be_focused()


def test_a_form_that_has_come_is_ready_before_the_next_key(people: People) -> None:
    """Whoever types at once types into the field beside the list of items, and what they send stays in the row."""
    page = at_desk(people).page
    page.evaluate(
        """() => {
          const look = () => {
            const form = document.querySelector('.row__form form');
            const fields = form.querySelectorAll('[aria-label="输入编号或词语查找条目"]');
            return [fields.length, 'htmx-internal-data' in form];
          };
          window.ready = new Promise((go) => {
            document.addEventListener('htmx:afterSwap', () => setTimeout(() => go(look())), { once: true });
          });
        }"""
    )
    press(page, TITLE, "waiting", "r")
    assert page.evaluate("window.ready") == [1, True]


def test_a_list_read_before_an_act_does_not_take_the_act_back(people: People) -> None:
    screen = at_desk(people)
    page = screen.page
    waiting = Held(page, "**/desk/parts/waiting/**")
    happen(page, "live-transfers")
    waiting.one()
    press(page, TITLE, "waiting", "a")
    row = page.locator("#part-waiting [data-row]", has_text=TITLE)
    expect(row).to_contain_text("签收：已完成")
    waiting.give()
    expect(row).to_contain_text("已签收")
    expect(row.locator("[data-row-key=a]")).to_have_count(0)
    expect(row.locator("[data-row-key=f]")).to_be_visible()


def test_a_form_asked_for_before_somebody_else_was_faster_comes_into_the_row_of_now(people: People) -> None:
    screen = at_desk(people)
    page = screen.page
    form = Held(page, "**/row/refuse/")
    press(page, TITLE, "waiting", "r")
    form.one()
    beside(lambda: opens("zhao-jingtai", TITLE).press("退回", code="不属本台职责", basis="属物业管理。"))
    beside(lambda: opens("li-rexian", TITLE).press("提请协商", basis="清单P01明确由公安机关办理。"))
    happen(page, "live-transfers")
    row = page.locator("#part-waiting [data-row]", has_text=TITLE)
    expect(row).to_contain_text("协商中")
    form.give()
    expect(row.get_by_label("退回依据")).to_be_visible()
    expect(row).to_contain_text("协商中")
    expect(row.locator("[data-row-key=a]")).to_have_count(0)


def test_counts_above_the_lists_hear_of_what_happens_while_they_are_asked_for(people: People) -> None:
    screen = at_desk(people)
    page = screen.page
    every = page.locator("#part-tally a", has_text="全部")
    expect(every).to_contain_text("1")
    tally = Held(page, "**/desk/parts/tally/")
    happen(page, "live-transfers")
    tally.one()
    beside(lambda: take_call(title="另一件").press("移交", way="分流 → 市110", list_item="P01"))
    happen(page, "live-transfers")
    every.focus()
    tally.give()
    tally.one()
    tally.give()
    expect(every).to_contain_text("2")
    expect(every).to_be_focused()


def test_an_alarm_asked_for_earlier_does_not_hide_one_heard_of_since(windows: Open) -> None:
    page = windows("zhao-jingtai", "/desk/").page
    alarm = Held(page, "**/transfers/alarm/")
    happen(page, "live-danger")
    alarm.one()
    beside(lambda: take_call(title="有人落水", signal="有人落水"))
    alarm.one(2)
    alarm.give(-1)
    expect(page.locator("#alarm")).to_contain_text("有人落水")
    alarm.give(0)
    expect(page.locator("#alarm")).to_contain_text("有人落水")
    expect(page.locator("#alarm")).to_be_visible()
