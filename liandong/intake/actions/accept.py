"""Accept orders: validate codes, make the rows, run the one statement, answer repeats with the first answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import IntegrityError

from liandong.audit.by import By
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import must_be_here
from liandong.intake.accepting import Accepted, Incoming, Key, Row, Setting, Settled, columns, row_for
from liandong.intake.actions.sequence import take_numbers
from liandong.intake.errors import CodeUnknown, DuplicateExternal, KeyReused
from liandong.intake.models import AcceptedKey, Order
from liandong.intake.queries import rulebook
from liandong.intake.rulebook import Rulebook
from liandong.intake.statement import ACCEPT
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotAllowed

# Which side writes which record; a county's 110 writes police orders like the city's.
ORDER_KIND = {"city_12345": "work", "city_110": "police", "county_110": "police", "hotline": "work"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one asked order: its answer, or the error that its key was used for another body."""

    answer: dict[str, Any]
    replayed: bool = False
    error: KeyReused | None = None


def prepare(by: By, incoming: Sequence[Incoming], keys: Sequence[Key]) -> tuple[list[Row], list[Accepted]]:
    """The rows for the statement. Raises NotAllowed, CodeUnknown, Invalid, LimitMissing, CalendarMissing."""
    by.needs("order.accept")
    if by.desk is None:
        raise NotAllowed("只有受理台可以受理，请以受理台岗位登录。")
    must_be_here(by.desk)
    now = clock.now()
    desk, book = desk_row(by.desk), rulebook()
    setting = Setting(
        desk=desk.code,
        division=desk.division_id,
        limit=book.limit,
        calendar=book.calendar,
        seal_key=settings.SEAL_KEY,
        blind_key=settings.BLIND_KEY,
        by=orjson.dumps(by.described()).decode(),
    )
    for one in incoming:
        if ORDER_KIND[desk.kind] != one.kind:
            raise Invalid("本台不能受理这一类单：12345受理工单，110受理警单。", field="/kind")
        _check_codes(one, book, now)
        if one.settled is not None:
            _check_settled(by, one, one.settled, book, now)
    _check_twice(incoming, keys)
    numbers = take_numbers(len(incoming))
    made = [
        row_for(one, number, by, setting, key, now) for one, number, key in zip(incoming, numbers, keys, strict=True)
    ]
    return [row for row, _ in made], [accepted for _, accepted in made]


def _check_codes(one: Incoming, book: Rulebook, now: datetime) -> None:
    for table, code, field in (
        ("nature", one.nature, "/nature"),
        ("channel", one.channel, "/channel"),
        ("urgency", one.urgency, "/urgency"),
        ("level", one.level, "/police/level"),
    ):
        if code and not book.knows(table, code, now):
            raise CodeUnknown(field=field)


def _check_settled(by: By, one: Incoming, settled: Settled, book: Rulebook, now: datetime) -> None:
    """What a call-taker may end within the call; a danger never (S3.4)."""
    by.needs("order.handle")
    if one.urgency == "danger":
        raise Invalid("涉及紧急危险的单不能当场办结。", field="/settled")
    if not settled.text.strip():
        raise Invalid("请填写答复或引导解释的内容。", field="/settled/text")
    if settled.outcome == "answered":
        by.needs("order.close")
        if not book.knows("result", settled.result, now):
            raise CodeUnknown("请选择办理结果。", field="/settled/result")


def _check_twice(incoming: Sequence[Incoming], keys: Sequence[Key]) -> None:
    """The database would refuse the second of two equal numbers of a sender too, but could not name an order yet."""
    seen = set()
    for one, key in zip(incoming, keys, strict=True):
        number = (key.system, one.external_id)
        if one.external_id and number in seen:
            raise DuplicateExternal(
                "同一批中有两件外部编号相同，请核对后重新发送。", field="/external_id", external_id=one.external_id
            )
        seen.add(number)


def accept_order(*, by: By, incoming: Incoming, key: Key | None = None) -> dict[str, Any]:
    """Accept one order; see `accept_orders`. Returns the answer (linkage number, order number, moments)."""
    (outcome,) = accept_orders(by=by, incoming=[incoming], keys=[key or Key(system=by.system or "")])
    if outcome.error is not None:
        raise outcome.error
    return outcome.answer


def accept_orders(*, by: By, incoming: Sequence[Incoming], keys: Sequence[Key]) -> list[Outcome]:
    """Accept all orders in one statement, or none; the outcomes come in the order asked.

    Raises what `prepare` raises, and DuplicateExternal (with the order it became).
    """
    rows, accepted = prepare(by, incoming, keys)
    try:
        # The statement is a transaction of its own; inside another one a refusal must leave that one usable.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            written = run_accept(rows)
    except IntegrityError:
        # The only unique value a sender chooses is its own number; anything else is ours and is raised.
        known = known_external(rows)
        if not known:
            raise
        raise next(iter(known.values())) from None
    return outcomes(rows, accepted, written)


def run_accept(rows: Sequence[Row]) -> set[str]:
    """Run the statement on Django's connection; returns the numbers of the orders that are new."""
    connection.ensure_connection()
    # A cursor of our own: without the wrapper the driver's errors would pass by those who look for Django's.
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(ACCEPT, columns(rows))
        return {number for number, _, _ in cursor.fetchall()}


def known_external(rows: Sequence[Row]) -> dict[str, DuplicateExternal]:
    """Of the rows' external numbers, those accepted before, with the error that names the order each became."""
    found = Order.objects.filter(
        system__in={row.system for row in rows}, external_id__in=[row.external_id for row in rows if row.external_id]
    )
    return {
        external: DuplicateExternal(
            field="/external_id", external_id=external, order_number=order, linkage_number=matter
        )
        for external, order, matter in found.values_list("external_id", "number", "matter__number")
    }


def outcomes(rows: Sequence[Row], accepted: Sequence[Accepted], written: set[str]) -> list[Outcome]:
    """The outcome of each row: new, or what its key got before."""
    repeats = [row for row in rows if row.order_number not in written]
    old = _replayed(repeats) if repeats else {}
    return [
        Outcome(one.answer) if row.order_number in written else old[row.order_number]
        for row, one in zip(rows, accepted, strict=True)
    ]


def key_outcome(key: Key) -> Outcome | None:
    """What the key got before; None when it is new."""
    before = AcceptedKey.objects.filter(system=key.system, key=key.key).first()
    return None if before is None else _again(before, key.body_hash)


def _again(before: AcceptedKey, body_hash: bytes) -> Outcome:
    if bytes(before.body_hash) != body_hash:
        return Outcome({}, error=KeyReused(key=before.key, header="Idempotency-Key"))
    return Outcome(orjson.loads(before.answer), replayed=True)


def _replayed(repeats: Sequence[Row]) -> dict[str, Outcome]:
    """What used keys got, by the number the repeated row would have had."""
    kept = {
        row.key: row
        for row in AcceptedKey.objects.filter(
            system__in={row.key_system for row in repeats}, key__in=[row.key for row in repeats]
        )
    }
    return {row.order_number: _again(kept[row.key], row.key_body_hash) for row in repeats}
