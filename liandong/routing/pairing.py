"""Many pairs of notes at once, as rows of a table. Pure; `liandong routing pairs` reads and writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from liandong.routing.duplicates import alike
from liandong.routing.tables import Table

NEEDED = ("a", "b")
ANSWERED = ("same", "score")
# What is shorter than this is found in the middle of other words (代县 is named in full for that).
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer as a table; `remark` is Chinese and not empty where a column of the input gave way."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]
    remark: str = ""


def answered(table: Table, counties: tuple[str, ...]) -> Answered:
    """Every row with `same` (0 or 1) and `score` (0 to 1) in place of the two notes; other columns pass through."""
    kept = tuple(column for column in table.columns if column not in (*NEEDED, *ANSWERED))
    replaced = [column for column in table.columns if column in ANSWERED]
    remark = f"输入中的列 {'、'.join(replaced)} 已由判断结果代替。" if replaced else ""
    return Answered((*kept, *ANSWERED), _rows(table, kept, counties), remark)


def _rows(table: Table, kept: tuple[str, ...], counties: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for row in table.rows:
        verdict = alike(row["a"], row["b"], counties)
        yield (*(row[column] for column in kept), str(int(verdict.holds)), f"{verdict.score:.4f}")


def counties_of(divisions: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The short names of the counties among the rows of divisions.csv."""
    return tuple(row["short"] for row in divisions if row["kind"] != "city" and len(row["short"]) >= SHORTEST)
