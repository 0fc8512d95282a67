"""`--live`: the try mode's own little city. Calls flow in at a gentle pace and its people act on part of the transfers.

Real time, the running database: the worker beside it follows facts and clocks, so this process only takes calls and
plays people. It watches the transfers by reading them, as a screen does.
"""

from __future__ import annotations

import os
import threading
import time as walltime
from datetime import timedelta
from pathlib import Path
from random import Random

from django.db import Error, connection

from config.worker import stopped_by
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.routing.queries import items_in_force
from liandong.transfer.models import Transfer
from simulation.entrance import ByAction
from simulation.habits import Habits, read_habits
from simulation.linkage import Linkage
from simulation.load import Call
from simulation.office import Office
from simulation.people import read_cast
from simulation.plans import Plans
from simulation.texts import pack_texts, pools

PER_MINUTE = 2.0  # LIANDONG_SAMPLE_CALLS_PER_MINUTE
LOOK = 1.0  # seconds between looks at what is planned
WATCH_EVERY = 5.0  # seconds between looks at the transfers
# A visitor should find transfers to act on: our people leave this share of them to the visitor.
LEFT_TO_VISITORS = 0.4
# What takes a morning in a city should be seen within minutes.
HURRY = 1 / 12
RECENT = timedelta(hours=12)


def feed(pack: Path, *, seed: int, per_minute: float | None) -> int:
    """Take calls and act until SIGTERM or SIGINT. Returns 0."""
    pace = per_minute or float(os.environ.get("LIANDONG_SAMPLE_CALLS_PER_MINUTE", PER_MINUTE))
    stop = threading.Event()
    stopped_by(stop)
    small_city: SmallCity | None = None
    while not stop.wait(LOOK):
        try:
            if small_city is None:
                small_city = SmallCity(pack, Random(f"{seed} {walltime.time_ns()}"), pace)
            small_city.go_on()
        except Error as why:
            print(f"数据库不可用，稍后重试：{str(why).strip()}", flush=True)
            connection.close()
            stop.wait(5)
    connection.close()
    return 0


class SmallCity:
    """Calls, people and their plans; `go_on` is one look at the clock."""

    def __init__(self, pack: Path, rng: Random, per_minute: float) -> None:
        habits = hurried(read_habits())
        self._rng, self._gap = rng, 60 / per_minute
        self._plans = Plans()
        cast = read_cast()
        texts = pools(pack_texts(pack), items_in_force(clock.now()))
        self._office = Office(self._plans, cast, ByAction(), texts, rng, habits)
        self._linkage = Linkage(self._plans, self._office, cast, rng, habits)
        self._next_call = self._next_watch = walltime.monotonic()
        self._left: dict[str, bool] = {}

    def go_on(self) -> None:
        """Do what is due by now: planned acts, a call, a look at the transfers."""
        self._plans.do_due()
        now = walltime.monotonic()
        if now >= self._next_call:
            self._next_call = now + self._rng.expovariate(1 / self._gap)
            self._take_call()
        if now >= self._next_watch:
            self._next_watch = now + WATCH_EVERY
            self._watch()

    def _take_call(self) -> None:
        side = self._rng.choices(("12345", "110", "county"), (5, 5, 1))[0]
        try:
            self._office.take(Call(clock.now(), side, foreign=self._rng.random() < 0.45))
        except LiandongError as why:
            print(f"示例来电未受理：{why.message}", flush=True)

    def _watch(self) -> None:
        moved = Transfer.objects.filter(ended_at__isnull=True, moved_at__gt=clock.now() - RECENT)
        for number in moved.order_by("id").values_list("number", flat=True):
            if number not in self._left:
                self._left[number] = self._rng.random() < LEFT_TO_VISITORS
            if not self._left[number]:
                self._linkage.look_at(number)


def hurried(habits: Habits) -> Habits:
    """The same people in a hurry, except that a call takes as long as it takes and a danger is signed at once."""
    slow = {"minutes_call", "minutes_accept_danger"}
    values = {
        name: value * HURRY if name.startswith("minutes_") and name not in slow else value
        for name, value in habits.values.items()
    }
    return Habits(values)
