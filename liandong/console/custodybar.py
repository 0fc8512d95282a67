"""How a custody chain is drawn: one strip to scale, who led above, who was responsible beside below. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from liandong.console.strip import places
from liandong.kernel.clockface import span

# Of the strip's width, in percent: what eye and hand can hit; what a name needs to be read.
THINNEST, NAMED = 1.2, 9.0
# Chinese characters of the small type to one percent of the strip as it is on the narrowest screen of a desk.
SIGNS = 0.72


class Held(Protocol):
    """Who was responsible from when to when (None: until now); `side` is p12345, p110 or other."""

    @property
    def party(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def lead(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A segment on the strip. x, y, width and height are percent; `label` is cut to what fits, or empty."""

    x: float
    y: int
    width: float
    height: int
    side: str
    label: str
    about: str


def custody_parts(chain: Sequence[Held], now: datetime) -> list[Part]:
    """The segments drawn in time between the first moment and the end, or `now`."""
    joint = any(not held.lead for held in chain)
    placed = places([(held.since.timestamp(), (held.until or now).timestamp()) for held in chain], 100, THINNEST)
    return [_part(held, x, width, now, joint=joint) for held, (x, width) in zip(chain, placed, strict=True)]


def _part(held: Held, x: float, width: float, now: datetime, *, joint: bool) -> Part:
    y, height = (0, 66 if joint else 100) if held.lead else (70, 30)
    return Part(
        x=round(x, 2),
        y=y,
        width=round(width, 2),
        height=height,
        side=held.side,
        label=_fitting(held.party, width) if held.lead and width >= NAMED else "",
        about=_about(held, now),
    )


def _fitting(name: str, width: float) -> str:
    """As much of the name as a segment of so many percent has room for at a desk; the hint has all of it."""
    room, taken = width * SIGNS - 1, 0.0
    for at, sign in enumerate(name):
        taken += 0.6 if sign.isascii() else 1
        if taken > room:
            return f"{name[: max(at - 1, 1)]}…"
    return name


def _about(held: Held, now: datetime) -> str:
    """Who, why, from when to when, how long: for the hint and for screen readers."""
    shape = "%m-%d %H:%M"
    until = held.until.astimezone(now.tzinfo).strftime(shape) if held.until else "现在"
    role = "" if held.lead else "（共同负责）"
    lasted = span((held.until or now) - held.since)
    return (
        f"{held.party}{role}：{held.why}，{held.since.astimezone(now.tzinfo).strftime(shape)} 至 {until}，历时{lasted}"
    )
