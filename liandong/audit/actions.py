"""Writing the trail: `record` by every action of the house, `seal_waiting` by the worker; and what auditors do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from liandong.audit import trail
from liandong.audit.by import By
from liandong.audit.errors import TooMuchForASheet, TrailBroken
from liandong.audit.findings import Findings
from liandong.audit.models import Event, Seal
from liandong.audit.queries import READ, access_subject
from liandong.audit.verify import verify_span, verify_subject
from liandong.kernel import clock
from liandong.kernel.atonce import AtOnce, running
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.sheets import Cell, Column, Sheet, write_sheet

MOST_IN_A_SHEET = 20_000

# Of two sealers at work at once one goes home. The number is a name and means nothing else ("seal" in ASCII).
_SEALER_LOCK = 0x7365616C

_LAST_HASH = "SELECT hash FROM audit_event WHERE subject = %s ORDER BY id DESC LIMIT 1"

_ROW = "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
_ROW_AFTER = f"SELECT %s::timestamptz, %s, %s, %s::int8, %s, %s, %s::bytea, %s::bytea WHERE ({_LAST_HASH}) = %s"
_WRITE = """
WITH {along} event AS (
    INSERT INTO audit_event (at, kind, subject, person, party, body, prev, hash)
    {row}
    ON CONFLICT (subject, prev) DO NOTHING
    RETURNING id
)
INSERT INTO audit_unsealed (event_id) SELECT id FROM event RETURNING event_id
"""


class Along(NamedTuple):
    """An INSERT of the caller's own that is sent with the event, to save its round trip."""

    text: str
    values: Sequence[Any]


# A queue row without its event is left where it is: it is a trace, and the verifier reports it.
_TAKE = """
WITH taken AS (
    DELETE FROM audit_unsealed WHERE event_id IN (
        SELECT u.event_id FROM audit_unsealed u JOIN audit_event e ON e.id = u.event_id
        ORDER BY u.event_id LIMIT %s
    )
    RETURNING event_id
)
SELECT e.id, e.hash FROM taken JOIN audit_event e ON e.id = taken.event_id ORDER BY e.id
"""


def record(
    kind: str,
    *,
    by: By,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    after: bytes | None = None,
    along: Along | None = None,
) -> Event:
    """Write one event at the end of the subject's chain, in the running transaction, and queue it for the sealer.

    Two round trips: the hash before is read, then event and queue row go in as one statement (PostgreSQL has no SM3,
    so the hash cannot be made there). Whoever has read the subject's last hash in this transaction gives it as
    `after` and saves the first; the statement holds it against the table, and where it is not the last, it is read
    after all. Who writes on the same subject at once waits for the other's commit and links to it: the unique
    (subject, prev) lets no chain fork, and no lock outlives the row. `along` is written once, whoever wins.

    Raises RuntimeError outside a transaction, CatalogueError for an unlisted kind or field, TrailBroken when rows of
    the subject stand in an order no writer could have made.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"audit event {kind} recorded outside a transaction")
    moment = at or clock.now()
    together = running()
    if together is not None:
        return _recorded_later(together, kind, by, subject, detail or {}, moment, after, along)
    tried: bytes | None = None
    with connection.cursor() as cursor:
        while True:
            prev = after if after is not None and tried is None else _last_hash(cursor, subject)
            if prev == tried:
                # The row that was in our way is committed by now; as it is not the last one, the order is forged.
                raise TrailBroken(subject=subject)
            entry = trail.entry(kind, by=by, subject=subject, at=moment, detail=detail or {}, prev=prev)
            checked: list[Any] = [subject, prev] if after is not None and tried is None else []
            with_it, along = along or Along("", ()), None
            cursor.execute(_writing(with_it.text, bool(checked)), [*with_it.values, *entry, *checked])
            written = cursor.fetchone()
            if written:
                return Event(id=written[0], **entry._asdict())
            tried = prev


def _recorded_later(
    together: AtOnce,
    kind: str,
    by: By,
    subject: str,
    detail: Mapping[str, Any],
    at: datetime,
    after: bytes | None,
    along: Along | None,
) -> Event:
    """Link the event and leave its row to the end, when all are written together; it has no id before."""
    last = together.known("trail")
    if subject not in last:
        with connection.cursor() as cursor:
            last[subject] = after if after is not None else _last_hash(cursor, subject)
    entry = trail.entry(kind, by=by, subject=subject, at=at, detail=detail, prev=last[subject])
    last[subject] = entry.hash
    together.later(Event._meta.db_table, _write_events, entry)
    if along is not None:
        with connection.cursor() as cursor:
            cursor.execute(along.text, along.values)
    return Event(**entry._asdict())


def _write_events(entries: list[trail.Entry]) -> None:
    """Many in their order. Where somebody else has written on one of the subjects meanwhile, the unique constraint
    undoes them all: Raises IntegrityError.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_MANY, [list(column) for column in zip(*entries, strict=True)])


