"""The alarm: dangers sent to a desk, on every page of its people until one of them says that they know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name, division_name
from liandong.transfer import actions
from liandong.transfer.models import Transfer
from liandong.transfer.queries import alarms
from liandong.transfer.states import KINDS

# A script asks for the bar alone; without it the page is shown anew.
PART = "X-Part"


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """`opens`: the number of the order under which the danger can be read and signed for."""

    number: str
    opens: str
    kind: str
    title: str
    place: str
    reason: str
    origin: str
    since: datetime


def alarm_lines(by: By) -> list[AlarmLine]:
    """What the bar shows the actor: nothing to people who could not see to it."""
    return [
        AlarmLine(
            number=row.number,
            opens=row.origin_order.number,
            kind=KINDS[row.kind].label,
            title=row.origin_order.title,
            place=row.origin_order.address or division_name(row.origin_order.division),
            reason=row.reason,
            origin=desk_name(row.origin),
            since=row.opened_at,
        )
        for row in alarms(by)
    ]


@page(right="order.read")
@require_safe
def alarm(request: HttpRequest, by: By) -> HttpResponse:
    """The bar as it is now."""
    return render(request, "console/parts/alarm.html", {"alarms": alarm_lines(by)})


@page(right="order.handle")
@require_POST
def acknowledge(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """知道了: recorded for the desk. Who comes second is told who was first."""
    row = actions.acknowledge(by=by, number=number)
    if PART in request.headers:
        return render(request, "console/parts/alarm.html", {"alarms": alarm_lines(by), "said": said(row)})
    messages.success(request, said(row))
    return redirect("order", row.origin_order.number)


def said(row: Transfer) -> str:
    """Who knows of the danger, in one sentence."""
    if row.acknowledged_at is None:
        return "该险情已签收，无需再确认知悉。"
    return f"{row.acknowledged_who}已于{localtime(row.acknowledged_at):%H:%M:%S}知悉该险情，尚待签收处置。"
