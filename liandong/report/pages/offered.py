"""Which answers may be typed in now: one form each, exactly those the state tables allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse

from liandong.audit.by import By
from liandong.identity.queries import desk_name, is_here, is_on_paper
from liandong.intake.models import Document, Order
from liandong.intake.queries.documents import is_there
from liandong.report.models import ReportRow
from liandong.report.pages.forms import PAPER_NOTES, AnswerForm, paper_note_form, paper_step_form
from liandong.report.queries import other_desk, own_desk
from liandong.transfer.choices import open_notes, open_steps
from liandong.transfer.models import Transfer
from liandong.transfer.notes import NOTES, Speaker
from liandong.transfer.pages.acts import DANGEROUS, Act, Maker
from liandong.transfer.pages.reading import Reading
from liandong.transfer.queries import replica_of

SCAN = "incoming"


def seen_from(by: By, transfer: Transfer) -> Order:
    """The order from which the transfer is seen, and to which scans are added: the issuing desk's own, where it is."""
    if own_desk(by, transfer) == transfer.target and transfer.target_order is not None:
        return transfer.target_order
    return transfer.origin_order


def given(reading: Reading, transfer: Transfer, sent: Sequence[ReportRow]) -> dict[str, Any]:
    """What every form of an answer is given: the scans that are there, and the reports it may answer."""
    return {"scans": scans(reading, seen_from(reading.by, transfer)), "sent": sent}


def scans(reading: Reading, order: Order) -> list[Document]:
    return [one for one in reading.documents if one.order_id == order.pk and is_there(one) and one.kind == SCAN]


def answer_acts(reading: Reading, transfer: Transfer, sent: Sequence[ReportRow], maker: Maker) -> Iterator[Act]:
    """The answers open now. Of a desk on paper its own steps and notes; of another one a note of ours."""
    by, number = reading.by, transfer.number
    if not by.may("report.type") or transfer.ended_at is not None:
        return
    own, other = own_desk(by, transfer), other_desk(by, transfer)
    rest = given(reading, transfer, sent)
    if not is_on_paper(other):
        if by.desk == own:
            address = reverse("report-answer", args=[number])
            yield maker.act("answer", f"登记{desk_name(other)}的纸质答复", address, AnswerForm, **rest)
        return
    if by.desk != own and is_here(own):
        return
    for edge in open_steps(replica_of(transfer), other, reading.around(transfer), reading.now):
        look = "danger" if edge.verb in DANGEROUS else ""
        address = reverse("report-step", args=[number, edge.verb])
        label, form = f"代录：{edge.label}", paper_step_form(edge.verb)
        yield maker.act(f"step-{edge.verb}", label, address, form, look=look, **rest)
    speaker: Speaker = "target" if other == transfer.target else "origin"
    for kind in open_notes(speaker, transfer.kind, transfer.state):
        if kind in PAPER_NOTES:
            address = reverse("report-note", args=[number, kind])
            label = f"代录：{NOTES[kind].label}"
            yield maker.act(f"note-{kind}", label, address, paper_note_form(kind), **rest)