_WRITE_MANY = """
WITH event AS (
    INSERT INTO audit_event (at, kind, subject, person, party, body, prev, hash)
    SELECT at, kind, subject, person, party, body, prev, hash
    FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::int8[], %s::text[], %s::text[], %s::bytea[], %s::bytea[])
        WITH ORDINALITY AS made (at, kind, subject, person, party, body, prev, hash, place)
    ORDER BY place
    RETURNING id
)
INSERT INTO audit_unsealed (event_id) SELECT id FROM event
"""


@lru_cache(maxsize=64)  # there are as many texts as areas have tables of this kind
def _writing(along: str, checked: bool) -> str:
    return _WRITE.format(along=f"along AS ({along})," if along else "", row=_ROW_AFTER if checked else _ROW)


def _last_hash(cursor: CursorWrapper, subject: str) -> bytes:
    cursor.execute(_LAST_HASH, [subject])
    last = cursor.fetchone()
    return bytes(last[0]) if last else trail.GENESIS


def seal_waiting(limit: int = 5000) -> Seal | None:
    """Bind up to `limit` committed events that wait, oldest first, with a seal chained to the last one.

    Returns None when nothing waits or another sealer is at work. Queue rows go in the transaction in which the seal
    comes, so a crash in between loses nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(_TAKE, [limit])
        rows = [(event, bytes(hashed)) for event, hashed in cursor.fetchall()]
        if not rows:
            return None
        return _bind([event for event, _ in rows], [hashed for _, hashed in rows])


def _bind(events: list[int], leaves: list[bytes]) -> Seal:
    last = Seal.objects.order_by("-number").values_list("number", "hash").first()
    number, prev = (last[0] + 1, bytes(last[1])) if last else (1, trail.GENESIS)
    at, root = clock.now(), trail.merkle_root(leaves)
    return Seal.objects.create(
        number=number,
        at=at,
        events=events,
        leaves=b"".join(leaves),
        root=root,
        prev=prev,
        hash=trail.seal_hash(number, at, root, prev, events),
    )


def verify_and_tell(
    *, by: By, about: str, subject: str, since: datetime | None, until: datetime | None
) -> tuple[Findings, bool]:
    """Verify a subject's chain, or what was written in a span of time, and leave that in the trail.

    Returns what was found, and whether it could be recorded: the auditor's own chain may be the broken one. Must be
    called outside a transaction. Raises NotAllowed, SpanTooLong.
    """
    by.needs(READ)
    if subject:
        found = verify_subject(subject)
    else:
        assert since is not None
        assert until is not None
        found = verify_span(since, until)
    detail = {
        "about": about,
        "since": since.isoformat() if since else None,
        "until": until.isoformat() if until else None,
        "events": found.events,
        "faults": found.faults,
        "first": found.first.chinese if found.first else None,
    }
    try:
        with transaction.atomic():
            record("trail.verified", by=by, subject=f"person:{by.person}", detail=detail)
    except TrailBroken:
        return found, False
    return found, True


@transaction.atomic
def export_subject(
    *, by: By, subject: str, about: str, lines: Callable[[list[Event]], Iterable[Sequence[Cell]]]
) -> Sheet:
    """The trail of one subject as a sheet; `lines` says how an event is told. Raises NotAllowed, TooMuchForASheet."""
    events = access_subject(by, subject, MOST_IN_A_SHEET + 1)
    if len(events) > MOST_IN_A_SHEET:
        raise TooMuchForASheet(f"该主体的记录超过{MOST_IN_A_SHEET}条，不能一次导出，请由系统管理员协助。")
    moment = f"{clock.now().astimezone(CITY_ZONE):%Y-%m-%d %H:%M}"
    titles = (("编号", 10), ("时间", 18), ("人员", 16), ("岗位和台", 28), ("事件", 16), ("内容", 60), ("校验值", 66))
    sheet = write_sheet(
        title=f"审计记录：{about}",
        about=[
            f"导出人：{by.name}　导出时间：{moment}",
            "文字内容未显示，个人信息已遮蔽；校验值与系统中的审计链一致。",
        ],
        mark=f"{by.name} {moment} 内部使用",
        columns=[Column(title, width) for title, width in titles],
        rows=lines(events),
    )
    detail = {"about": about, "rows": sheet.rows, "sm3": sheet.digest.hex()}
    record("trail.exported", by=by, subject=f"person:{by.person}", detail=detail)
    return sheet
