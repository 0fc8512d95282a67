"""Suggestions at the call-taker's hand: by keyboard alone, never in the way, and a danger that sends itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open, People
from tests.browser.screen import Screen, beside
from tests.browser.test_calls import count, keys, newest, row, value
from tests.journeys import city
from tests.journeys.test_pages_handover import take_call

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LIGHT = "路灯坏了，路灯不亮，街上很黑，请修路灯。"
DANGER = "河里有人落水，正在呼救，快来人"
ANSWER = "**/calls/suggest/"


@pytest.fixture
def filled(transactional_db: None) -> None:
    city.build()


@pytest.fixture
def taker(people: People) -> Screen:
    screen = people("li-rexian")
    screen.open("/orders/new/")
    expect(screen.page.locator("#map .call__area").first).to_be_attached()
    return screen


def suggested(page: Page, words: str) -> None:
    expect(page.locator("#suggest-part .suggested")).to_contain_text(words)


def kept() -> Any:
    return beside(row("routing.Decided"))


def test_one_key_takes_the_suggestion_over_and_it_is_kept_as_accepted(taker: Screen) -> None:
    page = taker.page
    page.keyboard.type(LIGHT)
    suggested(page, "H01 市政：路灯不亮")
    suggested(page, "本台受理")
    taker.picture("calls-suggestion")
    keys(page, "F8")
    expect(page.locator("#suggest-say")).to_contain_text("已采纳：归口")
    assert (value(taker, "side"), value(taker, "list_item")) == ("12345", "H01")
    expect(page.locator("#id_content")).to_be_focused()
    keys(page, "Control+Enter")
    taker.sees("已受理")
    assert (kept().order_id, kept().output["accepted"], kept().item) == (newest().pk, True, "H01")
    assert count("routing.Correction") == 0
    taker.sees("受理时已采纳")
    taker.picture("order-suggestion")


def test_what_a_person_chose_is_not_overwritten(taker: Screen) -> None:
    page = taker.page
    page.keyboard.type(LIGHT)
    suggested(page, "H01")
    keys(page, "Alt+9", "ArrowDown", "ArrowDown")
    assert value(taker, "side") == "110"
    page.locator("input[name=nature]:checked").focus()
    keys(page, "2")
    keys(page, "F8")
    assert value(taker, "list_item") == "H01"
    assert value(taker, "side") == "110"
    assert page.locator("input[name=nature]:checked").input_value() == "complaint"
    keys(page, "Control+Enter")
    taker.sees("已受理")
    made = beside(row("routing.Correction"))
    assert (made.side, made.state) == ("110", "noted")
    assert newest().nature == "complaint"
    assert kept().output["chosen"]["nature"] == "complaint"


def test_what_was_chosen_survives_a_reload_with_the_draft(taker: Screen) -> None:
    page = taker.page
    page.keyboard.type(LIGHT)
    suggested(page, "H01")
    keys(page, "Alt+9", "ArrowDown", "ArrowDown")
    expect(page.locator("#kept")).to_contain_text("草稿已保存")
    page.reload()
    suggested(page, "H01")
    assert (value(taker, "side"), value(taker, "said")) == ("110", "side")
    keys(page, "F8")
    assert value(taker, "side") == "110"


def test_a_late_answer_never_replaces_a_newer_one_and_nothing_waits_for_it(taker: Screen) -> None:
    page, held = taker.page, list[Route]()

    def hold(route: Route) -> None:
        if not held:
            held.append(route)
        else:
            route.continue_()

    page.route(ANSWER, hold)
    with page.expect_request(ANSWER):
        page.keyboard.type("楼下棋牌室有人聚众赌博")
    page.locator("#id_content").fill(LIGHT)
    suggested(page, "H01")
    held[0].fulfill(status=200, body='<p class="suggested">旧的回答</p>')
    page.locator("#id_address").fill("和平小区")
    expect(page.locator("#suggest-part")).not_to_contain_text("旧的回答")
    suggested(page, "H01")


def test_nothing_on_the_page_moves_when_a_suggestion_comes(taker: Screen) -> None:
    page = taker.page
    places = "['#take', '#tab-place', '#danger', '#id_content', '#id_side'].map((one) => {"
    places += "const {x, y} = document.querySelector(one).getBoundingClientRect(); return [x, y]; })"
    before = page.evaluate(places)
    page.keyboard.type(LIGHT)
    suggested(page, "H01")
    assert page.evaluate(places) == before
    page.locator("#id_content").fill(DANGER)
    suggested(page, "疑似险情")
    assert page.evaluate(places) == before


def test_the_keys_stand_on_the_buttons_and_in_the_list_of_keys(taker: Screen) -> None:
    page = taker.page
    page.keyboard.type(LIGHT)
    suggested(page, "H01")
    page.locator("body").click(position={"x": 5, "y": 300})
    keys(page, "?")
    listed = page.locator("#keys .keys")
    for told in ("F8", "采纳全部建议，只填尚未填写的栏目", "Alt+9", "改归口", "Alt+0", "改承办单位"):
        expect(listed).to_contain_text(told)


@pytest.mark.parametrize("note", ["🏮𠮷🚒", "abc"])
def test_what_nobody_can_tell_is_left_to_a_person(taker: Screen, note: str) -> None:
    taker.page.locator("#id_content").fill(note)
    suggested(taker.page, "待人工判断")
    expect(taker.page.locator("[data-accept]")).to_have_count(0)
    keys(taker.page, "F8", "Control+Enter")
    taker.sees("已受理")
    assert kept().unsure is True


def test_ten_thousand_characters_are_suggested_for_and_accepted(taker: Screen) -> None:
    taker.page.locator("#id_content").fill((LIGHT * 600)[:10_000])
    suggested(taker.page, "H01")
    keys(taker.page, "Control+Enter")
    taker.sees("已受理")
    assert len(newest().content) == 10_000


def test_a_danger_sends_itself_with_the_acceptance_and_appears_at_110_by_itself(windows: Open) -> None:
    police = windows("zhao-jingtai", "/desk/")
    taker = windows("li-rexian", "/orders/new/")
    taker.page.keyboard.type(DANGER)
    suggested(taker.page, "疑似险情：受理即自动派警")
    taker.picture("calls-gate")
    keys(taker.page, "Control+Enter")
    taker.sees("系统已自动联动派警")
    expect(police.page.locator(".alarm")).to_contain_text("有人落水")
    expect(police.page.locator(".alarm")).to_contain_text("险情规则")
    assert count("transfer.Transfer") == 1


def test_a_danger_that_nobody_typed_here_appears_at_110_by_itself(windows: Open) -> None:
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake.accepting import Incoming
    from liandong.intake.actions import accept_order

    police = windows("zhao-jingtai", "/desk/")
    by = beside(lambda: by_person(Person.objects.get(username="li-rexian")))
    beside(lambda: accept_order(by=by, incoming=Incoming(kind="work", title="有人落水", content=DANGER)))
    expect(police.page.locator(".alarm")).to_contain_text("有人落水")


def test_one_person_corrects_and_another_confirms_by_keyboard(people: People) -> None:
    beside(lambda: take_call(content=LIGHT, title="路灯不亮"))
    taker = people("li-rexian")
    taker.open(f"/orders/{newest().number}/")
    keys(taker.page, "z")
    taker.page.locator("#correct-side").focus()
    keys(taker.page, "ArrowDown", "ArrowDown")
    taker.page.locator("#correct-why").fill("是施工挖断的电缆")
    taker.page.locator("#a-correct").get_by_role("button", name="改正建议").click()
    taker.sees("改正建议已记录")
    officer = people("he-zhiban")
    officer.open("/diversion/corrections/")
    officer.sees("是施工挖断的电缆")
    officer.picture("corrections")
    officer.no_violations()
    keys(officer.page, "j", "c")
    officer.sees("已确认，今后训练时学习。")
    assert beside(row("routing.Correction")).state == "confirmed"
