"""The loop: a clock that jumps to the next moment at which anything happens, and what happens then.

Three things make moments: what people have planned, the due columns of the house, and facts that wait.
None of them is imitated: due columns and facts go through the kernel's own loops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Min, QuerySet

from config.clocks import CLOCKS
from config.reactions import REACTIONS
from liandong.audit.actions import seal_waiting
from liandong.intake.queries import rulebook
from liandong.kernel.asking import Question
from liandong.kernel.clock import VirtualClock
from liandong.kernel.duework import DueColumn, earliest, run_due
from liandong.kernel.models import Fact, SetAside
from liandong.kernel.outbox import Told, handle_waiting
from simulation.plans import Plans

Watcher = Callable[[Told], None]

# The worker takes a fact within a fifth of a second; a fact that nothing follows and nobody watches may lie longer.
PROMPT = timedelta(milliseconds=200)
AT_LEISURE = timedelta(minutes=5)
SEAL_EVERY = timedelta(hours=1)
FACTS_AT_ONCE = 500


class City(Plans):
    """Plans, time and the loops. `watched` facts are shown to `watcher` after their reactions have run."""

    def __init__(self, clock: VirtualClock, watched: frozenset[str], watcher: Watcher) -> None:
        super().__init__()
        self.clock = clock
        self.ran_out: Counter[str] = Counter()
        self._watcher = watcher
        self._seen: list[Told] = []
        self._reactions = {
            kind: (*follow, self._seen.append) if kind in watched else follow for kind, follow in REACTIONS.items()
        }
        self._columns = [_Column(column) for column in CLOCKS]
        self._facts_at: datetime | None = clock.now()
        self._retry_at: datetime | None = None
        self._seal_at = clock.now() + SEAL_EVERY

    @property
    def events(self) -> int:
        """Acts of people, facts and clocks so far."""
        return self.done

    def touched(self, *, transfers: bool) -> None:
        """Something was written: facts wait, and clocks may have begun to run."""
        wait = PROMPT if transfers else AT_LEISURE
        self._facts_at = min(self._facts_at or self.now + wait, self.now + wait)
        for column in self._columns:
            column.began(self.now, transfers)

    def run(self, until: datetime, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Let everything happen up to and including `until`, or until `stop` says so after an event."""
        while not stop():
            moment = self._next()
            if moment is None or moment > until:
                break
            self.clock.move_to(moment)
            self._happen()
        self.clock.move_to(until if not stop() else self.now)

    def settle(self) -> None:
        """Handle all facts that wait now and seal the trail."""
        self._handle_facts()
        while seal_waiting() is not None:
            pass

    def _next(self) -> datetime | None:
        moments = [self._seal_at, self._facts_at, self._retry_at, *(column.moment for column in self._columns)]
        moments.append(self.next_at)
        return min((moment for moment in moments if moment is not None), default=None)

    def _happen(self) -> None:
        now = self.now
        self.do_due()
        for column in self._columns:
            if column.moment is not None and column.moment <= now:
                self._run_column(column)
        if self._facts_at is not None and self._facts_at <= now:
            self._handle_facts()
        if self._retry_at is not None and self._retry_at <= now:
            self._look_for_retries(again=True)
        if self._seal_at <= now:
            seal_waiting()
            self._seal_at = now + SEAL_EVERY

    def _run_column(self, column: _Column) -> None:
        before = self.done
        column.look()
        while column.is_due(self.now) and (done := run_due(column.due)):
            self.done += done
            self.ran_out[column.due.name] += done
            column.look()
        if self.done > before:
            self.touched(transfers=True)
            self._look_for_retries()

    def _look_for_retries(self, *, again: bool = False) -> None:
        """A row put off is no longer the column's earliest; it comes back at a moment of its own."""
        if again:
            for column in self._columns:
                column.look()
        coming = SetAside.objects.filter(retry_at__gt=self.now)
        self._retry_at = coming.aggregate(first=Min("retry_at"))["first"]

    def _handle_facts(self) -> None:
        while True:
            taken = handle_waiting(self._reactions, limit=FACTS_AT_ONCE)
            self.done += taken
            seen, self._seen[:] = list(self._seen), []
            if taken:
                for column in self._columns:
                    column.began(self.now, bool(seen))
            for told in seen:
                self._watcher(told)
            if not seen and taken < FACTS_AT_ONCE:
                break
        waiting = _next_fact.first()
        self._facts_at = None if waiting is None else waiting.next_try_at


@Question
def _next_fact() -> QuerySet[Fact]:
    waiting = Fact.objects.filter(handled_at__isnull=True, set_aside_at__isnull=True)
    return waiting.only("next_try_at").order_by("next_try_at", "id")[:1]


class _Column:
    """The next due moment of one column, kept between events.

    It is asked for again only when a clock that began since could have become the earliest: no clock of the column
    is shorter than its shortest limit, so nothing can be due before that much time has gone.
    """

    def __init__(self, due: DueColumn) -> None:
        self.due = due
        self._on_transfers = due.model._meta.app_label == "transfer"
        self._shortest = _shortest_limit(due.column)
        self._ask_at: datetime | None = None
        self._earliest = earliest(due)

    @property
    def moment(self) -> datetime | None:
        known = [moment for moment in (self._earliest, self._ask_at) if moment is not None]
        return min(known, default=None)

    def is_due(self, now: datetime) -> bool:
        return self._earliest is not None and self._earliest <= now

    def began(self, now: datetime, transfers: bool) -> None:
        if self._ask_at is None and (transfers or not self._on_transfers):
            self._ask_at = now + self._shortest

    def look(self) -> None:
        self._earliest, self._ask_at = earliest(self.due), None


def _shortest_limit(column: str) -> timedelta:
    """The shortest span after which a clock of this column can run out, by the dated rows. Whole days when worked."""
    names = {column, "rework_by"} if column in ("conclude_by", "answer_by") else {column}
    spans = [
        timedelta(days=int(row.amount)) if row.unit == "working_day" else timedelta(**{f"{row.unit}s": row.amount})
        for row in rulebook().limits
        if row.clock in names
    ]
    return min(spans, default=timedelta())
