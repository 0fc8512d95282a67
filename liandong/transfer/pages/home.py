"""The desk's home: what is to be signed for, what came in, what was handed over, by time left; and each in full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake.pages.rows import order_lines
from liandong.intake.queries import work_list
from liandong.kernel import clock
from liandong.transfer import queries
from liandong.transfer.pages.rows import TransferLine, desk_kind, rules_only, transfer_lines
from liandong.transfer.paths import targets
from liandong.transfer.queries import SHOWN

SHORT = 20
# What the home of each kind of desk is called, and what it says under its name.
DESK_TITLES: dict[str, tuple[str, str]] = {
    "city_12345": ("分流台", "非警务事项分派承办，属110的移交公安；险情先派警"),
    "city_110": ("联动台", "签收12345和县级110移交的事项，反馈处置结果"),
    "county_110": ("县级联动台", "属12345的事项经市110逐级转派（S3.2），不直接移交"),
    "hotline": ("热线联动台", "签收12345和110移交的事项，反馈抢修、处置结果"),
}
CONFERENCE = ("联席台", "各台协商不成、提请联席会议裁定的事项（S7.1）")
LOOKS_ON = "看本台移交的时限和去向，超时的可催办"
NO_DESK = ("承办台", "转给本单位办理的单，最急的在前")
SHOW_LABELS = {"all": "全部", "danger": "险情", "mine": "轮到本台", "over": "超时"}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of transfers a desk keeps an eye on, page by page."""

    title: str
    hint: str
    empty: str
    read: Callable[..., queries.Page]


