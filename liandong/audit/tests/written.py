"""Writing a trail for a test, and changing it as somebody who may switch the triggers off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from liandong.audit.actions import record, seal_waiting
from liandong.audit.by import By
from liandong.audit.catalogue import EventKind
from liandong.audit.findings import Findings
from liandong.audit.models import Seal
from liandong.audit.verify import recompute

DONE = EventKind("thing.done", "办理", ("note",))
SEEN = EventKind("thing.seen", "查看", ("note",))


@dataclass(frozen=True)
class Written:
    """Two sealed batches over subjects a and b, then two waiting events; `gap` is an id no event has."""

    a: list[int]
    b: list[int]
    gap: int


def write(by: By, subject: str, note: str) -> int:
    with transaction.atomic():
        return record(DONE.code, by=by, subject=subject, detail={"note": note}).id


def seal_all() -> Seal:
    seal = seal_waiting()
    assert seal is not None
    return seal


def small_trail(by: By) -> Written:
    a = [write(by, "a", "甲一")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_event', 'id'))")
        gap = cursor.fetchone()[0]
    b = [write(by, "b", "乙一")]
    a.append(write(by, "a", "甲二"))
    seal_all()
    a.append(write(by, "a", "甲三"))
    b.append(write(by, "b", "乙二"))
    seal_all()
    b.append(write(by, "b", "乙三"))
    b.append(write(by, "b", "乙四"))
    return Written(a, b, gap)


@contextmanager
def triggers_off() -> Iterator[None]:
    """What the owner of the tables, or a superuser, can do."""
    with connection.cursor() as cursor:
        for state in ("DISABLE", "ENABLE ALWAYS"):
            for table in ("audit_event", "audit_seal"):
                cursor.execute(f"ALTER TABLE {table} {state} TRIGGER {table}_append_only")
            if state == "DISABLE":
                yield


def forge(*statements: str) -> None:
    with triggers_off(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def verdict(*, patience: timedelta = timedelta(minutes=10), deposited: dict[int, bytes] | None = None) -> Findings:
    return recompute(patience=patience, deposited=deposited)
