"""What a replay adds up to: counts that can be put aside and taken up again, and the result out of them. Pure.

Everything is kept as plain JSON, so that a replay that is interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from liandong.hindsight.moves import DANGER, Happened, Move
from liandong.kernel.ids import CITY_ZONE

Plain = dict[str, Any]
HOURS = 24 * 7
# As many examples of each way an order may move, and altogether: a page and a paper, not a second register.
SAMPLES_EACH, SAMPLES_MOST = 8, 600
# From so many hand-overs on their middle says more than the limit does.
ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Moved:
    """A move with what is known around it: the units for either item, whether the gate holds whatever the list says."""

    order: Happened
    move: Move
    unit_from: str = ""
    unit_to: str = ""
    gate: bool = False


def empty() -> Plain:
    return {
        "orders": 0,
        "cited": 0,
        "handed": 0,
        "asked": 0,
        "versions": {},
        "what": {},
        "sides": {},
        "items": {},
        "counties": {},
        "desks": {},
        "units": {},
        "hours": {},
        "later": [],
        "earlier": [],
        "gated": 0,
        "samples": [],
        "sampled": {},
    }


def hour_of(at: datetime) -> int:
    """Which of the 168 hours of the week, Monday at midnight first."""
    local = at.astimezone(CITY_ZONE)
    return local.weekday() * 24 + local.hour


def add(tally: Plain, orders: Sequence[Happened], moved: Sequence[Moved], asked: int = 0) -> None:
    """Add a stretch of orders, and what of them would have been otherwise."""
    tally["orders"] += len(orders)
    tally["asked"] += asked
    for order in orders:
        tally["cited"] += order.cited is not None
        tally["handed"] += bool(order.handed)
        _count(tally["versions"], order.version)
    for one in moved:
        _add(tally, one)


def _add(tally: Plain, one: Moved) -> None:
    order, move = one.order, one.move
    _count(tally["what"], move.what)
    if move.what == "side":
        _count(tally["sides"], f"{move.side_from}>{move.side_to}")
    row = tally["items"].setdefault(f"{move.item_from}>{move.item_to}", {})
    _count(row, move.what)
    _count(tally["counties"].setdefault(order.county, {}), move.what)
    hour = hour_of(order.at)
    _count(tally["hours"], str(hour))
    if move.side_from != move.side_to:
        _carry(tally["desks"], move.side_from, move.side_to, hour)
    if one.unit_from != one.unit_to:
        _carry(tally["units"], one.unit_from, one.unit_to, hour)
    _danger(tally, one)
    key = f"{move.what} {move.item_from}>{move.item_to}"
    if tally["sampled"].get(key, 0) < SAMPLES_EACH and len(tally["samples"]) < SAMPLES_MOST:
        _count(tally["sampled"], key)
        tally["samples"].append(_sample(one))


def _carry(table: Plain, lost: str, gained: str, hour: int) -> None:
    """One order less for one, one more for the other, at an hour of the week; "" is nobody."""
    for who, way in ((lost, "lost"), (gained, "gained")):
        if who:
            row = table.setdefault(who, {"lost": 0, "gained": 0, "hours": {}})
            row[way] += 1
            row["hours"][str(hour)] = row["hours"].get(str(hour), 0) + (1 if way == "gained" else -1)


def _danger(tally: Plain, one: Moved) -> None:
    """An order that went out as a danger and would go another way, or would now go out as one."""
    happened, move = one.order.danger, one.move
    # A danger signalled without an item goes out whatever the list says.
    if happened is not None and happened.item and happened.item == move.item_from and move.kind_to != DANGER:
        if one.gate:
            tally["gated"] += 1
        else:
            tally["later"].append([one.order.number, move.kind_to, _seconds(one.order, happened.signed_at)])
    elif happened is None and move.kind_to == DANGER and move.kind_from != DANGER:
        signed = next((handed.signed_at for handed in one.order.handed if handed.signed_at), None)
        tally["earlier"].append([one.order.number, move.kind_from, _seconds(one.order, signed)])


def _seconds(order: Happened, signed: datetime | None) -> float | None:
    return None if signed is None else (signed - order.at).total_seconds()


def _sample(one: Moved) -> Plain:
    order, move, cited = one.order, one.move, one.order.cited
    return {
        "number": order.number,
        "at": order.at.isoformat(),
        "county": order.county,
        "what": move.what,
        "side_from": move.side_from,
        "side_to": move.side_to,
        "item_from": move.item_from,
        "item_to": move.item_to,
        "unit_from": one.unit_from,
        "unit_to": one.unit_to,
        "state": cited.state if cited else "",
        "why": move.why,
    }


def _count(table: dict[str, int], key: str) -> None:
    table[key] = table.get(key, 0) + 1


def result(tally: Plain, taken: Mapping[str, Sequence[float]], limits: Mapping[str, float]) -> Plain:
    """The result of a whole tally. `taken` and `limits`: seconds from the call to the signature, by kind of hand-over:
    as they were in the period, and at most.
    """
    kept = {name: value for name, value in tally.items() if name != "sampled"}
    usual = {kind: median(times) for kind, times in taken.items() if len(times) >= ENOUGH}
    kept["usual"] = {kind: [usual.get(kind), len(taken.get(kind, ())), limits.get(kind)] for kind in {*taken, *limits}}
    kept["moved"] = sum(tally["what"].values())
    for way in ("later", "earlier"):
        kept[way] = _delays(tally[way], usual, limits, way)
    return kept


def _delays(rows: Sequence[Sequence[Any]], usual: Mapping[str, float], limits: Mapping[str, float], way: str) -> Plain:
    """By how much: what the other kind usually takes in the period (else its limit), against what it took."""
    found = []
    for number, kind, took in rows:
        instead = kind if way == "later" else DANGER
        would = usual.get(instead, limits.get(instead))
        apart = None if would is None or took is None else would - took if way == "later" else took - would
        found.append([number, kind, took, would, apart])
    known = sorted(one[4] for one in found if one[4] is not None)
    return {
        "count": len(found),
        "known": len(known),
        "median": median(known) if known else None,
        "most": known[-1] if known else None,
        "orders": found[:SAMPLES_MOST],
    }
