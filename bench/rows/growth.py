"""A million orders in the tables: does acceptance slow down, do the lists?"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from bench.figures import Figure, Result
from bench.ground import Ground, point_to, send
from bench.rows.accepting import ONE, in_turn, rate
from liandong.audit.by import By

MILLION, QUICK = 1_000_000, 20_000
LIST_MS = 20.0
TIMES = 15


def growth(ground: Ground, quick: bool) -> list[Result]:
    """Two databases on the same server, one empty, one full, in turn; then the lists of the full one."""
    count = QUICK if quick else MILLION
    seconds, pairs = (1.5, 3) if quick else (4.0, 7)
    empty, full = ground.fresh("empty"), ground.full(count)
    with ground.product(full) as a, ground.product(empty) as b:
        seen = in_turn(
            pairs,
            lambda: send(a, ONE, ground.token, seconds=seconds),
            lambda: send(b, ONE, ground.token, seconds=seconds),
        )
    return [
        Figure(
            f"accept one order a request with {count:,} orders in the tables, beside empty tables",
            rate(seen.ours),
            rate(seen.theirs),
            seen.ratio,
            f"× {seen.ratio:.2f} ({seen.spread})",
            least=0.9,
            note=f"filled in {ground.filled[count]:.0f} s",
        ),
        *lists(full, count),
    ]


def lists(database: str, count: int) -> list[Result]:
    """Each list as the screens ask for it: the whole read with its rows made into objects, median of fifteen."""
    from liandong.intake import queries
    from liandong.intake.actions import sort_words_in

    by = By(name="bench", post="bench", desk="12345", rights=frozenset({"order.read"}))
    point_to(database)
    sort_words_in()  # as a worker does every second; none runs here
    one = queries.newest(by, limit=1).orders[0]
    number, linkage = one.number, one.matter.number
    far = queries.work_list(by, limit=1).after
    asked: dict[str, Callable[[], queries.Page]] = {
        "work list, first page": lambda: queries.work_list(by),
        "work list, a page further on": lambda: queries.work_list(by, after=far),
        "newest orders": lambda: queries.newest(by),
        "search by a common word": lambda: queries.search(by, "暖气"),
        "search by a phrase of two": lambda: queries.search(by, "小区 漏水"),
        "search by a word of one order": lambda: queries.search(by, str(count // 2)),
        "search by a number": lambda: queries.search(by, number),
        "search by a linkage number": lambda: queries.search(by, linkage),
        "search by a word of none": lambda: queries.search(by, "鸵鸟"),
    }
    try:
        return [_list(name, count, read) for name, read in asked.items()]
    finally:
        point_to("base")


def _list(name: str, count: int, read: Callable[[], object]) -> Figure:
    read()
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        read()
        taken.append(1000 * (time.perf_counter() - begin))
    ms = statistics.median(taken)
    return Figure(f"{name}, {count:,} orders", f"{ms:.1f} ms", "–", ms, f"{ms:.1f} ms", most=LIST_MS)
