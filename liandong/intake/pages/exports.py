"""Spreadsheets of lists: the file itself, and the requests for more rows than a person may export alone."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions
from liandong.intake.errors import TooManyRows
from liandong.intake.filters import LISTINGS
from liandong.intake.models import ExportRequest
from liandong.intake.pages.forms import DecideForm, ReasonForm
from liandong.intake.pages.lists import Asking, read_asking
from liandong.intake.queries.saved import access_request, requests_shown
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError, NotAllowed
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.sheets import MEDIA_TYPE, Sheet


def attached(sheet: Sheet, name: str) -> FileResponse:
    """The sheet as a file to keep; it is sent in pieces and closed at the end."""
    moment = clock.now().astimezone(CITY_ZONE)
    answer = FileResponse(
        sheet.file, as_attachment=True, filename=f"{name}-{moment:%Y%m%d-%H%M}.xlsx", content_type=MEDIA_TYPE
    )
    answer["Content-Length"] = str(sheet.size)
    return answer


def too_many(request: HttpRequest, asking: Asking, why: str, form: ReasonForm) -> HttpResponse:
    """What to do when the list is longer than may be exported."""
    context = {
        "why": why,
        "about": asking.about,
        "back": asking.address(),
        "listing": asking.listing,
        "query": asking.query,
        "form": form,
    }
    return render(request, "intake/export_too_many.html", context, status=422)


@page(right="order.export")
@require_POST
def export(request: HttpRequest, by: By, listing: str) -> HttpResponseBase:
    """The list as a spreadsheet; when it is too long, the page on which more is asked for."""
    asking = read_asking(by, listing, QueryDict(request.POST.get("query", "")))
    try:
        sheet = actions.export_orders(
            by=by, listing=listing, asked=asking.asked, columns=asking.columns, about=asking.about
        )
    except TooManyRows as why:
        return too_many(request, asking, why.message, ReasonForm(auto_id="ask-%s"))
    return attached(sheet, LISTINGS[listing])


@page(right="order.export")
@require_POST
def ask(request: HttpRequest, by: By, listing: str) -> HttpResponse:
    """Ask for more rows, with a reason."""
    asking = read_asking(by, listing, QueryDict(request.POST.get("query", "")))
    form = ReasonForm(request.POST, auto_id="ask-%s")
    if not form.is_valid():
        return too_many(request, asking, "请写明申请导出的理由。", form)
    actions.ask_export(by=by, listing=listing, query=asking.query, reason=form.cleaned_data["reason"])
    messages.success(request, "已提交导出申请，批准后可在本页取用文件。")
    return redirect("own-exports")


@page(right="export.approve")
@require_safe
def exports(request: HttpRequest, by: By) -> HttpResponse:
    """The requests of the desk, to decide, and one's own."""
    return _page(request, by)


@page(right="order.export")
@require_safe
def own_exports(request: HttpRequest, by: By) -> HttpResponse:
    """One's own requests, to fetch what was granted."""
    return _page(request, by)


def _page(request: HttpRequest, by: By, failed: int = 0, form: DecideForm | None = None) -> HttpResponse:
    rows = [
        {
            "request": one,
            "name": LISTINGS[one.listing],
            "about": read_asking(by, one.listing, QueryDict(one.query)).about,
            "state": _state(one),
            "usable": one.person_id == by.person and _state(one)[0] == "calm",
            "decide": by.may("export.approve") and one.decided_at is None and one.person_id != by.person,
            "form": form if one.pk == failed and form else DecideForm(auto_id=f"decide-{one.pk}-%s"),
        }
        for one in requests_shown(by)
    ]
    return render(request, "intake/exports.html", {"rows": rows}, status=422 if form else 200)


def _state(one: ExportRequest) -> tuple[str, str]:
    """Kind of badge and label."""
    if one.decided_at is None:
        return "soon", "待审批"
    if not one.granted:
        return "over", "未批准"
    if one.fetched_at is not None:
        return "quiet", "已取用"
    expired = one.usable_until is None or one.usable_until <= clock.now()
    return ("quiet", "已过期") if expired else ("calm", "已批准")


@page(right="export.approve")
@require_POST
def decide(request: HttpRequest, by: By, number: int) -> HttpResponse:
    form = DecideForm(request.POST, auto_id=f"decide-{number}-%s")
    if not form.is_valid():
        return _page(request, by, number, form)
    granted = request.POST.get("verdict") == "grant"
    try:
        actions.decide_export(by=by, request=number, granted=granted, why=form.cleaned_data["why"])
    except LiandongError as why:
        messages.warning(request, why.message)
    else:
        messages.success(request, "已批准该申请。" if granted else "已记录：不批准该申请。")
    return redirect("exports")


@page(right="order.export")
@require_POST
def fetch(request: HttpRequest, by: By, number: int) -> FileResponse:
    """The file of a granted request, once."""
    found = access_request(by, number)
    if found.person_id != by.person:
        raise NotAllowed("只有申请人本人可以取用。")
    asking = read_asking(by, found.listing, QueryDict(found.query))
    sheet = actions.export_orders(
        by=by,
        listing=found.listing,
        asked=asking.asked,
        columns=asking.columns,
        about=asking.about,
        approved=found.pk,
    )
    return attached(sheet, LISTINGS[found.listing])
