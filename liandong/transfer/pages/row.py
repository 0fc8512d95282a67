"""What is done from a row of the desk, in place: the row as it stands, the small form of an act, the act itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name
from liandong.intake.pages.forms import DeskForm
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, LiandongError, NoSuchEdge
from liandong.transfer import actions
from liandong.transfer.choices import onward
from liandong.transfer.errors import NotHolder
from liandong.transfer.models import StepRow, Transfer
from liandong.transfer.notes import NOTES
from liandong.transfer.pages import forms
from liandong.transfer.pages.acts import all_desks
from liandong.transfer.pages.home import PARTS
from liandong.transfer.pages.rows import ROW_NOTES, ROW_STEPS, desk_kind, transfer_lines
from liandong.transfer.queries import access_transfer, last_step
from liandong.transfer.states import TRANSFER

STEP_LABELS = {edge.verb: edge.label for edge in TRANSFER.edges}
# Said in the row, beside what was typed; other failures are pages or toasts of their own.
SAID_HERE = frozenset({409, 422})
# What it means that somebody else was faster.
OVERTAKEN = (Conflict, NoSuchEdge, NotHolder)


@dataclass(frozen=True, slots=True)
class Doing:
    """One act of a row: what it is called, its form, and how it is done with what was filled in."""

    name: str
    label: str
    form: DeskForm
    do: Callable[[Mapping[str, Any]], object]


def _doing(by: By, transfer: Transfer, name: str, data: Any, at: str) -> Doing:
    """Raises Http404 for what is no act of a row."""
    prefix = f"{at}-{name}-{transfer.number}-%s"
    if name in ROW_STEPS:

        def step(said: Mapping[str, Any]) -> object:
            return actions.take_step(by=by, number=transfer.number, verb=name, body=_filled(said))

        return Doing(name, STEP_LABELS[name], forms.step_form(name)(data, auto_id=prefix), step)
    if name in ROW_NOTES:

        def note(said: Mapping[str, Any]) -> object:
            return actions.add_note(by=by, number=transfer.number, kind=name, body=_filled(said))

        return Doing(name, NOTES[name].label, forms.NOTE_FORMS[name](data, auto_id=prefix), note)
    if name == "relay":
        found = onward(desk_kind(by), all_desks(), transfer.origin)
        form = forms.OfferForm(data, auto_id=prefix, ways=found)

        def relay(said: Mapping[str, Any]) -> object:
            kind, target, body = form.way_and_body()
            return actions.relay_onward(by=by, number=transfer.number, kind=kind, target=target, body=body)

        return Doing(name, "签收并转出", form, relay)
    raise Http404


def _filled(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value}


@page(right="order.read")
@require_safe
def row(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """The row as it stands now. Asked for one that has left a list, it says who moved it."""
    read = clock.now()
    transfer = access_transfer(by, number)
    return _row(request, by, transfer, read, told=_last_told(transfer) if "gone" in request.GET else "")


@page(right="order.read")
@require_http_methods(["GET", "HEAD", "POST"])
def row_act(request: HttpRequest, by: By, number: str, name: str) -> HttpResponse:
    """The form of an act in the row; posted, the act. Without scripts both are pages of their own."""
    read = clock.now()
    transfer = access_transfer(by, number)
    doing = _doing(by, transfer, name, request.POST if request.method == "POST" else None, _at(request, number))
    if request.method != "POST":
        return _row(request, by, transfer, read, doing=doing)
    if not doing.form.is_valid():
        return _row(request, by, transfer, read, doing=doing, status=422)
    try:
        doing.do(doing.form.cleaned_data)
    except LiandongError as why:
        if why.status not in SAID_HERE:
            raise
        return _failed(request, by, number, doing, why)
    return _done(request, by, number, doing.label)


def _done(request: HttpRequest, by: By, number: str, label: str) -> HttpResponse:
    if not _in_place(request):
        messages.success(request, f"{label}：已完成。")
        return redirect("desk")
    read = clock.now()
    return _row(request, by, access_transfer(by, number), read, told=f"{label}：已完成", calm=True)


def _failed(request: HttpRequest, by: By, number: str, doing: Doing, why: LiandongError) -> HttpResponse:
    """Beside the form; of what somebody else did meanwhile the fresh row tells, and nothing typed is lost."""
    read = clock.now()
    transfer = access_transfer(by, number)
    if isinstance(why, OVERTAKEN) and not any(name == doing.name for name in _open_acts(by, transfer)):
        message = f"来晚一步：{_last_told(transfer)}，本次“{doing.label}”没有生效。"
        doing.form.put(None, message)
        kept = doing if any(_filled(doing.form.cleaned_data).values()) else None
        return _row(request, by, transfer, read, doing=kept, told=_last_told(transfer), status=409, message=message)
    doing.form.put(why.field, why.message)
    return _row(request, by, transfer, read, doing=doing, status=why.status, message=why.message)


def _open_acts(by: By, transfer: Transfer) -> list[str]:
    return [act.name for act in transfer_lines(by, [transfer])[0].acts]


def _last_told(transfer: Transfer) -> str:
    return told(last_step(transfer))


def told(step: StepRow) -> str:
    """`已由 张三（市110报警服务台）签收`: who took the last step, for whom it overtook."""
    return f"已由 {step.person}（{desk_name(step.author)}）{STEP_LABELS[step.verb]}"


def _in_place(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _at(request: HttpRequest, number: str) -> str:
    """In which list of the page the row stands that asks: its id is the list's name and the number."""
    name, _, asked = request.headers.get("HX-Target", "").partition("-")
    return name if asked == number and name in LISTS else ALONE


def _row(
    request: HttpRequest,
    by: By,
    transfer: Transfer,
    read: datetime,
    *,
    doing: Doing | None = None,
    told: str = "",
    calm: bool = False,
    status: int = 200,
    message: str = "",
) -> HttpResponse:
    context = {
        "row": transfer_lines(by, [transfer])[0],
        "at": _at(request, transfer.number),
        "read": read,
        "doing": doing,
        "told": told,
        "calm": calm,
        "columns": COLUMNS,
    }
    template = "transfer/parts/row.html" if _in_place(request) else "transfer/row_page.html"
    response = render(request, template, context, status=status)
    if message and _in_place(request):
        # The toast says it too; the eyes may be elsewhere by now. Headers carry no Chinese as it is.
        response.headers["X-Message"] = quote(message)
    return response


# How many columns the row's form spans.
COLUMNS = 6
# The lists of pages in which rows stand, and what a row alone on a page says instead.
LISTS = frozenset({*PARTS, "list"})
ALONE = "row"
