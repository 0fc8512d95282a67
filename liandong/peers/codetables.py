"""代码表 of two nodes: what is told of ours, which version that is, and how theirs differ from ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from liandong.intake.codes import CodeRow
from liandong.kernel.canonical import canonical
from liandong.kernel.seals import sm3

CODES, LIST = "codes", "list"
# The desks are told as a table of their own, under the day before which there was no plan.
DESK, ALWAYS = "desk", date(2000, 1, 1)
MOST = 900 * 1024  # bytes of the rows of one message, which has to stay below 1 MiB


@dataclass(frozen=True, slots=True)
class Unlike:
    """代码差异: a code one of the two lacks (an empty name), or that the two call otherwise."""

    table: str
    code: str
    ours: str
    theirs: str


def told(rows: Iterable[CodeRow]) -> list[dict[str, Any]]:
    """The rows of a `codes` message, in one order whatever order they stand in."""
    return [_told(row) for row in sorted(rows, key=lambda one: (one.table, one.code, one.since))]


def _told(row: CodeRow) -> dict[str, Any]:
    said = {
        "code_table": row.table,
        "code": row.code,
        "name": row.name,
        "parent": row.parent,
        "effective_from": row.since.isoformat(),
        "effective_to": row.until.isoformat() if row.until else "",
    }
    return {name: value for name, value in said.items() if value}


def read(rows: Iterable[Mapping[str, Any]]) -> list[CodeRow]:
    """The rows of a message whose schema was checked; of two for one code from one day the last counts."""
    found = [
        CodeRow(
            row["code_table"],
            row["code"],
            row["name"],
            row.get("parent", ""),
            date.fromisoformat(row["effective_from"]),
            date.fromisoformat(row["effective_to"]) if row.get("effective_to") else None,
        )
        for row in rows
    ]
    return list({(one.table, one.code, one.since): one for one in found}.values())


def version(content: Any) -> str:
    """Which tables, or which list, these are: the SM3 of their content."""
    return sm3(canonical(content)).hex()


def unlike(ours: Iterable[CodeRow], theirs: Iterable[CodeRow], day: date) -> list[Unlike]:
    """What differs between the codes that may be chosen on `day`, by table and code.

    Only of tables both have: one that a node does not use at all would fill the page.
    """
    here, there = _names(ours, day), _names(theirs, day)
    both = {table for table, _ in here} & {table for table, _ in there}
    names = sorted(name for name in {*here, *there} if name[0] in both)
    found = [Unlike(*name, here.get(name, ""), there.get(name, "")) for name in names]
    return [one for one in found if one.ours != one.theirs]


def _names(rows: Iterable[CodeRow], day: date) -> dict[tuple[str, str], str]:
    return {(row.table, row.code): row.name for row in sorted(rows, key=lambda one: one.since) if row.holds(day)}