LISTINGS: dict[str, Listing] = {
    "waiting": Listing("待签收", "险情在前，其余按剩余时间", "没有待签收的移交", queries.waiting),
    "inbound": Listing("转入在办", "对方移交给本台、尚未结束的", "没有转入在办的移交", queries.inbound),
    "outbound": Listing("已移交", "本台移交出去、尚未结束的", "没有移交在外的事项", queries.outbound),
    "negotiating": Listing("协商中", "双方协商、等待议定的", "没有正在协商的事项", queries.negotiating),
    "clues": Listing("涉稳线索", "最新的在前；只有需要知悉的岗位能看到（S3.6）", "没有涉稳线索", queries.clues),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """One of the ways to look at the desk: its name, how many there are, its address."""

    show: str
    label: str
    count: int
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the home that is refreshed by itself.

    `read`: the transfers it shows, by condition; None for the desk's own orders. `full`: the route of the whole list.
    `empty`: what comes here; `act`: besides, for who may act. `comes_in`: it stands on the side of what comes in, where
    there is room for two.
    """

    title: str
    empty: str
    full: str
    read: Callable[[By, Q], queries.Page] | None
    hears: str = "live-transfers from:body"
    comes_in: bool = False
    act: str = ""


def _first_of(read: Callable[..., queries.Page]) -> Callable[[By, Q], queries.Page]:
    return lambda by, only: read(by, limit=SHORT, only=only)


PARTS: dict[str, Part] = {
    "waiting": Part(
        "待签收",
        "对方移交到达时出现在这里，险情排在最前。",
        "transfers-waiting",
        _first_of(queries.waiting),
        comes_in=True,
        act="选中一行按 A 签收。",
    ),
    "clues": Part(
        "涉稳线索",
        "发现的涉稳线索即时推送市110（S3.6），送达和签收用时显示在这里。",
        "transfers-clues",
        lambda by, only: queries.clues(by, limit=SHORT, running=True),
        comes_in=True,
    ),
    "taken": Part(
        "转入在办",
        "签收后的移交在这里办理。",
        "transfers-inbound",
        _first_of(queries.taken),
        comes_in=True,
        act="到达、进展、反馈办结，都在行内完成。",
    ),
    "decide": Part(
        "待本台决定",
        "对方退回、反馈或协商中的移交回到这里，由本台收回、确认或议定；到时未决，系统按规则代为处理。",
        "transfers-outbound",
        _first_of(queries.to_decide),
    ),
    "outbound": Part(
        "已移交",
        "移交出去、轮到对方的事项在这里看何时签收、何时反馈，可催办、补充说明。",
        "transfers-outbound",
        _first_of(queries.handed),
    ),
    # For who rules: what desks negotiate. A desk has its own negotiations in its lists in and out.
    "talks": Part(
        "协商中",
        "双方协商不成、提请裁定的事项出现在这里。",
        "transfers-negotiating",
        lambda by, only: queries.negotiating(by, limit=SHORT),
        comes_in=True,
    ),
    "work": Part(
        "本台在办",
        "受理的来电和签收的移交对应的单在这里，最急的在前。",
        "work",
        None,
        hears="live-orders from:body, live-transfers from:body",
    ),
    # A unit signs for no hand-over between desks: it has its orders.
    "undertaken": Part(
        "本单位在办",
        "转给本单位的单到达时出现在这里。",
        "work",
        None,
        hears="live-orders from:body",
    ),
}
NOT_AT_DESKS = frozenset({"talks", "undertaken"})


def parts_for(by: By) -> list[str]:
    """The parts the home of the actor has; clues where they come or go, for whom they are."""
    if rules_only(by):
        return ["talks"]
    if by.desk is None:
        return ["undertaken"]
    kind = desk_kind(by)
    clues = queries.may_see(by, queries.CLUE) and (kind == "city_110" or bool(targets("clue", kind)))
    return [name for name in PARTS if name not in NOT_AT_DESKS and (clues or name != "clues")]


def _parts(by: By, names: list[str], show: str) -> list[dict[str, Any]]:
    """What the templates of the parts need. What all rows have to know besides is asked once for all of them."""
    # Clues stand in their own part and in no other.
    read = clock.now()
    only = queries.shown(by, show, read) & ~Q(kind=queries.CLUE)
    pages = {name: ask(by, only) for name in names if (ask := PARTS[name].read) is not None}
    lines = {line.number: line for line in transfer_lines(by, [row for one in pages.values() for row in one.transfers])}
    alone = parts_for(by) == names[:1]
    return [{**_part(by, name, show, pages.get(name), lines), "read": read, "alone": alone} for name in names]


def _part(
    by: By, name: str, show: str, found: queries.Page | None, lines: Mapping[str, TransferLine]
) -> dict[str, Any]:
    address = reverse("desk-part", args=[name]) + (f"?show={show}" if show != "all" else "")
    part = PARTS[name]
    empty = part.empty + (part.act if by.may("transfer.act") else "")
    context: dict[str, Any] = {"name": name, "part": part, "address": address, "show": show, "empty": empty}
    if found is None:
        work = work_list(by, limit=SHORT)
        context |= {"lines": order_lines(work.orders), "count": count(len(work.orders), work.after)}
        return {**context, "more": bool(work.after)}
    rows = [lines[row.number] for row in found.transfers]
    return {**context, "rows": rows, "count": count(len(rows), found.after), "more": bool(found.after)}


def _show(request: HttpRequest) -> str:
    asked = request.GET.get("show", "all")
    return asked if asked in SHOWN else "all"


def _filters(by: By, show: str) -> dict[str, Any]:
    counted = queries.tally(by, clock.now())
    here = reverse("desk")
    filters = [
        Filter(one, label, getattr(counted, one), here if one == "all" else f"{here}?show={one}", one == show)
        for one, label in SHOW_LABELS.items()
    ]
    return {"tally": counted, "filters": filters, "show": show}


@page(right="order.read")
@require_safe
def desk(request: HttpRequest, by: By) -> HttpResponse:
    """The home of a desk, for everybody who works at it."""
    show = _show(request)
    ruling = rules_only(by)
    title, hint = CONFERENCE if ruling else DESK_TITLES.get(desk_kind(by), NO_DESK)
    if by.may("supervise.read") and not ruling and not by.may("transfer.act"):
        hint = LOOKS_ON
    context = {
        "title": title,
        "hint": hint,
        "parts": _parts(by, parts_for(by), show),
        # What can be narrowed is a desk's: its lists by danger, by turn, by time.
        **(_filters(by, show) if by.desk and not ruling else {}),
    }
    return render(request, "transfer/desk.html", context)


@page(right="order.read")
@require_safe
def part(request: HttpRequest, by: By, name: str) -> HttpResponse:
    """One part of the home afresh, or the counts above it."""
    show = _show(request)
    if name == "tally":
        return render(request, "transfer/parts/tally.html", _filters(by, show))
    if name not in parts_for(by):
        raise Http404
    return render(request, "transfer/parts/listing.html", {"one": _parts(by, [name], show)[0]})


@page(right="order.read")
@require_safe
def transfers(request: HttpRequest, by: By, which: str) -> HttpResponse:
    """One of the lists in full, page by page."""
    listing, after, read = LISTINGS[which], request.GET.get("after", ""), clock.now()
    found = listing.read(by, after=after)
    here = reverse(f"transfers-{which}")
    context = {
        "listing": listing,
        "rows": transfer_lines(by, found.transfers),
        "later": f"{here}?{urlencode({'after': found.after})}" if found.after else "",
        "first": here if after else "",
        "which": which,
        "read": read,
    }
    return render(request, "transfer/transfers.html", context)


def count(found: int, after: str) -> str:
    """How many there are, as far as they were read: nobody counts a big table for a number in a heading."""
    return f"{found}+" if after else str(found)
