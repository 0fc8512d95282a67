"""From an accept message (the published standard) to the rows of one new order. Pure: keys, limits and numbers come in.

A `Row` has exactly the columns of the accept statement, in its order, so that one order and a thousand go the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from liandong.audit import trail
from liandong.audit.by import By
from liandong.intake import numbering
from liandong.intake.callers import Caller, protect
from liandong.intake.limits import Limit, due
from liandong.intake.words import words
from liandong.kernel.errors import Invalid
from liandong.kernel.ids import CITY_ZONE, city_time
from liandong.kernel.trace import current
from liandong.kernel.workdays import WorkCalendar

# A sender's clock may run ahead of ours by this much; beyond it the moment is an error, not skew.
SKEW = timedelta(minutes=5)
# No caller tells of something earlier; such a moment is the zero of a sender's clock (1601, 0001) and no date.
EARLIEST = datetime(1900, 1, 1, tzinfo=CITY_ZONE)


@dataclass(frozen=True, slots=True)
class Settled:
    """What settled an order within the call: answered and the caller content, or guided to where it belongs (S3.5)."""

    outcome: str  # answered, guided
    text: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One order as it is asked for; codes and lengths are already checked against the schema."""

    kind: str
    title: str
    content: str
    nature: str = "help"
    channel: str = "phone"
    category: str = ""
    urgency: str = "ordinary"
    level: str = ""
    division: str = ""
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    external_id: str = ""
    caller: Caller = field(default_factory=Caller)
    details: Mapping[str, Any] | None = None
    settled: Settled | None = None


def from_message(message: Mapping[str, Any]) -> Incoming:
    """Read a valid `order-accept` message."""
    place, caller = message.get("place") or {}, message.get("caller") or {}
    police, settled = message.get("police") or {}, message.get("settled")
    return Incoming(
        kind=message["kind"],
        title=message["title"],
        content=message["content"],
        nature=message.get("nature") or "help",
        channel=message.get("channel") or "phone",
        category=message.get("category") or "",
        urgency=message.get("urgency") or ("danger" if message.get("danger") else "ordinary"),
        level=police.get("level") or "",
        division=place.get("division") or "",
        address=place.get("address") or "",
        longitude=place.get("longitude"),
        latitude=place.get("latitude"),
        occurred_at=_moment(message.get("occurred_at")),
        received_at=_moment(message.get("received_at")),
        external_id=message.get("external_id") or "",
        caller=Caller(
            name=caller.get("name") or "",
            phone=caller.get("phone") or "",
            identity_number=caller.get("identity_number") or "",
            secret=bool(caller.get("secret")),
        ),
        details={key: message[key] for key in ("work", "police", "extensions") if message.get(key)},
        settled=Settled(settled["outcome"], settled["text"], settled.get("result", "")) if settled else None,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("z", "Z").replace("t", "T")) if text else None


@dataclass(frozen=True, slots=True)
class Key:
    """An Idempotency-Key, or none: `key` empty. `body_hash` is the SM3 of the body it came with."""

    system: str
    key: str = ""
    body_hash: bytes = b""


class Row(NamedTuple):
    """The columns of the accept statement. The order of the fields is the order of its parameters."""

    matter_number: str
    order_number: str
    division: str
    desk: str
    at: datetime
    kind: str
    channel: str
    nature: str
    category: str
    urgency: str
    level: str
    title: str
    content: str
    address: str
    longitude: float | None
    latitude: float | None
    occurred_at: datetime | None
    received_at: datetime
    system: str
    external_id: str
    caller_name: bytes | None
    caller_phone: bytes | None
    caller_identity: bytes | None
    phone_blind: bytes | None
    identity_blind: bytes | None
    secret: bool
    details: str
    words: str
    answer_by: datetime | None
    by: str
    person: int | None
    audit_body: str
    audit_hash: bytes
    fact: str
    key_system: str
    key: str
    key_body_hash: bytes
    key_answer: str
    closed_at: datetime | None = None
    outcome: str = ""
    result: str = ""
    answer: str = ""
    closed_body: str | None = None
    closed_hash: bytes | None = None


COLUMNS = Row._fields


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to the sender: what the order is called from now on."""

    matter: str
    order: str
    at: datetime
    answer_by: datetime | None

    @property
    def answer(self) -> dict[str, Any]:
        """The answer as the standard has it; an order settled in the call has no moment to answer by."""
        clock = {} if self.answer_by is None else {"answer_by": city_time(self.answer_by)}
        return {
            "linkage_number": self.matter,
            "order_number": self.order,
            "accepted_at": city_time(self.at),
            **clock,
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What acceptance needs of the world: the desk's division, limits, calendar, keys, the actor as JSON."""

    desk: str
    division: str
    limit: Callable[[str, str, str, datetime], Limit]
    calendar: WorkCalendar
    seal_key: bytes
    blind_key: bytes
    by: str


