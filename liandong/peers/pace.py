"""How fast a node speaks to a peer, and how it judges the peer's silence. Pure; the numbers are dated rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Condition = Literal["unknown", "online", "degraded", "offline"]


@dataclass(frozen=True, slots=True)
class Pace:
    """`first`, `cap`: the wait after the first try without a receipt, doubled up to the cap. `jitter`: the share by
    which a wait is lengthened at most. `window`: messages in one batch. `heartbeat`: how often a node says that it is
    there. `degraded`, `offline`: silence after which the peer is called so. `stuck`: without receipt for as long, a
    message is a stuck order. `skew`: how far a node's clock may be off.
    """

    first: timedelta
    cap: timedelta
    jitter: float
    window: int
    heartbeat: timedelta
    degraded: timedelta
    offline: timedelta
    stuck: timedelta
    skew: timedelta

    def wait(self, tries: int, chance: float) -> timedelta:
        """The pause after the `tries`-th try (1, 2, …); `chance` is a number from 0 up to 1 out of a seeded source."""
        # Beyond 30 doublings every first wait has reached its cap; the bound keeps the number small for ever.
        plain: timedelta = min(self.cap, self.first * 2 ** min(tries - 1, 30))
        return plain * (1 + self.jitter * chance)


def pace_of(parameter: Callable[[str], float]) -> Pace:
    """The pace by the parameters in force; `parameter` reads one by its name."""

    def seconds(name: str) -> timedelta:
        return timedelta(seconds=parameter(name))

    return Pace(
        first=seconds("peer_retry_first_seconds"),
        cap=seconds("peer_retry_cap_seconds"),
        jitter=parameter("peer_retry_jitter_share"),
        window=int(parameter("peer_window_messages")),
        heartbeat=seconds("peer_heartbeat_seconds"),
        degraded=seconds("peer_degraded_seconds"),
        offline=seconds("peer_offline_seconds"),
        stuck=seconds("peer_stuck_seconds"),
        skew=seconds("peer_clock_skew_seconds"),
    )


def condition(heard_at: datetime | None, now: datetime, pace: Pace, said: str = "") -> Condition:
    """What a peer is called that was heard last at `heard_at`; None: never yet. `said`: what it called itself then."""
    if heard_at is None:
        return "unknown"
    silence = now - heard_at
    if silence >= pace.offline:
        return "offline"
    return "degraded" if silence >= pace.degraded or said == "degraded" else "online"


def beats(beat_at: datetime | None, now: datetime, pace: Pace) -> bool:
    """Whether a node that last said at `beat_at` that it is there has to say so again."""
    return beat_at is None or now - beat_at >= pace.heartbeat


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a peer. `said` is what it calls itself, `abilities` what works there, `waiting` how many
    messages lie there for this node, the oldest since `oldest_at`: all by its last heartbeat, heard at `said_at`.
    `trouble`, in Chinese: why nothing goes through to it.
    """

    peer: str
    condition: Condition
    heard_at: datetime | None = None
    said: str = ""
    said_at: datetime | None = None
    software: str = ""
    messages: Mapping[str, int] = field(default_factory=dict)
    abilities: tuple[str, ...] = ()
    waiting: int = 0
    oldest_at: str = ""
    trouble: str = ""
