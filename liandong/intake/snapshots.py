"""An order as its desk's node tells it to the other nodes of the matter's circle. Pure.

Left out is what belongs to the desk alone: its clocks' moments, the number its sender gave, its own history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from liandong.intake.callers import Caller
from liandong.kernel.errors import Invalid

# What never changes of a matter, and what is marked on it once.
MATTER = ("number", "division", "first_desk", "opened_at")
MARKS = ("danger_at", "problem_at", "problem_why")
# What never changes of an order, and what its desk goes on changing.
FIXED = ("number", "kind", "desk", "channel", "received_at")
ORDER = (
    *("state", "division", "nature", "category", "urgency", "level", "title", "content", "address"),
    *("longitude", "latitude", "occurred_at", "secret", "details", "outcome", "result", "answer", "answered_at"),
    *("closed_at", "due_at", "overdue_at", "urges", "rework", "needs", "version"),
)
CALLER = ("name", "phone", "identity_number")
_MOMENTS = frozenset(
    (
        *("opened_at", "danger_at", "problem_at", "received_at", "occurred_at", "answered_at", "closed_at"),
        *("due_at", "overdue_at"),
    )
)
MAY_BE_NOTHING = _MOMENTS - {"opened_at", "received_at"} | {"longitude", "latitude"}
_NUMBERS = frozenset(("urges", "rework", "version"))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`matter` has the names of MATTER and MARKS, `order` those of FIXED and ORDER; moments are datetimes.

    `version` grows with every change of the order, and says which of two snapshots is the later one.
    """

    version: int
    matter: Mapping[str, Any]
    order: Mapping[str, Any]
    caller: Caller


def data_of(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON has it, moments still datetimes."""
    caller = {name: getattr(snapshot.caller, name) for name in CALLER if getattr(snapshot.caller, name)}
    return {
        "version": snapshot.version,
        "matter": dict(snapshot.matter),
        "order": dict(snapshot.order),
        "caller": caller,
    }


def read(data: Mapping[str, Any]) -> Snapshot:
    """What another node sent; names that are not known here are left out. Raises Invalid (with the field)."""
    version, caller = data.get("version"), data.get("caller") or {}
    if type(version) is not int or version < 1:
        raise Invalid(field="version")
    order = _part(data, "order", (*FIXED, *ORDER))
    return Snapshot(
        version=version,
        matter=_part(data, "matter", (*MATTER, *MARKS)),
        order=order,
        caller=Caller(**{name: _text(caller.get(name) or "", name) for name in CALLER}, secret=order["secret"]),
    )


def _part(data: Mapping[str, Any], part: str, names: tuple[str, ...]) -> dict[str, Any]:
    given = data.get(part)
    if not isinstance(given, Mapping):
        raise Invalid(field=part)
    return {name: _value(given.get(name), name, f"{part}/{name}") for name in names}


def _value(value: Any, name: str, field: str) -> Any:
    if value is None and name in MAY_BE_NOTHING:
        return None
    if name in _MOMENTS:
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise Invalid(field=field) from None
        if moment.tzinfo is None:
            raise Invalid(field=field)
        return moment
    if name in _NUMBERS:
        wanted: tuple[type, ...] = (int,)
    elif name in ("longitude", "latitude"):
        wanted = (int, float)
    else:
        wanted = {"secret": (bool,), "details": (dict,)}.get(name, (str,))
    if type(value) not in wanted:
        raise Invalid(field=field)
    return _text(value, field) if isinstance(value, str) else value


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise Invalid(field=field)
    return value
