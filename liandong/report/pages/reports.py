"""The page of a transfer's reports, and the file of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name, is_here, is_on_paper
from liandong.kernel.errors import NotFound
from liandong.report import actions
from liandong.report.glyphs import in_words
from liandong.report.models import ReportRow
from liandong.report.pages.forms import MakeForm
from liandong.report.pages.offered import answer_acts, seen_from
from liandong.report.queries import other_desk, reports_of
from liandong.transfer.models import Transfer
from liandong.transfer.pages import story
from liandong.transfer.pages.acts import Act, Maker
from liandong.transfer.pages.order import attempt, lost
from liandong.transfer.pages.reading import Reading, read
from liandong.transfer.queries import access_transfer, replica_of
from liandong.transfer.states import KINDS, TRANSFER


@dataclass(frozen=True, slots=True)
class Shown:
    """A report as the page lists it; `missing` is what to write in by hand."""

    row: ReportRow
    who: str
    missing: str
    may_fetch: bool


@page(right="order.read")
@require_safe
def reports(request: HttpRequest, by: By, number: str) -> HttpResponse:
    return show(request, by, access_transfer(by, number), Maker())


@page(right="report.make")
@require_POST
def make(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """Make a report and number it."""
    transfer = access_transfer(by, number)
    form = MakeForm(request.POST, auto_id="make-%s", **_given(by, transfer))

    def act(said: dict[str, Any]) -> HttpResponse:
        made = actions.make_report(by=by, number=transfer.number, wish=form.wish())
        messages.success(request, f"已出具专报“{made.number}”，请下载打印、加盖印章后送对方。")
        return redirect("reports", transfer.number)

    def again(status: int) -> HttpResponse:
        return show(request, by, access_transfer(by, number), Maker("make", form), status=status)

    return attempt(form, act, again)


@page(right="report.make")
@require_GET
def fetch(request: HttpRequest, by: By, number: str, report: int, form: str) -> HttpResponse:
    """The report as a file to print."""
    if form not in actions.FORMS:
        raise NotFound
    out = actions.see_report(by=by, number=number, report=report, form=form)
    answer = HttpResponse(out.data, content_type=out.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, out.name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return answer


def show(request: HttpRequest, by: By, transfer: Transfer, maker: Maker, *, status: int = 200) -> HttpResponse:
    """The page; an act that failed keeps what was typed."""
    reading, sent = read(by, seen_from(by, transfer).number, whole=False), reports_of(transfer)
    other, running = other_desk(by, transfer), transfer.ended_at is None
    context = {
        "page": reading,
        "order": reading.order,
        "matter": reading.matter,
        "transfer": transfer,
        "kind": KINDS[transfer.kind].label,
        "state": TRANSFER.states[transfer.state],
        "other": desk_name(other),
        "on_paper": is_on_paper(other),
        "elsewhere": not is_here(other),
        "running": running,
        "holder": desk_name(replica_of(transfer).holder or ""),
        "reports": [_shown(by, one) for one in sent],
        "make_act": _make_act(by, transfer, maker) if running else None,
        "answers": list(answer_acts(reading, transfer, sent, maker)),
        "lines": _lines(reading, transfer),
        "failed": maker.failed_key,
        **lost(maker),
    }
    return render(request, "report/reports.html", context, status=status)


def _given(by: By, transfer: Transfer) -> dict[str, Any]:
    return {"by": by, "secret": transfer.origin_order.secret, "to": desk_name(other_desk(by, transfer))}


def _make_act(by: By, transfer: Transfer, maker: Maker) -> Act | None:
    if not by.may("report.make"):
        return None
    address = reverse("report-make", args=[transfer.number])
    return maker.act("make", "出具专报", address, MakeForm, look="main", **_given(by, transfer))


def _shown(by: By, row: ReportRow) -> Shown:
    may = by.may("report.make") and (not row.clear or by.may(actions.CLEAR))
    return Shown(row, str(row.by["name"]), in_words(actions.missing_in(row)), may)


def _lines(reading: Reading, transfer: Transfer) -> list[story.Line]:
    """What of the matter's story was typed in: the answers that came on paper."""
    own = [one for one in reading.steps if one.transfer_id == transfer.pk]
    notes = [one for one in reading.notes if one.transfer_id == transfer.pk]
    return [line for line in story.told(own, notes, transfer, reading) if line.typed is not None]
