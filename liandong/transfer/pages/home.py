"""The desk's home: what is to be signed for, what is in hand, what was handed over; and each as a list of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name
from liandong.intake.pages.rows import order_lines
from liandong.intake.queries import rulebook, work_list
from liandong.transfer import queries
from liandong.transfer.models import Transfer
from liandong.transfer.queries import replica_of
from liandong.transfer.states import KINDS, TRANSFER

SHORT = 20


@dataclass(frozen=True, slots=True)
class TransferLine:
    """`mine`: the baton is with the actor's desk. `opens`: the order whose page shows the transfer to the actor."""

    number: str
    opens: str
    title: str
    kind: str
    clause: str
    danger: bool
    origin: str
    target: str
    state: str
    mine: bool
    urgency: str
    reason: str
    problem: str
    started: datetime
    due: datetime | None


def transfer_line(by: By, row: Transfer) -> TransferLine:
    own = row.target_order if row.target == by.party and row.target_order else row.origin_order
    return TransferLine(
        number=row.number,
        opens=own.number,
        title=own.title,
        kind=KINDS[row.kind].label,
        clause=KINDS[row.kind].clause,
        danger=row.kind == "danger" or row.urgency == "danger",
        origin=desk_name(row.origin),
        target=desk_name(row.target),
        state=TRANSFER.states[row.state],
        mine=replica_of(row).holder == by.party,
        urgency=rulebook().label("urgency", row.urgency),
        reason=row.reason,
        problem=row.matter.problem_why,
        started=row.moved_at,
        due=row.due_at,
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of transfers a desk keeps an eye on. `partner`: whose name the rows show, the origin's or the target's."""

    title: str
    hint: str
    empty: str
    read: Callable[..., queries.Page]
    partner: str


LISTINGS: dict[str, Listing] = {
    "waiting": Listing("待签收", "险情在前，其余按剩余时间", "没有待签收的移交", queries.waiting, "origin"),
    "inbound": Listing("转入在办", "对方移交给本台、尚未结束的", "没有转入在办的移交", queries.inbound, "origin"),
    "outbound": Listing("已移交", "本台移交出去、尚未结束的", "没有移交在外的事项", queries.outbound, "target"),
    "negotiating": Listing("协商中", "双方协商、等待议定的", "没有正在协商的事项", queries.negotiating, "both"),
}


@page(right="order.read")
@require_safe
def desk(request: HttpRequest, by: By) -> HttpResponse:
    """The home of a desk, for everybody who works at it."""
    work = work_list(by, limit=SHORT)
    waiting, outbound = queries.waiting(by, limit=SHORT), queries.outbound(by, limit=SHORT)
    talks = queries.negotiating(by, limit=SHORT)
    theirs = [row for row in talks.transfers if row.origin != by.party]
    context = {
        "waiting": [transfer_line(by, row) for row in waiting.transfers],
        "outbound": [transfer_line(by, row) for row in outbound.transfers],
        "talks": [transfer_line(by, row) for row in theirs],
        "lines": order_lines(work.orders),
        "counts": {
            "waiting": count(len(waiting.transfers), waiting.after),
            "work": count(len(work.orders), work.after),
            "outbound": count(len(outbound.transfers), outbound.after),
            "talks": count(len(theirs), talks.after),
        },
        "more": {"waiting": waiting.after, "work": work.after, "outbound": outbound.after, "talks": talks.after},
    }
    return render(request, "transfer/desk.html", context)


@page(right="order.read")
@require_safe
def transfers(request: HttpRequest, by: By, which: str) -> HttpResponse:
    """One of the lists in full, page by page."""
    listing, after = LISTINGS[which], request.GET.get("after", "")
    found = listing.read(by, after=after)
    here = reverse(f"transfers-{which}")
    context = {
        "listing": listing,
        "rows": [transfer_line(by, row) for row in found.transfers],
        "later": f"{here}?{urlencode({'after': found.after})}" if found.after else "",
        "first": here if after else "",
    }
    return render(request, "transfer/transfers.html", context)


def count(found: int, after: str) -> str:
    """How many there are, as far as they were read: nobody counts a big table for a number in a heading."""
    return f"{found}+" if after else str(found)
