"""Typing in what the other side answered on paper: its steps, its notes, or a note of our own about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake.actions import add_document
from liandong.intake.errors import DocumentThere
from liandong.intake.queries.documents import named_by
from liandong.kernel.errors import LiandongError
from liandong.report.pages.forms import NO_SCAN, PAPER_NOTES, AnswerForm, PaperForm, paper_note_form, paper_step_form
from liandong.report.pages.offered import SCAN, given, seen_from
from liandong.report.pages.reports import show
from liandong.report.queries import other_desk, reports_of
from liandong.transfer import actions
from liandong.transfer.models import Transfer
from liandong.transfer.notes import NOTES
from liandong.transfer.onbehalf import Paper
from liandong.transfer.pages.acts import Maker
from liandong.transfer.pages.doing import STEP_LABELS
from liandong.transfer.pages.order import SAID_HERE, attempt
from liandong.transfer.pages.reading import read
from liandong.transfer.queries import access_transfer

# A scan that is too large is said beside the file too.
SAID = SAID_HERE | {413}


@page(right="report.type")
@require_POST
def step(request: HttpRequest, by: By, number: str, verb: str) -> HttpResponse:
    """A step of a desk on paper."""
    if verb not in STEP_LABELS or verb.endswith("_at_limit"):
        raise Http404
    transfer = access_transfer(by, number)

    def act(form: PaperForm, paper: Paper) -> str:
        actions.step_on_behalf(by=by, number=transfer.number, verb=verb, paper=paper, body=form.body())
        return STEP_LABELS[verb]

    return _typed(request, by, transfer, f"step-{verb}", paper_step_form(verb), act)


@page(right="report.type")
@require_POST
def note(request: HttpRequest, by: By, number: str, kind: str) -> HttpResponse:
    """A note of a desk on paper."""
    if kind not in PAPER_NOTES:
        raise Http404
    transfer = access_transfer(by, number)

    def act(form: PaperForm, paper: Paper) -> str:
        desk = other_desk(by, transfer)
        actions.note_on_behalf(by=by, number=transfer.number, kind=kind, desk=desk, paper=paper, body=form.body())
        return NOTES[kind].label

    return _typed(request, by, transfer, f"note-{kind}", paper_note_form(kind), act)


@page(right="report.type")
@require_POST
def answer(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """What a desk that writes its own steps answered on paper."""
    transfer = access_transfer(by, number)

    def act(form: PaperForm, paper: Paper) -> str:
        said = form.cleaned_data
        actions.note_paper_answer(by=by, number=transfer.number, paper=paper, said=said["said"], text=said["text"])
        return "登记纸质答复"

    return _typed(request, by, transfer, "answer", AnswerForm, act)


def _typed(
    request: HttpRequest,
    by: By,
    transfer: Transfer,
    key: str,
    kind: type[PaperForm],
    act: Callable[[PaperForm, Paper], str],
) -> HttpResponse:
    """Keep the scan first, so that it need not be sent again, then do what the form asks."""
    reading = read(by, seen_from(by, transfer).number)
    form = kind(request.POST, request.FILES, auto_id=f"{key}-%s", **given(reading, transfer, reports_of(transfer)))
    _keep_scan(by, transfer, form)

    def do(said: dict[str, Any]) -> HttpResponse:
        done = act(form, _paper(form))
        messages.success(request, f"代录“{done}”已完成，已注明录入人和文号。")
        return redirect("reports", transfer.number)

    def again(status: int) -> HttpResponse:
        return show(request, by, access_transfer(by, transfer.number), Maker(key, form), status=status)

    return attempt(form, do, again)


def _keep_scan(by: By, transfer: Transfer, form: PaperForm) -> None:
    """Add the scan as a document of the desk's order; what is wrong with it is said beside the file."""
    file = form.files.get("scan")
    if file is None:
        if form.scans and not form.data.get("scan_kept"):
            form.is_valid()  # or there would be nothing yet to add a message to
            form.put("scan", NO_SCAN)
        return
    order = seen_from(by, transfer)
    try:
        made = add_document(by=by, number=order.number, name=file.name or "", file=file, kind=SCAN)
    except DocumentThere as why:
        # The same bytes are there: chosen again after a correction, or added on the order's page before.
        made = named_by(why)
    except LiandongError as why:
        if why.status not in SAID:
            raise
        form.is_valid()
        form.put("scan", f"“{file.name}”：{why.message}")
        return
    made.order = order
    form.keep(made)


def _paper(form: PaperForm) -> Paper:
    said, scan = form.cleaned_data, form.scans[str(form.data["scan_kept"])]
    return Paper(
        number=said["paper_number"],
        dated=said["dated"],
        signed_by=said["signed_by"],
        why=said["why"],
        order=scan.order.number,
        scan=scan.pk,
        hash=bytes(scan.sm3).hex(),
        report=said["report"],
    )
