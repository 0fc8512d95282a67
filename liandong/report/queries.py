"""Reads of reports: those of a transfer the actor may see, and what one of them has to tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.utils.timezone import localtime

from liandong.audit.by import By
from liandong.identity.queries import desk, desk_name, division_name
from liandong.intake.callers import Caller
from liandong.intake.models import Order
from liandong.intake.queries import rulebook
from liandong.intake.queries.documents import documents_of, is_there
from liandong.kernel import clock
from liandong.kernel.errors import NotFound
from liandong.kernel.seals import unseal_bytes
from liandong.report.content import Event, Facts, Report, asks_in_words
from liandong.report.models import ReportRow
from liandong.transfer.facts import CLOCK_NAMES
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS
from liandong.transfer.queries import access_transfer, grounds, notes_of, replica_of, steps_of
from liandong.transfer.queries.why import HANDING_OVER
from liandong.transfer.states import KINDS, TRANSFER

STEP_LABELS = {edge.verb: edge.label for edge in TRANSFER.edges}
# So much of what went before is told; the beginning stands in the paragraphs above.
MOST_EVENTS = 30


def reports_of(transfer: Transfer) -> list[ReportRow]:
    """The reports of a transfer that was reached through `access_transfer`, the newest first."""
    return list(ReportRow.objects.filter(transfer=transfer).order_by("-id"))


def access_report(by: By, number: str, report: int) -> ReportRow:
    """A report of the transfer of this number. Raises BadNumber, NotFound."""
    transfer = access_transfer(by, number)
    found = ReportRow.objects.filter(transfer=transfer, pk=report).first() if report < 2**63 else None
    if found is None:
        raise NotFound
    found.transfer = transfer
    return found


def report_in(row: ReportRow) -> Report:
    """What a report said when it went out. Raises SealBroken."""
    return Report.read(orjson.loads(unseal_bytes(settings.SEAL_KEY, row.sealed, bound_to=place(row.number))))


def place(number: str) -> bytes:
    """What the words of a report are bound to: under another number they do not open."""
    return f"report:{number}".encode()


def own_desk(by: By, transfer: Transfer) -> str:
    """The desk that issues: the actor's own; for who sees every desk and is of neither, the one that handed over."""
    return transfer.target if by.desk == transfer.target else transfer.origin


def other_desk(by: By, transfer: Transfer) -> str:
    """The desk a report goes to."""
    return transfer.origin if by.desk == transfer.target else transfer.target


def facts_of(by: By, transfer: Transfer, caller: Caller, asks: str) -> Facts:
    """Everything a report tells. `caller`: as it may be told, masked or for a purpose in clear."""
    order, book = transfer.origin_order, rulebook()
    own, other = own_desk(by, transfer), other_desk(by, transfer)
    steps = steps_of([transfer])
    ground = [one for one in grounds(steps) if one.step.verb in HANDING_OVER][-1]
    holder = replica_of(transfer).holder
    clock_name, due = _running(transfer)
    return Facts(
        linkage=transfer.matter.number,
        transfer=transfer.number,
        kind=KINDS[transfer.kind].label,
        state=TRANSFER.states[transfer.state],
        we="target" if own == transfer.target else "origin",
        own=desk_name(own),
        other=desk_name(other),
        order_label=order.get_kind_display(),
        order=order.number,
        title=order.title,
        content=order.content,
        nature=book.label("nature", order.nature),
        urgency=book.label("urgency", order.urgency),
        division=division_name(order.division),
        address="" if order.secret else order.address,
        occurred_at=_local(order.occurred_at),
        received_at=localtime(order.received_at),
        caller="（要求保密）" if order.secret else caller.name,
        phone="（要求保密）" if order.secret else caller.phone,
        handed_at=localtime(transfer.opened_at),
        list_version=ground.version,
        list_item=ground.code,
        item_text=f"{ground.item.class_name}：{ground.item.text}" if ground.item else "",
        reason=ground.said,
        clause=(ground.item.clause if ground.item else "") or KINDS[transfer.kind].clause,
        events=tuple(_events(steps, notes_of([transfer]))),
        clock=clock_name,
        due=due,
        asks=asks_in_words(transfer.state, danger=transfer.kind == "danger", mine=holder == own, own=asks),
        own_phone=desk(own).phone,
        other_phone=desk(other).phone,
        writer=by.name,
        papers=tuple(_papers(transfer.origin_order)),
        results=tuple(row.name for row in book.table("result", clock.now())),
    )


def _local(at: datetime | None) -> datetime | None:
    return None if at is None else localtime(at)


def _running(transfer: Transfer) -> tuple[str, datetime | None]:
    """The clock the other side has to keep, with its moment."""
    found = [(at, name) for name in CLOCK_NAMES if (at := getattr(transfer, name)) is not None]
    if not found:
        return "", None
    at, name = min(found)
    return CLOCK_NAMES[name], localtime(at)


def _events(steps: list[StepRow], notes: list[NoteRow]) -> Iterator[Event]:
    """Steps after the first and notes of people, the newest of them, in their order."""
    told = [(step.at, _step(step)) for step in steps if step.seq > 1]
    told += [(note.at, _note(note)) for note in notes if "clock" not in note.body]
    told.sort(key=lambda one: one[0])
    yield from (event for _, event in told[-MOST_EVENTS:])


def _step(step: StepRow) -> Event:
    return Event(localtime(step.at), f"{desk_name(step.author)}{step.person}", STEP_LABELS[step.verb], _said(step.body))


def _note(note: NoteRow) -> Event:
    body = note.body
    word = POSITIONS.get(body.get("position", "")) or RULINGS.get(body.get("ruling", "")) or NOTES[note.kind].label
    return Event(localtime(note.at), f"{desk_name(note.author)}{note.person}", word, _said(body))


def _said(body: dict[str, Any]) -> str:
    """What a step or note says, in one line without a full stop of its own."""
    item = f"清单条目{body['list_item']}" if body.get("list_item") else ""
    words = [str(body[name]).strip() for name in ("signal", "reason", "basis", "text") if body.get(name)]
    return "；".join(" ".join(one.split()).rstrip("。") for one in (item, *words) if one)


def _papers(order: Order) -> Iterator[str]:
    yield from (f"材料：{one.name}" for one in documents_of([order]) if is_there(one))
