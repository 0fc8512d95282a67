"""One web server and one worker for all tests in a row that want them; to start the two takes longer than most tests.

A plugin of all tests. The two are stopped before a test that wants neither, as a worker would take what that test does
for its own work: but not within a file that has had them, whose tests know of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import pytest

from tests.live.servers import Server, web, worker

_running: list[tuple[Server, Path, ExitStack]] = []


@pytest.fixture(scope="session")
def _gone_at_the_end(django_db_setup: None) -> Iterator[None]:
    """Before their database is."""
    yield
    stop()


@pytest.fixture
def server(_gone_at_the_end: None, request: pytest.FixtureRequest) -> Server:
    """The web server, with a worker beside it."""
    if not _running:
        with ExitStack() as stack:
            made = stack.enter_context(web())
            stack.enter_context(worker())
            _running.append((made, request.path, stack.pop_all()))
    made, _, stack = _running.pop()
    _running.append((made, request.path, stack))
    return made


def stop() -> None:
    while _running:
        _running.pop()[2].close()


def _wants(item: pytest.Item) -> bool:
    return "server" in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if _running and not _wants(item) and item.path != _running[0][1]:
        stop()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the files together that begin with such a test."""
    places = [at for at, item in enumerate(items) if item.get_closest_marker("slow") and _by_browser_or_line(item)]
    files = [list(group) for _, group in groupby((items[at] for at in places), key=lambda item: item.path)]
    files.sort(key=lambda file: not _wants(file[0]))
    for at, item in zip(places, (item for file in files for item in file), strict=True):
        items[at] = item


def _by_browser_or_line(item: pytest.Item) -> bool:
    return item.path.parent.name in ("browser", "live")
