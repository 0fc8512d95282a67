"""One run from its first call to its end: the days, the rare edges, and the time until every matter is closed."""

from __future__ import annotations

import time as walltime
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from math import ceil
from pathlib import Path
from random import Random

from liandong.identity import queries as identity
from liandong.intake import facts as intake
from liandong.intake.models import Matter
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.outbox import Told
from liandong.routing.queries import items_in_force
from liandong.transfer.models import StepRow
from simulation.city import City
from simulation.entrance import Entrance
from simulation.habits import Habits, read_hours
from simulation.linkage import ROUTE_GAP, WATCHED, Linkage, letters_missing
from simulation.load import calls_of_day, draw_storm
from simulation.office import Office
from simulation.people import Cast, read_cast
from simulation.texts import Said, Text, pack_texts, pools, saying

# From this share of a run on, edges nobody has walked yet are walked by people on purpose.
RARE_FROM = 0.8
# How long a run goes on without calls until every matter is closed; what is open then is reported.
DRAIN_LIMIT = timedelta(days=120)
DRAIN_LOOK = timedelta(hours=6)


@dataclass(frozen=True)
class Plan:
    """What is asked of a run. `share` of a day for the last day (tests); `texts`: real appeals for 12345."""

    start: date
    days: float
    seed: int
    pack: Path
    habits: Habits
    storm: bool = False
    texts: tuple[Text, ...] = ()
    each_once: bool = False
    drain: bool = False
    rare_edges: bool = True


@dataclass
class Played:
    """What came of a run, as far as the database does not say it."""

    seconds: float
    cpu_seconds: float
    events: int
    simulated_days: float
    ended: datetime
    ran_out: dict[str, int] = field(default_factory=dict)
    told_no: dict[str, int] = field(default_factory=dict)


def play(plan: Plan, entrance: Entrance) -> Played:
    """Run it in the current database. Raises CastMissing, NoListInForce, TextsUnfit."""
    start = datetime.combine(plan.start, time(), tzinfo=CITY_ZONE)
    clock = VirtualClock(start)
    began, used = walltime.monotonic(), walltime.process_time()
    with running_on(clock), _tables_kept():
        run = _Run(plan, clock, entrance)
        run.through_the_days()
        if plan.drain:
            run.until_all_is_closed()
        run.city.settle()
    seconds = walltime.monotonic() - began
    return Played(
        seconds=seconds,
        cpu_seconds=walltime.process_time() - used,
        events=run.city.events,
        simulated_days=(clock.now() - start) / timedelta(days=1),
        ended=clock.now(),
        ran_out=dict(run.city.ran_out),
        told_no=dict(run.city.told_no),
    )


@contextmanager
def _tables_kept() -> Iterator[None]:
    """Desks and posts are kept for seconds of the clock; where hours pass in seconds they would be read each time."""
    kept, identity.KEPT_FOR = identity.KEPT_FOR, timedelta(days=1)
    try:
        yield
    finally:
        identity.KEPT_FOR = kept


class _Run:
    def __init__(self, plan: Plan, clock: VirtualClock, entrance: Entrance) -> None:
        self.plan = plan
        self.start = clock.now()
        self.end = self.start + timedelta(days=plan.days)
        self.rng = Random(plan.seed)
        items = items_in_force(clock.now())
        texts = [*pack_texts(plan.pack)]
        rows: list[Said] | None = None
        if plan.texts:
            said = [saying(text, items) for text in plan.texts]
            # Texts that enter once each are not drawn from besides: other calls to 12345 keep to the pack's notes.
            if plan.each_once:
                rows = said
            else:
                texts = [text for text in texts if text.side != "12345"] + list(plan.texts)
        cast: Cast = read_cast()
        self.city = City(clock, WATCHED | {intake.ORDER_OVERDUE}, self._saw)
        habits = self._habits(len(rows) if rows else 0)
        self.habits = habits
        self.office = Office(self.city, cast, entrance, pools(texts, items), self.rng, habits, rows)
        self.linkage = Linkage(self.city, self.office, cast, self.rng, habits)
        self.hours = read_hours()

    def _habits(self, rows: int) -> Habits:
        """With texts that enter once each, the calls to 12345 are as many as the texts and spread over the days."""
        if not rows:
            return self.plan.habits
        a_day = ceil(rows / max(self.plan.days, 1) * (1 + 2 * self.plan.habits["contacts_spread"]))
        return Habits({**self.plan.habits.values, "contacts_12345": a_day})

    def _saw(self, told: Told) -> None:
        if told.kind == intake.ORDER_OVERDUE:
            self.office.overdue(told.payload["order"])
        else:
            self.linkage.saw(told)

    def through_the_days(self) -> None:
        rare_at = self.start + (self.end - self.start) * RARE_FROM
        if self.plan.rare_edges:
            self.city.at(rare_at, self._walk_the_rare)
        for number in range(ceil(self.plan.days)):
            day = self.plan.start + timedelta(days=number)
            share = min(1.0, self.plan.days - number)
            storm = draw_storm(self.rng, self.habits, sure=self.plan.storm and number == 0)
            for call in calls_of_day(day, self.rng, self.habits, self.hours, share=share, storm=storm):
                self.city.at(call.at, partial(self.office.take, call))
            self.city.run(min(self.start + timedelta(days=number + 1), self.end))
        self._late_texts()

    def _walk_the_rare(self) -> None:
        walked = set(StepRow.objects.order_by().values_list("letter", flat=True).distinct())
        for place, letter in enumerate(letters_missing(walked)):
            self.city.after(ROUTE_GAP * place, partial(self._begin_route, letter))

    def _begin_route(self, letter: str) -> None:
        self.linkage.walk(self.office.ordinary(), letter)

    def _late_texts(self) -> None:
        """Texts that must enter and found no call of the days: the last evening's desk takes them down one by one."""
        late = self.office.rows_left
        for place in range(late):
            self.city.after(timedelta(seconds=20 * place), self.office.take_row)
        if late:
            self.city.run(self.city.now + timedelta(seconds=20 * late))

    def until_all_is_closed(self) -> None:
        last = self.city.now + DRAIN_LIMIT
        while self.city.now < last and Matter.objects.filter(state="open").exists():
            self.city.run(min(self.city.now + DRAIN_LOOK, last))
