"""Earlier orders a call may be about, each with the reason people read. Pure; numbers come in as a `Yardstick`.

What is found is offered and nothing more: only a person links two orders, and nothing is ever merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from liandong.routing.duplicates import alike
from liandong.routing.evidence import evidence, told
from liandong.routing.gathering import Report, distance, gathered, repeats

# What makes two addresses two places though they share a name.
_APART = frozenset({"other_place", "other_number", "other_floor", "other_side", "other_county", "like_name"})
# One event, the same caller, the same address, a point nearby: what is true stands before what is only near.
EVENT, CALLER, ADDRESS, NEAR = 4.0, 2.0, 1.5, 1.0
SHOWN = 2
OWN = "own"


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of the call so far; `division` is empty while nobody has said where in the city.

    `own`: keys of earlier orders of the same caller, as far as the desk has looked them up.
    """

    note: str = ""
    address: str = ""
    division: str = ""
    longitude: float | None = None
    latitude: float | None = None
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Earlier:
    """An order that may be about the same; `key` is whatever the caller of the rule finds it by again."""

    key: str
    note: str
    address: str
    division: str
    received_at: datetime
    longitude: float | None = None
    latitude: float | None = None


@dataclass(frozen=True, slots=True)
class Yardstick:
    """From when two calls are near in time and place; all of it dated rows of the city.

    A caller who calls again within `repeats_after` goes on with the same call. `gather_reports` count the new one.
    """

    within: timedelta
    repeats_after: timedelta
    metres: float
    most: int
    gather_reports: int
    gather_metres: float
    gather_within: timedelta


@dataclass(frozen=True, slots=True)
class Related:
    """`again`: the same caller, a repeat (国办函〔2025〕66号)."""

    earlier: Earlier
    reason: str
    weight: float
    again: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered to the call-taker: related orders, and how many others told of this place just now."""

    related: tuple[Related, ...] = ()
    gathered: tuple[Earlier, ...] = ()


def related(
    call: Call, earlier: Sequence[Earlier], yardstick: Yardstick, now: datetime, counties: tuple[str, ...] = ()
) -> Offer:
    """The orders near in time that may be about the call, the likeliest first; and those that gather at its point."""
    near = [one for one in earlier if timedelta(0) <= now - one.received_at <= yardstick.within]
    new = Report("", now, OWN, call.longitude, call.latitude)
    reports = {one.key: _report(one, call) for one in near}
    again = {
        report.key for report in repeats(new, reports.values(), least=yardstick.repeats_after, most=yardstick.within)
    }
    found = [
        hit
        for one in near
        if (hit := _hit(call, one, distance(new, reports[one.key]), yardstick, now, counties, one.key in again))
    ]
    found.sort(key=lambda hit: (-hit.weight, now - hit.earlier.received_at))
    return Offer(tuple(found[: yardstick.most]), _gathered(new, near, reports, yardstick))


def _report(one: Earlier, call: Call) -> Report:
    return Report(one.key, one.received_at, OWN if one.key in call.own else "", one.longitude, one.latitude)


def _gathered(
    new: Report, near: Sequence[Earlier], reports: dict[str, Report], yardstick: Yardstick
) -> tuple[Earlier, ...]:
    """The earlier ones, once they are enough together with the new one; they stay one each, whoever reads this."""
    found = gathered(new, reports.values(), metres=yardstick.gather_metres, within=yardstick.gather_within)
    keys = {report.key for report in found}
    return tuple(one for one in near if one.key in keys) if len(keys) + 1 >= yardstick.gather_reports else ()


def _hit(
    call: Call,
    one: Earlier,
    away: float | None,
    yardstick: Yardstick,
    now: datetime,
    counties: tuple[str, ...],
    again: bool,
) -> Related | None:
    reasons, weight = [], 0.0
    if again:
        reasons.append("同一来电人再次来电")
        weight += CALLER
    if not (call.division and one.division != call.division):
        event = _event(call, one, counties)
        if event:
            reasons.append(event[0])
            weight += EVENT * event[1]
        if one_address(call.address, one.address, counties):
            reasons.append("同一地址")
            weight += ADDRESS
    if away is not None and away <= yardstick.metres:
        reasons.append(f"相距{round(away)}米")
        weight += NEAR
    if not weight:
        return None
    return Related(one, f"{'；'.join(reasons)}，{ago(now - one.received_at)}", weight, again)


def _event(call: Call, one: Earlier, counties: tuple[str, ...]) -> tuple[str, float] | None:
    """Why both may be one event, and how likely; None when they are more likely two."""
    if not (call.note.strip() and one.note.strip()):
        return None
    verdict = alike(f"{call.address}，{call.note}", f"{one.address}，{one.note}", counties)
    if not verdict.holds:
        return None
    return "可能是同一件事：" + "、".join(reason.text for reason in verdict.reasons[:SHOWN]), verdict.score


def one_address(one: str, other: str, counties: tuple[str, ...] = ()) -> bool:
    """Whether both may be one address: a common name and no detail that differs. A house is part of its estate."""
    if not one.strip() or not other.strip():
        return False
    found = {piece.name for piece in evidence(told(one, counties), told(other, counties))}
    return "same_place" in found and not found & _APART


def ago(span: timedelta) -> str:
    """How long ago, in the words of a clerk."""
    minutes = int(span.total_seconds() // 60)
    return f"{long(span)}前" if minutes else "刚刚"


def long(span: timedelta) -> str:
    """A span in round words: 44分钟, 1小时, 2天."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes}分钟"
    if minutes < 48 * 60:
        return f"{minutes // 60}小时"
    return f"{minutes // (24 * 60)}天"


def again_within(orders: Iterable[tuple[str, datetime]], yardstick: Yardstick, now: datetime) -> frozenset[str]:
    """Which of one caller's orders make a call now a repeat."""
    reports = [Report(key, at, OWN) for key, at in orders]
    found = repeats(Report("", now, OWN), reports, least=yardstick.repeats_after, most=yardstick.within)
    return frozenset(report.key for report in found)