def row_for(
    incoming: Incoming, sequence: int, by: By, setting: Setting, key: Key, now: datetime
) -> tuple[Row, Accepted]:
    """The row of one order accepted at `now`.

    Raises Invalid for a moment in the future or before 1900, LimitMissing, CalendarMissing.
    """
    _check_moments(incoming, now)
    answer_by = None
    if incoming.settled is None:
        limit = setting.limit("answer_by", incoming.nature, incoming.urgency, now)
        answer_by = due(limit, now, setting.calendar)
    accepted = Accepted(
        matter=numbering.number(setting.division, numbering.LINKAGE, now, sequence),
        order=numbering.number(setting.division, numbering.LETTER_OF_ORDER[incoming.kind], now, sequence),
        at=now,
        answer_by=answer_by,
    )
    row = _row(incoming, accepted, by, setting, key)
    return (row if incoming.settled is None else _born_closed(row, incoming.settled, by)), accepted


def _row(incoming: Incoming, accepted: Accepted, by: By, setting: Setting, key: Key) -> Row:
    """What was told, beside what acceptance made of it."""
    sealed = protect(incoming.caller, accepted.order, seal_key=setting.seal_key, blind_key=setting.blind_key)
    event = _accepted_event(incoming, accepted, by)
    return Row(
        matter_number=accepted.matter,
        order_number=accepted.order,
        division=incoming.division or setting.division,
        desk=setting.desk,
        at=accepted.at,
        kind=incoming.kind,
        channel=incoming.channel,
        nature=incoming.nature,
        category=incoming.category,
        urgency=incoming.urgency,
        level=incoming.level,
        title=incoming.title,
        content=incoming.content,
        address=incoming.address,
        longitude=incoming.longitude,
        latitude=incoming.latitude,
        occurred_at=incoming.occurred_at,
        received_at=min(incoming.received_at or accepted.at, accepted.at),
        system=key.system,
        external_id=incoming.external_id,
        caller_name=sealed.name,
        caller_phone=sealed.phone,
        caller_identity=sealed.identity_number,
        phone_blind=sealed.phone_blind,
        identity_blind=sealed.identity_blind,
        secret=incoming.caller.secret,
        details=_json(incoming.details or {}),
        words=words(incoming.title, incoming.address, incoming.content),
        answer_by=accepted.answer_by,
        by=setting.by,
        person=by.person,
        audit_body=event.body,
        audit_hash=event.hash,
        fact=_fact(incoming, accepted, setting),
        key_system=key.system,
        key=key.key,
        key_body_hash=key.body_hash,
        key_answer=_json(accepted.answer),
    )


def _fact(incoming: Incoming, accepted: Accepted, setting: Setting) -> str:
    """What the outbox announces of a new order."""
    urgency = incoming.urgency
    trace = {"traceparent": current()} if current() else {}
    told = {"matter": accepted.matter, "order": accepted.order, "desk": setting.desk, "urgency": urgency}
    return _json({**told, **trace})


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _accepted_event(incoming: Incoming, accepted: Accepted, by: By) -> trail.Entry:
    """The first event of the matter's chain."""
    detail = {
        "order": accepted.order,
        "kind": incoming.kind,
        "external_id": incoming.external_id,
        "urgency": incoming.urgency,
    }
    if incoming.settled is not None:
        detail["settled"] = incoming.settled.outcome
    return trail.entry("order.accepted", by=by, subject=accepted.matter, at=accepted.at, detail=detail)


def _born_closed(row: Row, settled: Settled, by: By) -> Row:
    """The row of an order that ends with the call: one history, one custody segment of no length, two events."""
    end = trail.entry(
        "matter.closed",
        by=by,
        subject=row.matter_number,
        at=row.at,
        detail={"outcome": settled.outcome},
        prev=row.audit_hash,
    )
    return row._replace(
        closed_at=row.at,
        outcome=settled.outcome,
        result=settled.result,
        answer=settled.text,
        closed_body=end.body,
        closed_hash=end.hash,
    )


def _check_moments(incoming: Incoming, now: datetime) -> None:
    for place, moment in (("/received_at", incoming.received_at), ("/occurred_at", incoming.occurred_at)):
        # Danger first: a sender whose clock is wrong still has a caller in danger (S3.4).
        if moment is not None and moment > now + SKEW and incoming.urgency != "danger":
            raise Invalid("时间晚于当前时间，请检查发送方时钟。", field=place)
        if moment is not None and moment < EARLIEST:
            raise Invalid("时间早于1900年，请检查发送方的时间字段。", field=place)


def columns(rows: Sequence[Row]) -> list[list[Any]]:
    """The rows turned into one list a column: the parameters of the statement."""
    return [list(column) for column in zip(*rows, strict=True)]
