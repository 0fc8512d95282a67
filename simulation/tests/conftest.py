"""A small city in the test database, and one short run that several tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from config.citypack import CITIES, load_city
from liandong.identity import queries as identity
from liandong.intake.queries import forget_rulebook
from liandong.kernel.clock import VirtualClock, running_on
from liandong.routing.queries import forget_lists
from simulation.entrance import ByAction
from simulation.habits import read_habits
from simulation.play import Plan, Played, play

START = date(2026, 3, 2)
PACK = "xinzhou"


def forget() -> None:
    identity.forget()
    forget_rulebook()
    forget_lists()


@contextmanager
def a_city() -> Iterator[None]:
    """The city pack in a transaction that is rolled back at the end."""
    with transaction.atomic():
        forget()
        with running_on(VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))):
            load_city(PACK)
        forget()
        yield
        transaction.set_rollback(True)
    forget()


def short(**changed: Any) -> Plan:
    """A few hours of a small city."""
    plan: dict[str, Any] = {
        "start": START,
        "days": 0.25,
        "seed": 8,
        "pack": CITIES / PACK,
        "habits": read_habits(contacts_12345=250, contacts_110=150, contacts_county=60, handed_12345=120),
        **changed,
    }
    return Plan(**plan)


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Played]:
    """One run for all tests of a module; what each of them breaks is undone by its own savepoint."""
    with django_db_blocker.unblock(), a_city():
        yield play(short(), ByAction())
