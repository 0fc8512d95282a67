"""`make run-pair` as a person has it: both sign-in pages in a browser, a call of 12345 that 110 takes and answers, over
each channel; started twice, and nothing of it left after Ctrl-C. Two whole nodes are much for a `make test`:
LIANDONG_JOURNEYS=all.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from config.pair import CHANNELS, MIDDB
from config.processes import liandong
from config.statedir import BASE_DIR
from config.tests import clusters
from config.tests.test_supervisor import family, new_folder, until
from tests.browser.engine import close_windows
from tests.browser.screen import DESK

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("LIANDONG_JOURNEYS") != "all", reason="two whole nodes: LIANDONG_JOURNEYS=all"),
]

PASSWORD = "liandong-try-2026"
TITLE, ANSWER = "楼下棋牌室整夜有人聚众赌博", "民警到场，已劝散。"
ARRIVES = 30_000  # milliseconds
ENDS = 40.0  # seconds
SIDES = 2


@pytest.fixture
def root() -> Iterator[Path]:
    made = new_folder()
    yield made
    for state in (made / "pair").glob("*/"):
        clusters.removed(state)
    shutil.rmtree(made, ignore_errors=True)


@contextmanager
def pair(channel: str, root: Path) -> Iterator[list[str]]:
    """`liandong pair` until Ctrl-C; gives the two addresses, once both nodes have started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    begun = time.monotonic()
    run = subprocess.Popen(
        liandong("pair", "--channel", channel, "--port", str(port)),
        cwd=BASE_DIR,
        env={**env, "LIANDONG_STATE": str(root)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a terminal gives it one: Ctrl-C reaches all that is left in it
    )
    try:
        told = list(_addresses(run))
        print(f"{channel}: both nodes answered after {time.monotonic() - begun:.1f} s")
        yield told
    finally:
        os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=ENDS)
    assert run.returncode == 0
    assert until(lambda: not family(root)), "processes outlived the command"


def _addresses(run: subprocess.Popen[str]) -> Iterator[str]:
    """Each node says where it is; the first is 12345's, by its name of the machine."""
    assert run.stdout is not None
    found = list[str]()
    for line in run.stdout:
        if "联动系统已启动：" in line:
            found.append(line.split("：", 1)[1].strip())
        if len(found) == SIDES:
            break
    assert len(found) == SIDES, "a node did not start"
    yield from sorted(found)  # 127.0.0.1 before localhost


def signed_in(browser: Browser, address: str, username: str) -> Page:
    window = browser.new_context(viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = window.new_page()
    page.goto(address)
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(PASSWORD)
    page.locator(".door__form button[type=submit]").click()
    expect(page.locator("#line")).to_have_text("已连接", timeout=ARRIVES)
    return page


def picture(page: Page, name: str) -> None:
    """For whoever wants to look: LIANDONG_PAIR_PICTURES names a folder."""
    if folder := os.environ.get("LIANDONG_PAIR_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def offers(page: Page) -> str:
    """12345 takes a call and hands it over; gives the address of its order."""
    page.goto(urljoin(page.url, "/orders/new/"))
    page.locator("#id_content").fill(f"{TITLE}，吵闹扰民。")
    page.locator("#id_title").fill(TITLE)
    page.locator("#id_caller_phone").fill("13800138000")
    page.keyboard.press("F4")
    page.locator("#id_way").select_option("divert:110")
    page.locator("#id_reason").fill("聚众赌博，属公安机关职责。")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已受理").first).to_be_visible(timeout=ARRIVES)
    return page.url


def signs(page: Page) -> None:
    there = page.get_by_role("link", name=TITLE).first
    expect(there).to_be_visible(timeout=ARRIVES)
    picture(page, "2-110-desk")
    there.click()
    page.wait_for_load_state()
    page.locator("form.act", has_text="签收").get_by_role("button", name="签收").first.click()
    expect(page.locator("details.act summary", has_text="反馈办结").first).to_be_visible(timeout=ARRIVES)


def concludes(page: Page) -> None:
    form = page.locator("details.act", has=page.locator("summary", has_text="反馈办结")).first
    form.locator("summary").click()
    form.locator("[name=result]").select_option(label="已解决")
    form.locator("[name=text]").fill(ANSWER)
    form.locator("button[type=submit]").click()
    expect(page.get_by_text("已反馈").first).to_be_visible(timeout=ARRIVES)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_call_of_one_node_is_taken_at_the_other_and_comes_back_answered(
    engine: Browser, channel: str, root: Path
) -> None:
    try:
        with pair(channel, root) as (ours_at, theirs_at):
            ours, theirs = signed_in(engine, ours_at, "rx-paidan"), signed_in(engine, theirs_at, "jj-diaodu")
            order = offers(ours)
            picture(ours, f"{channel}-1-12345-handed-over")
            signs(theirs)
            concludes(theirs)
            picture(theirs, f"{channel}-3-110-concluded")
            expect(ours.get_by_text(ANSWER).first).to_be_visible(timeout=ARRIVES)
            picture(ours, f"{channel}-4-12345-answered")
            ours.get_by_role("button", name="确认办结").first.click()
            expect(ours.get_by_text("事项已办结").first).to_be_visible(timeout=ARRIVES)
            picture(ours, f"{channel}-5-12345-closed")
            expect(theirs.get_by_text("事项已办结").first).to_be_visible(timeout=ARRIVES)
            picture(theirs, f"{channel}-6-110-closed")
        close_windows(engine)
        # The second start goes on with what is there, by another channel as well.
        with pair(channel if channel == MIDDB else MIDDB, root) as (ours_at, theirs_at):
            again = signed_in(engine, ours_at, "rx-paidan")
            again.goto(urljoin(ours_at, urlsplit(order).path))
            expect(again.get_by_text(ANSWER).first).to_be_visible(timeout=ARRIVES)
            offers(again)
            signs(signed_in(engine, theirs_at, "jj-diaodu"))
    finally:
        close_windows(engine)
