"""Runs as a whole: the same seed gives the same counts, everything ends, real appeals enter once each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from liandong.intake.models import Matter, Order
from liandong.kernel.clock import VirtualClock, running_on
from liandong.transfer.models import StepRow
from simulation.checks import check_all
from simulation.database import DatabaseRefused, check_choice
from simulation.entrance import ByAction
from simulation.habits import read_habits
from simulation.linkage import letters_missing
from simulation.play import play
from simulation.report import counted
from simulation.tests.conftest import a_city, short
from simulation.texts import appeal_texts
from tests.shared import shared

FEW = read_habits(contacts_12345=40, contacts_110=30, contacts_county=10, handed_12345=30)
# So much handed to 12345, which writes of it that it got out of hand.
WILD = {"handed_110": 25.0, "escalates": 1.0}
NOT_COMPARED = ("seconds", "events_per_second", "cpu_seconds")


def figures(**changed: Any) -> dict[str, Any]:
    with a_city():
        plan = short(days=0.25, habits=FEW, rare_edges=False, **changed)
        told = counted(play(plan, ByAction()), None, plan)
    return {name: value for name, value in told.items() if name not in NOT_COMPARED}


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_counts_and_another_seed_others() -> None:
    first = figures(seed=3)
    assert figures(seed=3) == first
    assert figures(seed=4) != first


@pytest.mark.django_db
def test_a_drained_run_walks_every_edge_and_leaves_nothing_open() -> None:
    plan = short(days=0.3, habits=replace(FEW, values={**FEW.values, **WILD}), drain=True)
    with a_city():
        played = play(plan, ByAction())
        assert counted(played, None, plan)["by_gates"]["handling"] > 0
        assert not Matter.objects.filter(state="open").exists()
        assert letters_missing(set(StepRow.objects.values_list("letter", flat=True))) == []
        assert check_all(now=played.ended) == []


@pytest.mark.django_db
def test_real_appeals_enter_once_each_and_end_answered() -> None:
    path = shared("data", "appeals", "answered.csv")
    texts = tuple(appeal_texts(path)[:25])
    with a_city():
        plan = short(days=0.5, habits=FEW, rare_edges=False, texts=texts, each_once=True, drain=True)
        played = play(plan, ByAction())
        orders = Order.objects.exclude(external_id="").filter(kind="work")
        assert sorted(orders.values_list("external_id", flat=True)) == sorted(text.key for text in texts)
        assert set(orders.values_list("state", flat=True)) == {"closed"}
        assert not orders.filter(answer="").exists()
        assert check_all(now=played.ended) == []


def test_a_city_s_own_database_is_never_written_to_silently(settings: Any) -> None:
    settings.TRY_MODE = False
    with pytest.raises(DatabaseRefused):
        check_choice(None, live=False)
    assert check_choice("current", live=False) == "current"
    settings.TRY_MODE = True
    assert check_choice(None, live=False) == "scratch"


def test_a_virtual_clock_is_gone_after_a_run() -> None:
    from liandong.kernel import clock

    before = clock.now()
    with running_on(VirtualClock(before)):
        pass
    assert clock.now() > before
