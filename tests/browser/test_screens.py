"""Two people at two screens hand a call over by clicking, and four pictures of what they see.

The pictures go to docs/images only when LIANDONG_PICTURES=1; otherwise to the test's own folder, to be looked at when
something is wrong.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.journeys import city

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in BROWSERS if (found := shutil.which(name))), None)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--lang=zh-CN",
]
SCREEN: ViewportSize = {"width": 1366, "height": 768}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=f"no browser on this machine (looked for {', '.join(BROWSERS)})"),
]


@pytest.fixture
def _filled(transactional_db: None) -> None:
    city.build()


@pytest.fixture
def browser(_filled: None) -> Iterator[Browser]:
    """Started after the rows are there: inside its event loop this thread could not ask the database."""
    with sync_playwright() as tools:
        launched = tools.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    if os.environ.get("LIANDONG_PICTURES") != "1":
        return tmp_path
    folder = Path(settings.BASE_DIR) / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Screen:
    """One person's browser. What the page complains of (a blocked style, a script error) is kept."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.complaints: list[str] = []
        self.page: Page = browser.new_context(viewport=SCREEN, locale="zh-CN").new_page()
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda said: self.complaints.append(str(said)))
        self.page.goto(f"{address}/sign-in/")

    def sign_in(self, username: str) -> None:
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(city.PASSWORD)
        self.page.get_by_role("button", name="登录", exact=True).click()
        expect(self.page.get_by_role("heading", name="待签收")).to_be_visible()

    def open(self, title: str) -> None:
        self.page.get_by_role("link", name="工作台").click()
        self.page.get_by_role("link", name=title).first.click()
        expect(self.page.get_by_role("heading", level=1, name=title)).to_be_visible()

    def press(self, label: str) -> None:
        self.page.get_by_role("button", name=label, exact=True).locator("visible=true").first.click()

    def unfold(self, label: str) -> None:
        self.page.locator("summary", has_text=label).first.click()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()


def test_two_people_hand_a_call_over_by_clicking(browser: Browser, live_server: LiveServer, pictures: Path) -> None:
    ours, theirs = Screen(browser, live_server.url), Screen(browser, live_server.url)
    ours.page.screenshot(path=pictures / "sign-in.png")
    ours.sign_in("li-rexian")
    theirs.sign_in("zhao-jingtai")

    for title, signal in (("有人落水，正在呼救", "有人落水"), ("小区路灯不亮", ""), ("楼下有人聚众赌博", "")):
        _take_call(ours, title, signal)
    ours.unfold("移交")
    ours.page.get_by_label("移交方式与接收台").select_option(label="分流 → 市110报警服务台")
    ours.page.get_by_label("清单条目").last.select_option(value="P01")
    ours.press("移交")
    ours.sees("移交：已完成。")

    theirs.page.goto(f"{live_server.url}/")
    theirs.page.screenshot(path=pictures / "home-110.png")
    theirs.open("楼下有人聚众赌博")
    theirs.press("签收")
    theirs.sees("签收：已完成。")
    theirs.unfold("反馈办结")
    theirs.page.get_by_label("办理结果").select_option(label="已解决")
    theirs.page.get_by_label("办理情况").fill("民警到场，已劝散并登记。")
    theirs.press("反馈办结")
    theirs.sees("反馈办结：已完成。")

    ours.page.goto(f"{live_server.url}/")
    ours.page.screenshot(path=pictures / "home-12345.png")
    ours.open("楼下有人聚众赌博")
    ours.page.evaluate("scrollTo(0, 0)")
    ours.page.screenshot(path=pictures / "order-page.png")
    ours.press("确认办结")
    ours.sees("事项已办结")
    assert ours.complaints == []
    assert theirs.complaints == []


def _take_call(screen: Screen, title: str, signal: str) -> None:
    screen.page.get_by_role("link", name="受理", exact=True).click()
    screen.page.get_by_label("标题").fill(title)
    screen.page.get_by_label("内容").fill("来电人反映：" + title + "，请尽快处理。")
    screen.page.get_by_label("联系电话").fill("13800138000")
    screen.page.get_by_label("来电人姓名").fill("王小明")
    if signal:
        screen.page.get_by_role("textbox", name="险情").fill(signal)
    screen.press("受理")
    screen.sees("已受理")


def test_the_pages_fit_the_narrow_screen_of_a_desk(browser: Browser, live_server: LiveServer) -> None:
    screen = Screen(browser, live_server.url)
    screen.sign_in("li-rexian")
    _take_call(screen, "长" * 100, "")
    for address in (screen.page.url, f"{live_server.url}/desk/", f"{live_server.url}/orders/"):
        screen.page.goto(address)
        width = screen.page.evaluate("document.documentElement.scrollWidth")
        assert width <= SCREEN["width"], f"{address} is {width} wide"
