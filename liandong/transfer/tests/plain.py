"""Plain values for the tests of the pure rules: replicas in any state, steps, moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from liandong.transfer.baton import compose
from liandong.transfer.replica import Replica, apply

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(hours=1), NOW - timedelta(microseconds=1)
A, B = "12345", "110"

# The verbs that lead from nothing to each state, for a kind that opens with an offer.
ROAD: dict[str | None, tuple[str, ...]] = {
    None: (),
    "offered": ("offer",),
    "refused": ("offer", "refuse"),
    "negotiating": ("offer", "refuse", "contest"),
    "awarded": ("offer", "refuse", "contest", "award"),
    "accepted": ("offer", "accept"),
    "handed_back": ("offer", "accept", "hand_back"),
    "concluded": ("offer", "accept", "conclude"),
    "returned": ("offer", "refuse", "take_back"),
    "withdrawn": ("offer", "release"),
    "confirmed": ("offer", "accept", "conclude", "confirm"),
}


def empty(kind: str = "divert") -> Replica:
    return Replica(transfer="T1", kind=kind, origin=A, target=B)


def after(replica: Replica, *verbs: str, body: Mapping[str, Any] | None = None) -> Replica:
    """The replica after the verbs, each taken by whoever holds the baton."""
    for verb in verbs:
        author = replica.holder or A
        replica = apply(replica, compose(replica, verb, author, "某人", body or {}, {}, NOW))
    return replica


def in_state(state: str | None, kind: str = "divert") -> Replica:
    """A replica of `kind` that has come to `state` by the shortest road."""
    road = ROAD[state]
    if kind == "unclear" and road:
        road = ("open", *road[3:]) if state in ("negotiating", "awarded") else ("open", "award", *road[1:])
    return after(empty(kind), *road)
