"""A row of a code table, of this node or another. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class CodeRow:
    """`until`: from this day on it is not used; None while it holds."""

    table: str
    code: str
    name: str
    parent: str
    since: date
    until: date | None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)
