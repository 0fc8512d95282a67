"""Numbers, snapshots and steps as a node of its own would write them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from liandong.kernel import ids
from liandong.kernel.canonical import plain
from liandong.peers import chain
from liandong.transfer.baton import compose
from liandong.transfer.replica import Replica, Step
from liandong.transfer.states import CLOCKS, edge_for

# How long an imitated desk gives itself and others; real limits are rows of a city.
SPANS: Mapping[str, timedelta] = {
    "accept_by": timedelta(hours=2),
    "decide_by": timedelta(hours=2),
    "settle_by": timedelta(hours=4),
    "conclude_by": timedelta(days=5),
    "objection_until": timedelta(days=1),
    "confirm_by": timedelta(days=5),
}


class Numbers:
    """Numbers of a division that no real node gives at its beginning: they start far up, by chance."""

    def __init__(self, division: str, dice: Random) -> None:
        self._division = division
        self._next = 90_000_000 + dice.randrange(9_000_000)

    def next(self, letter: str, now: datetime) -> str:
        self._next += 1
        return ids.compose(self._division, letter, ids.local_day(now), self._next)


def letter_of(desk: str) -> str:
    return "P" if desk.startswith("110") else "W"


def snapshot(
    *,
    matter: Mapping[str, Any],
    number: str,
    desk: str,
    title: str,
    now: datetime,
    version: int = 1,
    state: str = "handling",
    urgency: str = "ordinary",
    **more: Any,
) -> dict[str, Any]:
    """The data of a `matter` message. `matter`: its own facts, as linkage_number, first_desk; `more`: of the order."""
    order = {
        "number": number,
        "linkage_number": matter["linkage_number"],
        "kind": "police" if letter_of(desk) == "P" else "work",
        "desk": desk,
        "state": state,
        "channel": "phone",
        "urgency": urgency,
        "title": title,
        "content": title,
        "received_at": matter["opened_at"],
        "version": version,
        **more,
    }
    made: dict[str, Any] = plain({**matter, "snapshot": version, "order": order})
    return made


def next_step(
    replica: Replica, verb: str, author: str, body: Mapping[str, Any], now: datetime, person: str = "模拟员"
) -> Step:
    """The step after the replica's last, with the clocks of the state it leads to."""
    state = edge_for(replica.kind, replica.state, verb).target
    running = {clock: now + SPANS[clock] for clock in CLOCKS.get(state, ())}
    return compose(replica, verb, author, person, body, running, now)


def step_data(step: Step, origin_order: str = "", target_order: str = "") -> dict[str, Any]:
    orders = {"origin_order": origin_order, "target_order": target_order}
    return {**chain.step_data(step), **{name: number for name, number in orders.items() if number}}


def note_data(
    name: str, replica: Replica, kind: str, author: str, body: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    made: dict[str, Any] = plain(
        {
            "id": name,
            "transfer": replica.transfer,
            "kind": kind,
            "author": author,
            "person": "模拟员",
            "at": now,
            "after_seq": replica.seq,
            "body": body,
        }
    )
    return made
