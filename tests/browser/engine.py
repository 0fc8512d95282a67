"""One running browser for all tests in a row that want one; to start one takes longer than most tests. A plugin of all
tests."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import AS_PEOPLE_HAVE, CHINESE, FLAGS, NAMES, found

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Playwright keeps an event loop running in the thread of the tests, where Django refuses to ask the database for the
# sake of coroutines that would wait meanwhile. There are none of ours; processes a test starts are not told of it.
UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"
PATIENCE = 20_000  # milliseconds; on a busy machine what is looked for may take longer than the five of Playwright

_running: list[tuple[Browser, ExitStack]] = []


@pytest.fixture
def engine() -> Browser:
    """Each test opens windows (contexts) of its own in it, and closes them before its rows go."""
    if not _running:
        _running.append(_started())
    return _running[0][0]


def _started() -> tuple[Browser, ExitStack]:
    path = found(AS_PEOPLE_HAVE if os.environ.get("LIANDONG_PICTURES") else NAMES)
    if path is None:
        pytest.skip(f"no browser on this machine (looked for {', '.join(NAMES)}): see tests/browser/chromium.py")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with ExitStack() as stack:
        tools = stack.enter_context(sync_playwright())
        browser = tools.chromium.launch(executable_path=path, args=FLAGS, env={**os.environ, **CHINESE})
        stack.callback(browser.close)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv(UNSAFE, "true")
        return browser, stack.pop_all()


def _end() -> None:
    while _running:
        _running.pop()[1].close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that wants none has a thread to itself, without the loop."""
    if "engine" not in getattr(item, "fixturenames", ()):
        _end()


def pytest_sessionfinish() -> None:
    _end()


def close_windows(browser: Browser) -> None:
    for window in browser.contexts:
        window.close()
