"""One PostgreSQL for the test session, and a clock the tests move.

Without DATABASE_URL an embedded server is made in a temporary folder (fsync is off: it forgets on a crash) and
removed at the end; with xdist the workers share it, each with a database of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from pytest_django import Settings

from config import embedded, pgplace
from liandong.kernel.clock import VirtualClock, running_on

pytest_plugins = [
    "tests.flush",
    "tests.cast",
    "tests.nodes",
    "tests.ferries",
    "tests.secured",
    "tests.joint",
    "tests.joined",
    "tests.browser.engine",
    "tests.live.lasting",
]

# How long an example takes is the machine's affair, and no test's.
settings.register_profile("liandong", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("liandong")

PREFIX = "liandong-test-"
SERVER = pytest.StashKey[embedded.Running]()


def pytest_configure(config: pytest.Config) -> None:
    if "DATABASE_URL" in os.environ or config.option.collectonly:
        return
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # the account that runs the server passes through
    server = config.stash[SERVER] = embedded.start(folder, durable=False)
    os.environ["DATABASE_URL"] = server.url
    # pytest-django has read the settings before this file was loaded.
    from django.conf import settings

    from config.settings.database import from_url

    settings.DATABASES["default"].update(from_url(server.url))


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.stop()
        _remove(server.place.state_dir)
        os.environ.pop("DATABASE_URL", None)


def _sweep() -> None:
    """Remove what test runs that were killed have left behind; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", pid).exists() and os.access(folder, os.W_OK):
            _remove(folder)


def _remove(folder: Path) -> None:
    place = pgplace.Place.load(folder)
    if place is not None:
        shutil.rmtree(place.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What a process keeps for a few seconds must not outlive the test whose database it came from."""
    from liandong.identity import queries as identity
    from liandong.intake import queries as intake
    from liandong.routing import queries as routing

    identity.forget()
    intake.forget_rulebook()
    routing.forget_lists()


@pytest.fixture(scope="session", autouse=True)
def _plain_templates(django_test_environment: None) -> None:
    """Django's test client is told of every template and gets a copy of what it was given; no test of ours asks it."""
    from django.template import Template
    from django.test.utils import _TestState

    Template._render = _TestState.saved_data.template_render  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    """Passwords are hashed slowly on purpose; the tests make many and guard none."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """The whole process lives on this clock; it stands at nine on a working Monday until the test moves it."""
    virtual = VirtualClock(datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    with running_on(virtual):
        yield virtual
