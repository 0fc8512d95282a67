"""The worker as a process of its own: it follows facts, survives a lost connection, stops at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction

from config.reactions import REACTIONS
from liandong.audit.actions import record
from liandong.audit.by import clock_of
from liandong.audit.models import Unsealed
from liandong.kernel import clock
from liandong.kernel.models import Fact
from liandong.kernel.outbox import announce
from tests.address import database_url

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = timedelta(seconds=20)
UNFOLLOWED = next(kind for kind, follow in REACTIONS.items() if not follow)


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys; from config.worker import main; sys.exit(main([]))"],
        env={**os.environ, "DATABASE_URL": database_url()},
        cwd=settings.BASE_DIR,
    )
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def until(true: Callable[[], bool]) -> None:
    """Look again and again; fails when it does not come true in good time."""
    end = time.monotonic() + PATIENCE.total_seconds()
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def tell() -> Fact:
    with transaction.atomic():
        return announce(UNFOLLOWED, matter="x")


def handled(fact: Fact) -> bool:
    return Fact.objects.filter(pk=fact.pk, handled_at__isnull=False).exists()


def connections_of_worker() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def test_a_fact_is_followed_soon_and_the_trail_is_sealed(worker: subprocess.Popen[bytes]) -> None:
    first = tell()
    until(lambda: handled(first))
    second, told = tell(), time.monotonic()
    until(lambda: handled(second))
    assert time.monotonic() - told < 5
    with transaction.atomic():
        record("matter.closed", by=clock_of("12345"), subject="x", detail={"outcome": "x"}, at=clock.now())
    until(lambda: not Unsealed.objects.exists())


def test_the_worker_goes_on_after_its_connections_were_cut(worker: subprocess.Popen[bytes]) -> None:
    first = tell()
    until(lambda: handled(first))
    with connection.cursor() as cursor:
        for pid in connections_of_worker():
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    second = tell()
    until(lambda: handled(second))
    assert worker.poll() is None


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_stops_at_once_when_asked(worker: subprocess.Popen[bytes], asked: signal.Signals) -> None:
    first = tell()
    until(lambda: handled(first))
    began = time.monotonic()
    worker.send_signal(asked)
    assert worker.wait(timeout=10) == 0
    assert time.monotonic() - began < 5
