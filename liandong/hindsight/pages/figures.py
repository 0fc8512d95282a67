"""What a replay came to, in the words and names of the page and of the spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liandong.audit.by import By
from liandong.hindsight.models import Replay
from liandong.hindsight.moves import WHATS
from liandong.hindsight.queries.past import items_of
from liandong.identity.queries import divisions
from liandong.intake.queries import visible_orders
from liandong.routing.queries import guide_name, unit_names
from liandong.transfer.states import KINDS, TRANSFER

SIDES = {"12345": "12345热线", "110": "110报警服务台", "neither": "引导解释（两方都不受理）", "": "无"}
DAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
STEPS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table of counts: what it is about, a count for each of `WHATS`, their sum."""

    name: str
    counts: tuple[int, ...]
    total: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A side or unit: how many orders it loses and gains, and the net of each hour of the week."""

    key: str
    name: str
    lost: int
    gained: int
    hours: Mapping[str, int]

    @property
    def net(self) -> int:
        return self.gained - self.lost


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of the week: the number and how strong it is, -4 to 4."""

    count: int
    step: int


@dataclass(frozen=True, slots=True)
class Sample:
    """An order as an example; `number` is empty where the reader may not see the order."""

    number: str
    at: datetime
    county: str
    what: str
    way: str
    items: str
    units: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Delay:
    label: str
    count: int
    known: int
    median: str
    most: str
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    result: Mapping[str, Any]
    whats: tuple[tuple[str, int], ...]
    sides: tuple[tuple[str, str, int], ...]
    items: tuple[Line, ...]
    counties: tuple[Line, ...]
    desks: tuple[Party, ...]
    units: tuple[Party, ...]
    hours: Mapping[str, int]
    delays: tuple[Delay, ...]
    samples: tuple[Sample, ...]

    labels = tuple(WHATS.values())

    @property
    def parties(self) -> tuple[Party, ...]:
        return (*self.desks, *self.units)

    @staticmethod
    def week(hours: Mapping[str, int]) -> list[tuple[str, list[Cell]]]:
        """The hours as seven rows of twenty-four."""
        most = max((abs(count) for count in hours.values()), default=0)

        def cell(hour: int) -> Cell:
            count = hours.get(str(hour), 0)
            step = -(-abs(count) * STEPS // most) if most else 0
            return Cell(count, step if count > 0 else -step)

        return [(name, [cell(day * 24 + hour) for hour in range(24)]) for day, name in enumerate(DAYS)]


def span(seconds: float | None) -> str:
    """A span as people say it."""
    if seconds is None:
        return "无法估计"
    whole = round(abs(seconds))
    if whole < 120:
        return f"{whole}秒"
    return f"{whole / 60:.0f}分钟" if whole < 7200 else f"{whole / 3600:.1f}小时"


def figures(by: By, found: Replay) -> Figures:
    """The result of a replay that is done, in five statements at most."""
    result = found.result
    named = _names_of_items(found)
    counties = {one.code: one.name for one in divisions()}
    units = unit_names({*result["units"], *_units_in(result["samples"])})
    shown = {one["number"] for one in result["samples"]} | {
        row[0] for way in WAYS for row in result[way]["orders"][:20]
    }
    seen = frozenset(visible_orders(by).filter(number__in=shown).values_list("number", flat=True))

    def item(code: str) -> str:
        if code in named:
            return f"{code} {named[code]}"
        return guide_name(code) or code or "无"

    return Figures(
        result=result,
        whats=tuple((WHATS[what], result["what"].get(what, 0)) for what in WHATS),
        sides=tuple((SIDES[a], SIDES[b], count) for (a, b), count in _pairs(result["sides"])),
        items=_lines(result["items"], item),
        counties=_lines(result["counties"], lambda code: counties.get(code, code)),
        desks=_parties(result["desks"], SIDES),
        units=_parties(result["units"], units),
        hours=result["hours"],
        delays=tuple(_delay(way, label, result[way], seen) for way, label in WAYS.items()),
        samples=tuple(_sample(one, item, counties, units, seen) for one in result["samples"]),
    )


WAYS = {"later": "会更晚移交的险情", "earlier": "会更早移交的险情"}


def _names_of_items(found: Replay) -> dict[str, str]:
    before = items_of(found.result["versions"])
    named = {code: one.text for version in before.values() for code, one in version.items()}
    return named | {one["code"]: one["text"] for one in found.items}


def _units_in(samples: Sequence[Mapping[str, str]]) -> set[str]:
    return {one[name] for one in samples for name in ("unit_from", "unit_to") if one[name]}


def _pairs(counts: Mapping[str, int]) -> list[tuple[tuple[str, str], int]]:
    found = [((key.partition(">")[0], key.partition(">")[2]), count) for key, count in counts.items()]
    return sorted(found, key=lambda one: -one[1])


def _lines(table: Mapping[str, Mapping[str, int]], name: Any) -> tuple[Line, ...]:
    made = []
    for key, counts in table.items():
        before, apart, after = key.partition(">")
        row = tuple(counts.get(what, 0) for what in WHATS)
        made.append(Line(name(before), row, sum(row), name(before) if apart else "", name(after) if apart else ""))
    return tuple(sorted(made, key=lambda one: (-one.total, one.name, one.after)))


def _parties(table: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Party, ...]:
    made = [
        Party(key, names.get(key, key), row["lost"], row["gained"], {h: n for h, n in row["hours"].items() if n})
        for key, row in table.items()
    ]
    return tuple(sorted(made, key=lambda one: (-abs(one.net), -one.gained, one.name)))


def _delay(way: str, label: str, row: Mapping[str, Any], seen: frozenset[str]) -> Delay:
    orders = tuple(one[0] for one in row["orders"][:20] if one[0] in seen)
    return Delay(label, row["count"], row["known"], span(row["median"]), span(row["most"]), orders)


def _sample(
    one: Mapping[str, str], item: Any, counties: Mapping[str, str], units: Mapping[str, str], seen: frozenset[str]
) -> Sample:
    from_to = [(one["side_from"], one["side_to"]), (one["unit_from"], one["unit_to"])]
    sides = " → ".join(SIDES.get(side, side) for side in from_to[0]) if from_to[0][0] != from_to[0][1] else ""
    names = " → ".join(units.get(unit, unit) or "无" for unit in from_to[1]) if from_to[1][0] != from_to[1][1] else ""
    items = [item(one["item_from"]), item(one["item_to"])]
    return Sample(
        number=one["number"] if one["number"] in seen else "",
        at=datetime.fromisoformat(one["at"]),
        county=counties.get(one["county"], one["county"]),
        what=WHATS[one["what"]],  # type: ignore[index] # as it was written
        way=sides,
        items=" → ".join(items) if items[0] != items[1] else items[0],
        units=names,
        state=TRANSFER.states.get(one["state"], ""),
        why=one["why"],
    )


def kinds(usual: Mapping[str, Sequence[Any]]) -> list[tuple[str, str, int, str]]:
    """By kind of hand-over: what it usually took from the call to the signature, of how many, and its limit."""
    known = [(KINDS[kind].label, *usual[kind]) for kind in KINDS if kind in usual]
    return [(label, span(middle), count, span(limit)) for label, middle, count, limit in known if count]
