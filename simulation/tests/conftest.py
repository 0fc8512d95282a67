"""A small city in the test database, and one short run that several tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

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


@pytest.fixture
def city(db: None) -> Iterator[None]:
    """The city pack in the test's own transaction."""
    forget()
    with running_on(VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))):
        load_city(PACK)
    forget()
    yield
    forget()


def short(seed: int = 7, **changed: object) -> Plan:
    """A few hours of a quiet city, then on until all is closed."""
    plan: dict[str, object] = {
        "start": START,
        "days": 0.2,
        "seed": seed,
        "pack": CITIES / PACK,
        "habits": read_habits(contacts_12345=160, contacts_110=200, contacts_county=12, handed_110=20),
        **changed,
    }
    return Plan(**plan)  # type: ignore[arg-type]  # the tests name fields of Plan


@pytest.fixture
def played(city: None) -> Played:
    return play(short(), ByAction())
