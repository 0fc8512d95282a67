"""The dated rows the trade runs on, as one snapshot: which limit, parameter or code holds at a moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from liandong.intake.errors import ParameterMissing
from liandong.intake.limits import Limit, pick
from liandong.kernel.ids import local_day
from liandong.kernel.workdays import WorkCalendar

if TYPE_CHECKING:
    from liandong.intake.models import Code, Parameter


@dataclass(frozen=True)
class Rulebook:
    """A snapshot of the dated rows the trade runs on: a few hundred, read together, kept for five seconds."""

    limits: tuple[Limit, ...]
    parameters: tuple[Parameter, ...]
    codes: tuple[Code, ...]
    calendar: WorkCalendar
    # What other nodes call their codes; asked only for a code that was never one of ours.
    foreign: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def parameter(self, name: str, at: datetime) -> float:
        """The value in force at `at`. Raises ParameterMissing."""
        day = local_day(at)
        rows = [p for p in self.parameters if p.name == name and _holds(p.effective_from, p.effective_to, day)]
        if not rows:
            raise ParameterMissing(f"参数表中没有“{name}”的有效配置，请系统管理员补充。", name=name)
        return float(max(rows, key=lambda p: p.effective_from).value)

    @cached_property
    def _by_table(self) -> dict[str, tuple[Code, ...]]:
        tables: dict[str, list[Code]] = {}
        for code in self.codes:
            tables.setdefault(code.table, []).append(code)
        return {name: tuple(rows) for name, rows in tables.items()}

    @cached_property
    def _asked(self) -> dict[tuple[str, str, str, date], Limit]:
        return {}

    def limit(self, clock: str, kind: str, urgency: str, at: datetime) -> Limit:
        """`limits.pick`, remembered for the day, as acceptance asks the same again and again. Raises LimitMissing."""
        key = (clock, kind, urgency, local_day(at))
        found = self._asked.get(key)
        if found is None:
            found = self._asked[key] = pick(self.limits, clock, kind, urgency, at)
        return found

    def table(self, name: str, at: datetime) -> tuple[Code, ...]:
        """The rows of a code table that may be chosen at `at`."""
        day = local_day(at)
        return tuple(c for c in self._by_table.get(name, ()) if _holds(c.effective_from, c.effective_to, day))

    def knows(self, table: str, code: str, at: datetime) -> bool:
        key = (table, local_day(at))
        if key not in self._chosen_from:
            self._chosen_from[key] = frozenset(row.code for row in self.table(table, at))
        return code in self._chosen_from[key]

    @cached_property
    def _chosen_from(self) -> dict[tuple[str, date], frozenset[str]]:
        return {}

    @cached_property
    def _labels(self) -> dict[tuple[str, str], str]:
        return {(c.table, c.code): c.name for c in self.codes}

    def label(self, table: str, code: str) -> str:
        """The Chinese name of a code, past ones included; of another node's code its name there, and the code beside
        it; the code itself when nobody has told of it."""
        found = self._labels.get((table, code))
        if found is not None:
            return found
        there = self.foreign.get((table, code))
        return f"{there}（对方代码 {code}）" if there else code


def _holds(start: date, end: date | None, day: date) -> bool:
    return start <= day and (end is None or day < end)
