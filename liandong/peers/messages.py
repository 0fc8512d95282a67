"""What two nodes tell each other of a matter: the data of a `matter`, `step` or `note` message, and back. Pure.

The data stands in an envelope that names sender, receiver and serial; personal fields are sealed there. Names that
this release does not know are passed over here and kept in the stored message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from liandong.intake import snapshots
from liandong.intake.snapshots import Snapshot
from liandong.kernel.canonical import plain
from liandong.kernel.errors import Invalid
from liandong.peers import chain
from liandong.transfer.replica import Step

Data = dict[str, Any]

MATTER, STEP, NOTE, ATTACHMENT = "matter", "step", "note", "attachment"
PROOF = "proof"  # of a step or note that comes back to its author's node: the envelope in which that sent it


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the journal has it and as it comes out of its envelope, personal fields in clear.

    `source` and `receiver` are codes of nodes, `serial` counts from 1 in the journal between the two. `subject` is the
    number of the matter or transfer. `raw` is the envelope it came in, empty where it came in none. `journal` tells the
    journals of one source apart.
    """

    id: str
    source: str
    receiver: str
    serial: int
    kind: str
    subject: str
    urgent: bool
    data: Mapping[str, Any]
    traceparent: str = ""
    raw: bytes = b""
    journal: int = 0


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step with its hash as its node sends it, and the two desks' orders as that node knows them.

    `opening`, of the first step of a danger: what never changes of its matter and of the origin's order, so that it is
    shown at once where the order has not come yet.
    """

    step: Step
    digest: bytes
    origin_order: str
    target_order: str
    opening: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ToldNote:
    uid: UUID
    transfer: str
    kind: str
    author: str
    person: str
    at: datetime
    after_seq: int
    body: Mapping[str, Any]


# Of the order's document: what stands in a part of its own. All else has the name of its column.
_PLACE = ("division", "address", "longitude", "latitude")
_DETAILS = ("work", "police", "extensions")


def matter_data(snapshot: Snapshot) -> Data:
    """The data of a `matter` message: the matter, and one order of it in the shape of the standard."""
    known = snapshots.data_of(snapshot)
    matter, order = known["matter"], known["order"]
    details = order.pop("details")
    document = {
        **{name: value for name, value in order.items() if name not in _PLACE},
        "linkage_number": matter["number"],
        "place": _filled({name: order[name] for name in _PLACE}),
        "caller": known["caller"] | ({"secret": True} if order.pop("secret") else {}),
        **{name: details[name] for name in _DETAILS if details.get(name)},
    }
    document.pop("secret")
    marks = {name: matter[name] for name in snapshots.MARKS}
    facts = {"linkage_number": matter["number"], **{name: matter[name] for name in snapshots.MATTER[1:]}}
    data: Data = plain({**facts, **_filled(marks), "snapshot": snapshot.version, "order": _filled(document)})
    return data


def _filled(values: Data) -> Data:
    """Without what is empty: the standard has no null and no empty text."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", {})}


def read_matter(data: Mapping[str, Any]) -> Snapshot:
    """The snapshot a `matter` message holds. Raises Invalid (with the field)."""
    order, place, caller = _part(data, "order"), _part(data, "order", "place"), _part(data, "order", "caller")
    values: Data = {name: order.get(name) for name in (*snapshots.FIXED, *snapshots.ORDER)}
    values |= {name: place.get(name) for name in _PLACE}
    values["secret"] = bool(caller.get("secret"))
    values["details"] = {name: order[name] for name in _DETAILS if name in order}
    for name in ("urges", "rework", "version"):
        values[name] = values[name] or 0
    matter = {name: data.get(name) for name in (*snapshots.MATTER, *snapshots.MARKS)}
    matter["number"] = data.get("linkage_number")
    return snapshots.read(
        {
            "version": data.get("snapshot"),
            "matter": _texts(matter),
            "order": _texts(values),
            "caller": {name: caller.get(name, "") for name in snapshots.CALLER},
        }
    )


def _part(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    found: Any = data
    for name in path:
        found = found.get(name, {})
        if not isinstance(found, Mapping):
            raise Invalid(field="/".join(path))
    return found  # type: ignore[no-any-return]


def _texts(values: Data) -> Data:
    """A text that was left out is an empty one."""
    return {
        name: "" if value is None and name not in snapshots.MAY_BE_NOTHING else value for name, value in values.items()
    }


OPENING = ("division", "first_desk", "opened_at", "kind", "channel", "received_at")


def first_seen(told: ToldStep) -> Snapshot | None:
    """The origin's order as the first step of a danger tells it, older than any snapshot of it; None where it tells
    nothing. Raises Invalid.
    """
    opening, step = told.opening, told.step
    if opening is None or step.seq != 1 or step.kind != "danger":
        return None
    given = {name: opening.get(name) for name in OPENING}
    matter = {name: given[name] for name in ("division", "first_desk", "opened_at")}
    signal = str(step.body.get("signal") or step.body.get("reason") or "")
    order = {name: given[name] for name in ("kind", "channel", "received_at", "division")}
    words = {"desk": step.author, "state": "received", "urgency": "danger", "title": signal[:TITLE], "content": signal}
    empty = {"details": {}, "secret": False, "urges": 0, "rework": 0, "version": 0}
    return snapshots.read(
        {
            "version": FIRST_SEEN,
            "matter": _texts({**dict.fromkeys(snapshots.MARKS), **matter, "number": step.body.get("matter")}),
            "order": _texts({**dict.fromkeys(snapshots.ORDER), **empty, **order, **words, "number": told.origin_order}),
            "caller": {},
        }
    )


FIRST_SEEN = 1  # a snapshot's version is a moment: any that its node makes is later
TITLE = 100


def step_data(told: ToldStep) -> Data:
    """The data of a `step` message: all that the hash covers, the hash, and beside it the orders."""
    orders = _filled({"origin_order": told.origin_order, "target_order": told.target_order})
    opening = {"opening": plain(told.opening)} if told.opening is not None else {}
    return {**chain.step_data(told.step), **orders, **opening}


def read_step(data: Mapping[str, Any]) -> ToldStep:
    """Raises Invalid for what is no step."""
    try:
        digest = bytes.fromhex(data["hash"])
        opening = data.get("opening")
        told = dict(opening) if opening is not None else None
        return ToldStep(Step.read(data), digest, _name(data, "origin_order"), _name(data, "target_order"), told)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid(field="step") from None


def _name(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field, "")
    if not isinstance(value, str):
        raise Invalid(field=field)
    return value


def note_data(told: ToldNote) -> Data:
    data: Data = plain(
        {
            "id": str(told.uid),
            "transfer": told.transfer,
            "kind": told.kind,
            "author": told.author,
            "person": told.person,
            "at": told.at,
            "after_seq": told.after_seq,
            "body": told.body,
        }
    )
    return data


def read_note(data: Mapping[str, Any]) -> ToldNote:
    """Raises Invalid for what is no note."""
    try:
        return ToldNote(
            uid=UUID(data["id"]),
            transfer=data["transfer"],
            kind=data["kind"],
            author=data["author"],
            person=data["person"],
            at=datetime.fromisoformat(data["at"]),
            after_seq=int(data["after_seq"]),
            body=dict(data["body"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid(field="note") from None
