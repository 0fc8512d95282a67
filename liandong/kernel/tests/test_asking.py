"""Questions on a real table: they answer what their query set answers."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError

from liandong.kernel.asking import Given, Question
from liandong.kernel.models import Workday


@pytest.fixture
def days(db: None) -> list[Workday]:
    made = [Workday(day=date(2026, 3, day), working=day % 7 != 1, source=f"row {day}") for day in range(1, 9)]
    return Workday.objects.bulk_create(made)


def test_a_question_answers_what_its_query_set_answers_each_time_for_the_values_given(days: list[Workday]) -> None:
    built: list[int] = []

    def build(first: Given, working: Given) -> QuerySet[Workday]:
        built.append(1)
        return Workday.objects.filter(day__gte=first, working=working).order_by("-day")

    question = Question(build)
    for first, working in ((date(2026, 3, 3), True), (date(2026, 3, 1), False), (date(2026, 3, 8), True)):
        asked = question(first=first, working=working)
        wanted = list(Workday.objects.filter(day__gte=first, working=working).order_by("-day"))
        assert asked == wanted
        assert [day.source for day in asked] == [day.source for day in wanted]
    assert built == [1]


def test_columns_left_out_are_read_when_somebody_looks_at_them(days: list[Workday]) -> None:
    found = Question(lambda: Workday.objects.only("working").order_by("day")[:1]).first()
    assert found is not None
    assert found.get_deferred_fields() == {"label", "source"}
    assert found.source == "row 1"


def test_a_question_without_an_answer_is_none(days: list[Workday]) -> None:
    assert Question(lambda day: Workday.objects.filter(day=day)).first(day=date(2027, 1, 1)) is None


@pytest.mark.django_db(transaction=True)
def test_a_question_that_locks_is_refused_outside_a_transaction() -> None:
    question = Question(lambda day: Workday.objects.filter(day=day).select_for_update())
    with pytest.raises(TransactionManagementError):
        question(day=date(2026, 3, 1))
