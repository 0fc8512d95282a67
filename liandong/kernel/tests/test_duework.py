from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db.models import Model

from liandong.kernel.clock import VirtualClock
from liandong.kernel.duework import TRIES_BEFORE_SET_ASIDE, DueColumn, earliest, run_due
from liandong.kernel.models import SetAside
from liandong.kernel.queries import troubles
from liandong.kernel.tests.beside import another_connection
from liandong.kernel.tests.tables import Paper, paper_table

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.external]


@pytest.fixture(autouse=True)
def table(transactional_db: None) -> Iterator[None]:
    with paper_table():
        yield


def paper(clock: VirtualClock, minutes: float, note: str = "") -> Paper:
    return Paper.objects.create(due_at=clock.now() + timedelta(minutes=minutes), note=note)


def settle(row: Model, now: datetime) -> None:
    Paper.objects.filter(pk=row.pk).update(due_at=None)


class Diary:
    """A handler that notes what it was called with, and refuses rows marked as poison."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, row: Model, now: datetime) -> None:
        assert isinstance(row, Paper)
        assert row.due_at is not None
        assert row.due_at <= now
        self.seen.append(row.note)
        if row.note == "poison":
            Paper.objects.filter(pk=row.pk).update(writing="half done")
            raise RuntimeError("cannot be done \x00")
        settle(row, now)


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def due(diary: Diary) -> DueColumn:
    return DueColumn(Paper, "due_at", diary)


def test_the_earliest_due_row_comes_first_and_what_is_not_due_waits(
    clock: VirtualClock, due: DueColumn, diary: Diary
) -> None:
    paper(clock, 5, "later")
    paper(clock, -1, "second")
    paper(clock, -9, "first")
    paper(clock, 0, "just now")
    assert run_due(due) == 3
    assert diary.seen == ["first", "second", "just now"]
    assert run_due(due) == 0
    clock.advance(minutes=5)
    assert run_due(due) == 1
    assert diary.seen[-1] == "later"


def test_the_next_due_moment_is_known_to_who_wants_to_sleep_until_then(clock: VirtualClock, due: DueColumn) -> None:
    assert earliest(due) is None
    paper(clock, 30)
    paper(clock, 10)
    assert earliest(due) == clock.now() + timedelta(minutes=10)


def test_no_more_than_the_limit_is_taken_at_a_time(clock: VirtualClock, due: DueColumn) -> None:
    for _ in range(5):
        paper(clock, -1)
    assert run_due(due, limit=3) == 3
    assert run_due(due, limit=3) == 2


def test_a_row_another_worker_holds_is_skipped_and_nobody_waits(clock: VirtualClock, diary: Diary) -> None:
    paper(clock, -2, "held")
    paper(clock, -1, "free")
    other = Diary()

    def hold(row: Model, now: datetime) -> None:
        if not other.seen:
            another_connection(lambda: run_due(DueColumn(Paper, "due_at", other)))
        diary(row, now)

    run_due(DueColumn(Paper, "due_at", hold), limit=1)
    assert other.seen == ["free"]
    assert diary.seen == ["held"]


def test_a_poisonous_row_is_undone_retried_later_and_each_time(
    clock: VirtualClock, due: DueColumn, diary: Diary
) -> None:
    poison = paper(clock, -9, "poison")
    paper(clock, -1, "behind")
    run_due(due)
    assert diary.seen == ["poison", "behind"]
    poison.refresh_from_db()
    assert poison.writing == "", "what the handler wrote before it failed is undone"
    waits = []
    for _ in range(TRIES_BEFORE_SET_ASIDE - 1):
        assert run_due(due) == 0, "not before its time"
        retry_at = SetAside.objects.get().retry_at
        assert retry_at is not None
        waits.append(retry_at - clock.now())
        clock.move_to(retry_at)
        assert run_due(due) == 1
    assert waits == sorted(waits)
    aside = SetAside.objects.get()
    assert aside.retry_at is None
    assert "cannot be done" in aside.trouble
    assert troubles()["due"] == 1
    clock.advance(days=365)
    assert run_due(due) == 0
    assert earliest(due) is None


def test_old_failures_are_forgotten_once_the_row_has_been_dealt_with(
    clock: VirtualClock, due: DueColumn, diary: Diary
) -> None:
    row = paper(clock, -1, "poison")
    run_due(due)
    assert SetAside.objects.count() == 1
    Paper.objects.filter(pk=row.pk).update(note="cured")
    clock.advance(hours=1)
    assert run_due(due) == 1
    assert not SetAside.objects.exists()


def test_a_row_that_somebody_moved_meanwhile_is_not_acted_on(clock: VirtualClock, due: DueColumn, diary: Diary) -> None:
    row = paper(clock, -1, "moved")
    Paper.objects.filter(pk=row.pk).update(due_at=clock.now() + timedelta(days=1))
    assert run_due(due) == 0
    assert diary.seen == []
