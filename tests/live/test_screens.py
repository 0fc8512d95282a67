"""What people see of it: the alarm on another desk's screen, who acknowledged it, and a line that is cut and heals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import Browser, Locator, Page, expect

from liandong.identity.models import Person
from liandong.kernel.live import Message
from liandong.kernel.telling import write
from tests.browser.engine import close_windows
from tests.browser.screen import AXE
from tests.journeys import city
from tests.live.servers import Server, session_of, web

TITLE = "有人落水，正在呼救🌊"
HEALED = 30_000  # milliseconds in which a line has to be back after its server is

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


SESSIONS: dict[str, str] = {}


@pytest.fixture(autouse=True)
def _filled(server: Server, transactional_db: None) -> None:
    city.build()
    colleague = Person.objects.get(username="zhao-jingtai")
    colleague.pk, colleague.username, colleague.name = None, "ma-jingtai", "马警台"
    colleague.save(force_insert=True)
    for username in ("li-rexian", "zhao-jingtai", "ma-jingtai"):
        SESSIONS[username] = session_of(username)
    # Ids go on from the tests before; an empty table would make the first of them look like one after a gap.
    with transaction.atomic():
        write([Message(kind="test", topics=())])
    server.knows_the_city()


@pytest.fixture
def browser(_filled: None, engine: Browser) -> Iterator[Browser]:
    yield engine
    close_windows(engine)


def screen(browser: Browser, server: Server, username: str) -> Page:
    """Somebody's browser, at the desk, its line open."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": SESSIONS[username], "url": server.url}])
    page = context.new_page()
    page.goto(f"{server.url}/desk/")
    expect(page.locator("#line")).to_have_text("已连接")
    return page


def signal_danger(page: Page, server: Server, title: str = TITLE) -> None:
    page.goto(f"{server.url}/orders/new/")
    for name, text in (("title", title), ("content", "桥下有人落水，请尽快处理。"), ("address", "云中河大桥下")):
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=signal]").fill("有人落水")
    page.locator("#take").click()
    expect(page).not_to_have_url(re.compile("/orders/new/"))


def alarm(page: Page) -> Locator:
    return page.locator("#alarm")


def test_a_danger_alarms_the_other_desk_until_one_of_them_says_that_they_know(browser: Browser, server: Server) -> None:
    hotline = screen(browser, server, "li-rexian")
    zhao, ma = screen(browser, server, "zhao-jingtai"), screen(browser, server, "ma-jingtai")
    signal_danger(hotline, server)
    for page in (zhao, ma):
        expect(alarm(page)).to_contain_text(TITLE)
        expect(alarm(page)).to_contain_text("云中河大桥下")
        expect(page).to_have_title(re.compile("^【险情】"))
    expect(alarm(hotline)).to_be_hidden()

    ma.get_by_role("link", name="全部单").click()
    expect(alarm(ma)).to_contain_text(TITLE)  # on every page, from its first moment

    zhao.keyboard.press("F8")
    expect(alarm(zhao)).to_contain_text(re.compile("赵警台已于.*知悉该险情，尚待签收处置"))
    for page in (zhao, ma):
        expect(page.locator("[data-alarm]")).to_have_count(0)
        expect(page).not_to_have_title(re.compile("险情"))
    expect(alarm(ma)).to_be_hidden()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_line_and_alarm_can_be_used_by_everybody(
    browser: Browser, server: Server, colours: Literal["light", "dark"]
) -> None:
    """axe finds nothing, also while the browser keeps the sound from us."""
    signal_danger(screen(browser, server, "li-rexian"), server, "长" * 100)
    zhao = screen(browser, server, "zhao-jingtai")
    zhao.emulate_media(color_scheme=colours)
    expect(zhao.locator("#sound")).to_be_visible()
    expect(zhao.locator("[data-alarm]")).to_be_visible()
    zhao.evaluate(AXE.read_text(encoding="utf-8"))
    assert zhao.evaluate("async () => (await axe.run()).violations.map((one) => [one.id, one.help])") == []
    assert zhao.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_presses_second_is_told_who_was_first(browser: Browser, server: Server) -> None:
    hotline = screen(browser, server, "li-rexian")
    zhao, ma = screen(browser, server, "zhao-jingtai"), screen(browser, server, "ma-jingtai")
    signal_danger(hotline, server)
    expect(alarm(ma)).to_contain_text(TITLE)
    # The bar of the second does not learn of the first press in time.
    ma.route("**/transfers/alarm/", lambda route: route.abort())
    zhao.get_by_role("button", name="知道了").click()
    expect(alarm(zhao)).to_contain_text("赵警台已于")
    ma.get_by_role("button", name="知道了").click()
    expect(alarm(ma)).to_contain_text("赵警台已于")


