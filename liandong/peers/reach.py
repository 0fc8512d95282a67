"""Whether a peer can be reached, in a word: by its silence (`pace.condition`) and by what keeps us apart. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from liandong.peers.pace import Condition, Pace, condition

LABELS: Mapping[Condition, str] = {"online": "在线", "degraded": "迟缓", "offline": "中断", "unknown": "未知"}


@dataclass(frozen=True, slots=True)
class Reach:
    """`since`: from when the peer is called so; None where it was never heard."""

    condition: Condition
    since: datetime | None

    @property
    def label(self) -> str:
        return LABELS[self.condition]

    @property
    def is_online(self) -> bool:
        return self.condition == "online"


def reach(
    heard_at: datetime | None,
    trouble_at: datetime | None,
    now: datetime,
    pace: Pace,
    was: Reach | None = None,
    said: str = "",
) -> Reach:
    """What the peer is called now. `was`: what it was called last; the same word goes on since then. `said`: what it
    calls itself (its last heartbeat).

    A peer that was heard a moment ago but to whom nothing goes through (`trouble_at`) is no better than a slow one.
    """
    found = condition(heard_at, now, pace, said)
    if found == "online" and trouble_at is not None:
        found = "degraded"
    if was is not None and was.condition == found and was.since is not None:
        return was
    return Reach(found, _since(found, heard_at, trouble_at, now, pace))


def _since(
    found: Condition, heard_at: datetime | None, trouble_at: datetime | None, now: datetime, pace: Pace
) -> datetime | None:
    if heard_at is None:
        return None
    if found == "offline":
        return heard_at + pace.offline
    if found == "degraded":
        silent = heard_at + pace.degraded
        known = [moment for moment in (silent, trouble_at) if moment is not None and moment <= now]
        return min(known, default=heard_at)  # the peer calls itself so
    return heard_at
