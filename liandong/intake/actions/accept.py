"""Accept orders: validate codes, make the rows, run the one statement, answer repeats with the first answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import IntegrityError

from liandong.audit.by import By
from liandong.identity.queries import desk as desk_row
from liandong.intake.accepting import Accepted, Incoming, Key, Row, Setting, columns, row_for
from liandong.intake.actions.sequence import take_numbers
from liandong.intake.errors import CodeUnknown, DuplicateExternal, KeyReused
from liandong.intake.models import AcceptedKey, Order
from liandong.intake.queries import rulebook
from liandong.intake.statement import ACCEPT
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotAllowed

# Which side writes which record; a county's 110 writes police orders like the city's.
ORDER_KIND = {"city_12345": "work", "city_110": "police", "county_110": "police", "hotline": "work"}


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of a batch, in its order: for each asked order the answer, or the answer its key got before."""

    answers: list[dict[str, Any]]
    replayed: list[bool]


def prepare(by: By, incoming: Sequence[Incoming], keys: Sequence[Key]) -> tuple[list[Row], list[Accepted]]:
    """The rows for the statement. Raises NotAllowed, CodeUnknown, Invalid, LimitMissing, CalendarMissing."""
    by.needs("order.accept")
    if by.desk is None:
        raise NotAllowed("只有受理台可以受理，请以受理台岗位登录。")
    now = clock.now()
    desk, book = desk_row(by.desk), rulebook()
    setting = Setting(
        desk=desk.code,
        division=desk.division_id,
        limits=book.limits,
        calendar=book.calendar,
        seal_key=settings.SEAL_KEY,
        blind_key=settings.BLIND_KEY,
    )
    for one in incoming:
        if ORDER_KIND[desk.kind] != one.kind:
            raise Invalid("本台不能受理这一类单：12345受理工单，110受理警单。", field="/kind")
        _check_codes(one)
    numbers = take_numbers(len(incoming))
    made = [
        row_for(one, number, by, setting, key, now) for one, number, key in zip(incoming, numbers, keys, strict=True)
    ]
    return [row for row, _ in made], [accepted for _, accepted in made]


def _check_codes(one: Incoming) -> None:
    book, now = rulebook(), clock.now()
    for table, code, field in (
        ("nature", one.nature, "/nature"),
        ("channel", one.channel, "/channel"),
        ("urgency", one.urgency, "/urgency"),
        ("level", one.level, "/police/level"),
    ):
        if code and not book.knows(table, code, now):
            raise CodeUnknown(field=field)


def accept_order(*, by: By, incoming: Incoming, key: Key | None = None) -> dict[str, Any]:
    """Accept one order; see `accept_orders`. Returns the answer (linkage number, order number, moments)."""
    return accept_orders(by=by, incoming=[incoming], keys=[key or Key(system=by.system or "")]).answers[0]


def accept_orders(*, by: By, incoming: Sequence[Incoming], keys: Sequence[Key]) -> Batch:
    """Accept all orders in one statement, or none.

    Raises what `prepare` raises, KeyReused (same key, other body), DuplicateExternal (with the order it became).
    """
    rows, accepted = prepare(by, incoming, keys)
    try:
        with transaction.atomic():
            written = run_accept(rows)
    except IntegrityError:
        # The only unique value a sender chooses is its own number; anything else is ours and is raised.
        known = known_external(rows)
        if not known:
            raise
        external, (order, matter) = next(iter(known.items()))
        raise DuplicateExternal(
            field="/external_id", external_id=external, order_number=order, linkage_number=matter
        ) from None
    return _answers(rows, accepted, written)


def run_accept(rows: Sequence[Row]) -> set[str]:
    """Run the statement on Django's connection; returns the numbers of the orders that are new."""
    connection.ensure_connection()
    with psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(ACCEPT, columns(rows))
        return {number for number, _, _ in cursor.fetchall()}


def known_external(rows: Sequence[Row]) -> dict[str, tuple[str, str]]:
    """Of the rows' external numbers, those that were accepted before: number → (order, linkage number)."""
    found = Order.objects.filter(
        system__in={row.system for row in rows}, external_id__in=[row.external_id for row in rows if row.external_id]
    )
    return {
        external: (order, matter)
        for external, order, matter in found.values_list("external_id", "number", "matter__number")
    }


def _answers(rows: Sequence[Row], accepted: Sequence[Accepted], written: set[str]) -> Batch:
    repeats = [row for row in rows if row.order_number not in written]
    old = replay(repeats) if repeats else {}
    return Batch(
        answers=[
            one.answer() if row.order_number in written else old[row.key]
            for row, one in zip(rows, accepted, strict=True)
        ],
        replayed=[row.order_number not in written for row in rows],
    )


def replay(repeats: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """The answers that used keys got, by key. Raises KeyReused when a key came with another body."""
    kept = {
        row.key: row
        for row in AcceptedKey.objects.filter(
            system__in={row.key_system for row in repeats}, key__in=[row.key for row in repeats]
        )
    }
    for row in repeats:
        if bytes(kept[row.key].body_hash) != row.key_body_hash:
            raise KeyReused(key=row.key)
    return {key: orjson.loads(row.answer) for key, row in kept.items()}
