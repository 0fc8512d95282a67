"""One figure of the table, and the table as text."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """A row. `ratio` is what is held against `least` (at least) or `most` (at most); None where nothing is promised."""

    name: str
    ours: str
    beside: str
    value: float
    shown: str
    least: float | None = None
    most: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def promise(self) -> str:
        if self.least is not None:
            return f"≥ {self.least:g}"
        return f"≤ {self.most:g}" if self.most is not None else "–"

    @property
    def verdict(self) -> str:
        if self.least is None and self.most is None:
            return "–"
        return "holds" if self.holds else "**missed**"


@dataclass(frozen=True, slots=True)
class Skipped:
    name: str
    why: str


Result = Figure | Skipped

HEAD = "| what | ours | limit or peer, same run | figure | promised | |\n|---|---|---|---|---|---|"


def table(results: Sequence[Result]) -> str:
    return "\n".join([HEAD, *map(line, results)])


def line(result: Result) -> str:
    if isinstance(result, Skipped):
        return f"| {result.name} | – | – | – | – | not measured: {result.why} |"
    name = f"{result.name}; {result.note}" if result.note else result.name
    return f"| {name} | {result.ours} | {result.beside} | {result.shown} | {result.promise} | {result.verdict} |"


def machine(postgres: str) -> str:
    """What the figures depend on, without a name or path of the machine."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    parts = ", ".join(f"{name} {version(name)}" for name in ("Django", "asyncpg", "uvicorn"))
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, {total:.0f} GB of memory, "
        f"PostgreSQL {postgres} (embedded, durable settings), Python {platform.python_version()}, {parts}; "
        f"the machine's load average before the run was {load:.1f}."
    )


PREFACE = """# Figures

Written by `make bench`; every figure stands beside a limit or a peer measured in the same run, on the same machine,
against the same database server. How each is measured is told in `bench/README.md` and at the head of its file.
"""


def page(about: str, results: Sequence[Result]) -> str:
    return f"{PREFACE}\n{about}\n\n{table(results)}\n"


def write(path: Path, about: str, results: Sequence[Result]) -> None:
    path.write_text(page(about, results), encoding="utf-8")


def write_apart(path: Path, about: str, row: str, results: Sequence[Result]) -> None:
    """Put one row's table behind the page, in place of what was measured of it apart before."""
    begin, end = f"<!-- apart: {row} -->", f"<!-- apart: {row} end -->"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    if begin in text:
        before, _, rest = text.partition(begin)
        text = before.rstrip("\n") + rest.partition(end)[2]
    said = f"## Measured apart since: `python -m bench --only {row} --write`"
    path.write_text(f"{text}\n\n{begin}\n{said}\n\n{about}\n\n{table(results)}\n{end}\n", encoding="utf-8")
