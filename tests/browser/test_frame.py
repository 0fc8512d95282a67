"""The frame in a real browser: keys, focus, colours, clocks, sessions that end, failures, refreshes under the hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.templatetags.static import static
from playwright.sync_api import Route, expect
from pytest_django import Settings

from liandong.console.failures import ADVICE
from liandong.console.tests import test_pages as failing
from liandong.kernel.clockface import face
from tests.browser.conftest import People
from tests.browser.screen import Screen, beside
from tests.journeys import city

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Seconds after a clock of three hours began to run: at the start, around its last third and its end, and long after.
AFTER = (0, 1, 7199, 7200, 10679, 10680, 10799, 10800, 10801, 99999, 10**6)
GONE = "the server responded with a status of 401"
# What htmx says of a part that did not come; here of the suggestions beside the call.
BESIDE = ("Status Error Code 401", "htmx:")


def fill_call(screen: Screen, title: str) -> None:
    screen.open("/orders/new/")
    screen.page.get_by_label("标题").fill(title)
    screen.page.get_by_label("来电记录").fill("每晚都在楼下打牌赌钱，很吵。𠮷")


def orders() -> list[str]:
    from liandong.intake.models import Order

    return beside(lambda: list(Order.objects.values_list("title", flat=True)))


def test_the_first_tab_skips_to_the_content_and_every_stop_is_seen(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/desk/")
    screen.page.keyboard.press("Tab")
    assert screen.focused() == "跳到正文"
    for _ in range(10):
        outline = screen.page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]; })()"
        )
        assert outline[0] == "solid", screen.focused()
        assert float(outline[1].removesuffix("px")) >= 2, screen.focused()
        screen.page.keyboard.press("Tab")
    screen.open("/desk/")
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Enter")
    assert screen.page.evaluate("document.activeElement.id") == "main"


def test_a_question_mark_lists_the_keys_of_the_page_but_not_while_typing(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/styleguide/")
    dialog = screen.page.locator("#keys")
    screen.page.keyboard.press("/")
    expect(screen.page.get_by_label("词语或编号")).to_be_focused()
    screen.page.keyboard.type("?/j")
    expect(screen.page.get_by_label("词语或编号")).to_have_value("?/j")
    expect(dialog).to_be_hidden()
    screen.page.evaluate("document.activeElement.blur()")
    screen.page.keyboard.press("?")
    expect(dialog).to_be_visible()
    for words in ("F2", "登记一件新的来电", "Alt+8", "受理", "Alt+2", "来电人", "到检索框", "打开所在行"):
        expect(dialog.get_by_text(words, exact=True).first).to_be_visible()
    screen.no_violations()
    screen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_key_presses_what_it_stands_on(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/styleguide/")
    expect(screen.page.get_by_role("button", name="受理", exact=True)).to_have_attribute("aria-keyshortcuts", "Alt+8")
    screen.page.keyboard.press("Alt+Digit2")
    expect(screen.page.get_by_role("tabpanel")).to_have_text("来电人的内容")
    screen.page.keyboard.press("ArrowLeft")
    expect(screen.page.get_by_role("tabpanel")).to_have_text("事项的内容")
    screen.page.keyboard.press("Alt+Digit8")
    expect(screen.page).to_have_url(f"{screen.address}/styleguide/?")


def test_rows_are_walked_and_opened_by_keys(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/styleguide/")
    row = screen.page.locator("tr:focus")
    screen.page.keyboard.press("j")
    expect(row).to_have_attribute("data-row", "1")
    screen.page.keyboard.press("j")
    screen.page.keyboard.press("ArrowDown")
    screen.page.keyboard.press("k")
    expect(row).to_have_attribute("data-row", "2")
    screen.page.keyboard.press("End")
    expect(row).to_have_attribute("data-row", "20")
    screen.page.keyboard.press("Enter")
    expect(screen.page).to_have_url(f"{screen.address}/styleguide/#g-tables")


def test_a_custody_segment_tells_why_on_hover_and_on_focus(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/styleguide/")
    segment = screen.page.locator(".custody__part").nth(1)
    hint = screen.page.get_by_role("tooltip")
    segment.focus()
    expect(hint).to_contain_text("市110报警服务台：签收")
    screen.page.keyboard.press("Escape")
    expect(hint).to_have_count(0)
    segment.hover()
    expect(hint).to_contain_text("历时4小时")


def test_the_colours_change_at_once_and_stay_the_persons_own(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/account/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = screen.page.evaluate(ground)
    screen.unfold("李热线")
    screen.press("深色")
    dark = screen.page.evaluate(ground)
    assert dark != light
    screen.page.reload()
    assert screen.page.evaluate(ground) == dark
    screen.username = "wang-shouli"
    screen.sign_in_again()
    screen.page.reload()
    assert screen.page.evaluate(ground) == light


def test_the_browsers_clocks_read_like_the_servers(people: People) -> None:
    screen = people("li-rexian")
    screen.open("/styleguide/")
    due = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    started = due - timedelta(hours=3)
    moments = [
        started + timedelta(seconds=n) for n in (0, 1, 7199, 7200, 10679, 10680, 10799, 10800, 10801, 99999, 10**6)
    ]
    seen = screen.page.evaluate(
        """async ([script, started, due, moments]) => {
          const { face } = await import(script);
          return moments.map((moment) => Object.values(face(started, due, moment)));
        }""",
        [
            static("console/clock.js"),
            started.timestamp() * 1000,
            due.timestamp() * 1000,
            [moment.timestamp() * 1000 for moment in moments],
        ],
    )
    assert seen == [[face(started, due, m).state, face(started, due, m).text] for m in moments]


def test_a_wrong_clock_of_the_pc_does_not_make_the_pages_clocks_lie(people: People) -> None:
    screen = people("li-rexian")
    screen.context.add_init_script("const real = Date.now; Date.now = () => real() + 5 * 3600 * 1000;")
    screen.open("/styleguide/")
    expect(screen.page.locator("time.clock").first).to_have_text("剩 1小时59分")


def test_a_session_that_ends_within_a_form_loses_nothing(people: People) -> None:
    screen = people("li-rexian")
    screen.expects(GONE, "status of 422", *BESIDE)
    fill_call(screen, "楼下有人赌博")
    screen.end_session()
    screen.press("受理")
    dialog = screen.page.get_by_role("dialog")
    expect(dialog).to_contain_text("登录已过期")
    screen.no_violations()
    dialog.get_by_label("密码").fill("wrong")
    dialog.get_by_role("button", name="登录", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("用户名或密码不正确")
    dialog.get_by_label("密码").fill(city.PASSWORD)
    dialog.get_by_role("button", name="登录", exact=True).click()
    screen.sees("已受理")
    screen.sees("很吵。𠮷")
    assert orders() == ["楼下有人赌博"]


def test_who_does_not_sign_in_again_keeps_the_form(people: People) -> None:
    screen = people("li-rexian")
    screen.expects(GONE, *BESIDE)
    fill_call(screen, "楼下有人赌博")
    screen.end_session()
    screen.press("受理")
    screen.press("暂不登录")
    screen.sees("还没有提交。")
    expect(screen.page.get_by_label("标题")).to_have_value("楼下有人赌博")
    assert orders() == []


def test_a_press_too_many_is_not_a_second_order(people: People) -> None:
    screen = people("li-rexian")
    fill_call(screen, "楼下有人赌博")
    screen.page.get_by_role("button", name="受理", exact=True).dblclick()
    screen.sees("已受理")
    assert orders() == ["楼下有人赌博"]


def test_a_line_that_is_cut_within_a_form_loses_nothing(people: People) -> None:
    screen = people("li-rexian")
    screen.expects("ERR_INTERNET_DISCONNECTED", *BESIDE)
    fill_call(screen, "楼下有人赌博")
    screen.context.set_offline(True)
    screen.press("受理")
    screen.sees("网络不通")
    screen.sees("已填写的内容还在页面上。")
    screen.no_violations()
    screen.context.set_offline(False)
    screen.press("受理")
    screen.sees("已受理")


def test_signed_in_again_in_another_window_the_form_still_goes_through(people: People) -> None:
    screen = people("li-rexian")
    screen.expects(GONE, *BESIDE)
    fill_call(screen, "楼下有人赌博")
    other = screen.context.new_page()
    screen.context.clear_cookies(name="sessionid")
    other.goto(f"{screen.address}/sign-in/")
    other.get_by_label("用户名").fill("li-rexian")
    other.get_by_label("密码").fill(city.PASSWORD)
    other.get_by_role("button", name="登录", exact=True).click()
    expect(other.get_by_role("heading", name="待签收")).to_be_visible()
    screen.press("受理")
    screen.sees("已受理")


def part(screen: Screen, body: str) -> None:
    """Put a part on the page that htmx refreshes when the body hears `again`; `body` is what it holds first."""
    screen.page.evaluate(
        """(body) => {
          const part = document.createElement('section');
          const given = { 'hx-get': '/part-x/', 'hx-trigger': 'again from:body', 'hx-swap': 'outerHTML', id: 'part-x' };
          Object.entries(given).forEach(([name, value]) => part.setAttribute(name, value));
          part.innerHTML = body;
          document.querySelector('main').prepend(part);
          htmx.process(part);
        }""",
        body,
    )


AGAIN = "document.body.dispatchEvent(new Event('again'))"
FIELD = '<label for="x">意见</label><input id="x">'


def test_a_refresh_waits_for_who_is_typing(people: People) -> None:
    screen = people("li-rexian")
    screen.page.route("**/part-x/", lambda route: route.fulfill(body='<section id="part-x">新的内容</section>'))
    screen.open("/account/")
    part(screen, FIELD)
    screen.page.get_by_label("意见").fill("不同意")
    screen.page.evaluate(AGAIN)
    screen.sees("有更新，填完后自动刷新")
    expect(screen.page.get_by_label("意见")).to_have_value("不同意")
    screen.page.get_by_label("意见").fill("")
    screen.page.keyboard.press("Tab")
    screen.sees("新的内容")


def test_a_refresh_keeps_the_row_one_stands_on(people: People) -> None:
    def table(*rows: str) -> str:
        lines = "".join(f'<tr data-row="{row}"><td><a href="#">{row}</a></td></tr>' for row in rows)
        return f"<table data-rows><tbody>{lines}</tbody></table>"

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=f'<section id="part-x">{table("new", "a", "b")}</section>')

    screen = people("li-rexian")
    screen.page.route("**/part-x/", answer)
    screen.open("/account/")
    part(screen, table("a", "b"))
    for _ in range(2):
        screen.page.keyboard.press("j")
    screen.page.evaluate(AGAIN)
    expect(screen.page.get_by_text("new")).to_be_visible()
    expect(screen.page.locator("tr:focus")).to_have_attribute("data-row", "b")


def test_a_part_that_cannot_be_had_says_why_and_signing_in_brings_it(people: People, settings: Settings) -> None:
    settings.ROOT_URLCONF = failing.__name__
    screen = people("li-rexian")
    screen.expects("status of 4", "status of 5", "Response Status Error")
    screen.open("/account/")
    for kind in ("403", "409", "503"):
        screen.page.evaluate(f"htmx.ajax('GET', '/failing/{kind}/', '#main')")
        toast = screen.page.locator(".toast--over").last
        expect(toast).to_contain_text(ADVICE[int(kind)].next)
        expect(toast).to_contain_text(ADVICE[int(kind)].kept)
    screen.no_violations()
    screen.end_session()
    screen.page.evaluate("htmx.ajax('GET', '/orders/', '#main')")
    dialog = screen.page.get_by_role("dialog")
    dialog.get_by_label("密码").fill(city.PASSWORD)
    dialog.get_by_role("button", name="登录", exact=True).click()
    expect(screen.page.get_by_role("heading", name="全部单")).to_be_visible()


def test_every_failure_is_a_page_one_can_read_and_leave(people: People, settings: Settings) -> None:
    settings.ROOT_URLCONF = failing.__name__
    screen = people("li-rexian")
    screen.expects("status of 4", "status of 5")
    for kind in ("400", "403", "404", "409", "413", "422", "429", "500", "503"):
        screen.open("/account/")
        screen.open(f"/failing/{kind}/")
        screen.sees(ADVICE[int(kind)].kept)
        screen.right_in_both_colours()
        screen.press("返回上一页")
        expect(screen.page).to_have_url(f"{screen.address}/account/")


def test_the_look_at_a_page_sees_what_is_wrong_with_it(people: People) -> None:
    screen = people("li-rexian")
    screen.expects("Content Security Policy")
    screen.open("/account/")
    screen.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<input><h1 style=\"color:red\">x</h1>')"
    )
    with pytest.raises(AssertionError, match="label"):
        screen.no_violations()
    assert any("style" in said for said in screen.complaints)
