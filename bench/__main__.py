"""`python -m bench`: measure this machine, print the table and write docs/figures.md."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from bench import figures
from bench.figures import Result, Skipped
from bench.ground import Failed, Ground, ground
from bench.rows.accepting import batch, single
from bench.rows.channels import channels
from bench.rows.day import day
from bench.rows.exchange_sim import exchange_sim
from bench.rows.faults import faults
from bench.rows.growth import growth
from bench.rows.homes import homes
from bench.rows.memory import memory
from bench.rows.pages import pages
from bench.rows.quality import quality
from bench.rows.replay import replay
from bench.rows.routing import routing
from bench.rows.screens import screens

ROWS: dict[str, Callable[[Ground, bool], list[Result]]] = {
    "single": single,
    "batch": batch,
    "growth": growth,
    "homes": homes,
    "pages": pages,
    "day": day,
    "memory": memory,
    "screens": screens,
    "routing": routing,
    "replay": replay,
    "quality": quality,
    "exchange-sim": exchange_sim,
    "channels": channels,
    "faults": faults,
}
FIGURES = Path(__file__).resolve().parent.parent / "docs" / "figures.md"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the rows asked for. Returns 1 when a promise was missed or a row failed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds a row instead of minutes; writes no page")
    parser.add_argument("--only", action="append", choices=ROWS, help="this row; writes no page without --write")
    parser.add_argument("--write", action="store_true", help="with --only: behind the page, as measured apart")
    asked = parser.parse_args(argv)
    if asked.write and (asked.quick or not asked.only):
        parser.error("--write goes with --only and without --quick; a whole run writes the page anyway")
    results: list[Result] = []
    with ground() as made:
        about = figures.machine(_version(made))
        for name in asked.only or ROWS:
            found = _row(name, made, asked.quick)
            results += found
            if asked.write:
                figures.write_apart(FIGURES, about, name, found)
    print(f"\n{about}\n\n{figures.table(results)}")
    if not asked.quick and not asked.only:
        figures.write(FIGURES, about, results)
    return 0 if all(not isinstance(r, Skipped) and r.holds for r in results) else 1


def _row(name: str, made: Ground, quick: bool) -> list[Result]:
    begin = time.monotonic()
    try:
        found = ROWS[name](made, quick)
    except Failed as why:
        found = [Skipped(name, str(why).replace("\n", " "))]
    except Exception as why:  # noqa: BLE001 - the other rows took their time; this one says what became of it
        traceback.print_exc()
        found = [Skipped(name, f"{type(why).__name__}: {why}".replace("\n", " "))]
    print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    for result in found:
        print(figures.line(result), flush=True)
    return found


def _version(made: Ground) -> str:
    with psycopg.connect(made.server.url) as link:
        return str(link.info.server_version // 10000)


if __name__ == "__main__":
    sys.exit(main())