def test_the_alarm_leads_to_the_order_and_signing_for_it_ends_it(browser: Browser, server: Server) -> None:
    hotline, zhao = screen(browser, server, "li-rexian"), screen(browser, server, "zhao-jingtai")
    signal_danger(hotline, server)
    alarm(zhao).get_by_role("link", name=TITLE).click()
    expect(zhao.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    zhao.get_by_role("button", name="签收", exact=True).click()
    expect(alarm(zhao)).to_be_hidden()


def test_a_browser_that_lets_nothing_sound_says_so_and_offers_it(browser: Browser, server: Server) -> None:
    page = screen(browser, server, "zhao-jingtai")
    expect(page.locator("#sound")).to_contain_text("险情时不会响")
    page.get_by_role("button", name="开启提示音").click()
    expect(page.locator("#sound")).to_be_hidden()


def test_a_line_that_is_cut_is_said_and_heals_with_nothing_missed(browser: Browser, server: Server) -> None:
    with web() as cut:
        _cut_and_heal(browser, cut, other=server)


def _cut_and_heal(browser: Browser, server: Server, other: Server) -> None:
    zhao = screen(browser, server, "zhao-jingtai")
    heard = "() => document.body.addEventListener('live-transfers', (e) => (globalThis.heard ??= []).push(e.detail))"
    zhao.evaluate(heard)
    hotline = screen(browser, other, "li-rexian")
    server.stop()
    expect(zhao.locator("#line")).to_have_text("正在重连…")
    signal_danger(hotline, other)
    expect(hotline.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    server.start()
    expect(alarm(zhao)).to_contain_text(TITLE, timeout=HEALED)
    expect(zhao.locator("#line")).to_have_text(re.compile("已恢复|已连接"))
    told = zhao.evaluate("globalThis.heard")
    assert [one["kind"] for one in told] == ["transfer.offer"]
    assert told[0]["danger"]


def test_all_windows_of_a_browser_share_one_line(browser: Browser, server: Server) -> None:
    first = screen(browser, server, "zhao-jingtai")
    # A browser keeps six connections to a server: seven lines would leave none for the pages.
    others = [first.context.new_page() for _ in range(7)]
    for page in others:
        page.goto(f"{server.url}/desk/")
        expect(page.locator("#line")).to_have_text("已连接")
    signal_danger(screen(browser, server, "li-rexian"), server)
    for page in (first, *others):
        expect(alarm(page)).to_contain_text(TITLE)


# Every window hears of each tone of every other: `heard` are the names of the windows that sounded.
COUNTED = """
  globalThis.own = crypto.randomUUID();
  globalThis.heard = [];
  const tones = new BroadcastChannel('tones');
  tones.onmessage = ({ data }) => heard.push(data);
  const start = AudioScheduledSourceNode.prototype.start;
  AudioScheduledSourceNode.prototype.start = function (...given) {
    heard.push(own);
    tones.postMessage(own);
    return start.apply(this, given);
  };
"""
# How many windows sound and how many wait for their turn to.
TURNS = "navigator.locks.query().then(({ held, pending }) => `${held.length} ${pending.length}`)"
LINELESS = """
  delete globalThis.SharedWorker;
  globalThis.EventSource = class extends EventTarget { close() {} };
"""


def test_of_several_windows_of_a_browser_one_sounds_all_show_it_and_one_press_silences_all(
    browser: Browser, server: Server
) -> None:
    hotline = screen(browser, server, "li-rexian")
    bare = screen(browser, server, "zhao-jingtai")
    bare.context.add_init_script(COUNTED)
    windows = [bare.context.new_page() for _ in range(3)]
    bare.close()
    for page in windows:
        page.goto(f"{server.url}/desk/")
        expect(page.locator("#line")).to_have_text("已连接")
        page.get_by_role("heading", level=1).click()  # a browser lets a page sound only after that
    signal_danger(hotline, server)
    for page in windows:
        expect(alarm(page)).to_contain_text(TITLE)
        expect(page).to_have_title(re.compile("^【险情】"))

    page = windows[0]
    page.wait_for_function(f"() => {TURNS}.then((now) => now === '1 2')")
    page.wait_for_function("() => heard.length >= 6")
    (loud,) = set(page.evaluate("heard"))
    sounding = next(page for page in windows if page.evaluate("own") == loud)
    page, other = [page for page in windows if page is not sounding]
    sounding.close()
    page.wait_for_function("(loud) => heard.some((one) => one !== loud)", arg=loud)

    other.get_by_role("button", name="知道了").click()
    for one in (page, other):
        expect(one.locator("[data-alarm]")).to_have_count(0)
        expect(one).not_to_have_title(re.compile("险情"))
    assert page.evaluate(TURNS) == "0 0"


def test_an_acknowledgement_silences_the_other_windows_also_while_the_line_is_cut(
    browser: Browser, server: Server
) -> None:
    hotline, zhao = screen(browser, server, "li-rexian"), screen(browser, server, "zhao-jingtai")
    signal_danger(hotline, server)
    other = zhao.context.new_page()
    other.add_init_script(
        "delete globalThis.SharedWorker; globalThis.EventSource = class extends EventTarget { close() {} };"
    )
    other.goto(f"{server.url}/orders/")
    for page in (zhao, other):
        expect(page.locator("[data-alarm]")).to_have_count(1)
    zhao.get_by_role("button", name="知道了").click()
    for page in (zhao, other):
        expect(page.locator("[data-alarm]")).to_have_count(0)


def test_who_signs_out_in_another_window_is_told_on_this_one(browser: Browser, server: Server) -> None:
    page = screen(browser, server, "zhao-jingtai")
    other = page.context.new_page()
    other.goto(f"{server.url}/desk/")
    other.locator("summary", has_text="赵警台").click()
    other.get_by_role("button", name="退出").click()
    expect(page.locator("#line")).to_have_text("登录已失效，请重新登录。")
