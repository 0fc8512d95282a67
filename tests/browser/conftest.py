"""`people("li-rexian")` opens a window in which that person of tests/journeys/city.py is signed in.

`windows("li-rexian", "/desk/")` does so at a web server and a worker that are processes of their own, so that what
happens elsewhere is heard of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.engine import close_windows
from tests.browser.screen import DESK, Screen
from tests.journeys import city
from tests.live.servers import Server


class People(Protocol):
    def __call__(self, username: str = "", *, size: ViewportSize = DESK, dark: bool = False) -> Screen: ...


class Open(Protocol):
    def __call__(self, username: str, path: str) -> Screen: ...


@pytest.fixture
def filled(transactional_db: None) -> None:
    """The rows of the small city; a test that needs more makes them in a fixture of its own that asks for this one."""
    city.build()


@pytest.fixture
def browser(filled: None, engine: Browser) -> Iterator[Browser]:
    yield engine
    close_windows(engine)


@pytest.fixture
def people(browser: Browser, live_server: LiveServer) -> Iterator[People]:
    """Opens windows; at the end none of them may have complained."""
    opened: list[Screen] = []

    def open_window(username: str = "", *, size: ViewportSize = DESK, dark: bool = False) -> Screen:
        opened.append(Screen(browser, live_server.url, username, size=size, dark=dark))
        return opened[-1]

    yield open_window
    assert [said for screen in opened for said in screen.unforeseen()] == []


@pytest.fixture
def windows(browser: Browser, server: Server) -> Iterator[Open]:
    """Opens a page of the real server in a window of a person; at the end none of them may have complained."""
    opened: list[Screen] = []
    server.knows_the_city()

    def open_window(username: str, path: str) -> Screen:
        screen = Screen(browser, server.url, username)
        opened.append(screen)
        screen.open(path)
        expect(screen.page.locator("#line")).to_have_text("已连接")
        return screen

    yield open_window
    assert [said for screen in opened for said in screen.unforeseen()] == []
