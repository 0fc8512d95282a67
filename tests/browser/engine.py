"""One running browser for all tests of a file; to start one takes longer than most tests. A plugin of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import AS_PEOPLE_HAVE, CHINESE, FLAGS, NAMES, found

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Playwright keeps an event loop running in the thread of the tests, where Django refuses to ask the database for the
# sake of coroutines that would wait meanwhile. There are none of ours; processes a test starts are not told of it.
UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"


@pytest.fixture(scope="module")
def engine() -> Iterator[Browser]:
    """Each test opens windows (contexts) of its own in it, and closes them before its rows go."""
    path = found(AS_PEOPLE_HAVE if os.environ.get("LIANDONG_PICTURES") else NAMES)
    if path is None:
        pytest.skip(f"no browser on this machine (looked for {', '.join(NAMES)}): see tests/browser/chromium.py")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tools, pytest.MonkeyPatch.context() as patch:
        browser = tools.chromium.launch(executable_path=path, args=FLAGS, env={**os.environ, **CHINESE})
        patch.setenv(UNSAFE, "true")
        yield browser
        browser.close()


def close_windows(browser: Browser) -> None:
    for window in browser.contexts:
        window.close()
