"""The lists people live in: filtered by the address, paged both ways, kept under a name, told when orders come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name, desks, division_name, divisions
from liandong.intake import actions, bulk
from liandong.intake.filters import EVERY_DESK, KINDS, LABELS, LISTINGS, Filter, is_asked, read_filter
from liandong.intake.lines import COLUMNS, USUAL, ListColumn, OrderLine, asked_as, choose, shown
from liandong.intake.models import SavedList
from liandong.intake.pages.forms import Choices, SaveForm, codes
from liandong.intake.pages.rows import order_lines_with
from liandong.intake.queries import rulebook
from liandong.intake.queries.lists import Listed, arrived, listed
from liandong.intake.queries.saved import lists_of
from liandong.intake.states import ORDER
from liandong.kernel.errors import LiandongError, NotFound

HINTS = {"orders": "经办的单，最新的在前", "work": "未结的单，最急的在前"}


@dataclass(frozen=True, slots=True)
class Asking:
    """What one address asks of a list: the filter and the columns."""

    by: By
    listing: str
    asked: Filter
    columns: tuple[ListColumn, ...]

    @property
    def cols(self) -> str:
        return asked_as(self.listing, self.columns)

    @property
    def query(self) -> str:
        """The address' query part, in its one form; what is saved under a name."""
        return self.asked.address(cols=self.cols)

    @property
    def about(self) -> str:
        return self.asked.described(name_of)

    def address(self, **more: str) -> str:
        query = self.asked.address(cols=self.cols, **more)
        return f"{reverse(self.listing)}?{query or 'view=all'}"


def read_asking(by: By, listing: str, given: QueryDict) -> Asking:
    """Raises Invalid, naming the field."""
    if listing not in LISTINGS:
        raise Http404
    asked = read_filter({name: str(value) for name, value in given.items()})
    return Asking(by, listing, asked, choose(listing, ",".join(given.getlist("cols")), by.rights))


def name_of(table: str, code: str) -> str:
    """What a filter's code is called."""
    if table == "kind":
        return KINDS.get(code, code)
    if table == "state":
        return ORDER.states.get(code, code)
    if table == "desk":
        return "各台" if code == EVERY_DESK else desk_name(code)
    return division_name(code) if table == "division" else rulebook().label(table, code)


@page(right="order.read")
@require_safe
def orders(request: HttpRequest, by: By) -> HttpResponse:
    """All orders of the desk, newest first."""
    return _list(request, by, "orders")


@page(right="order.read")
@require_safe
def work(request: HttpRequest, by: By) -> HttpResponse:
    """The desk's open orders by time left."""
    return _list(request, by, "work")


def _list(request: HttpRequest, by: By, listing: str) -> HttpResponse:
    views = lists_of(by, listing)
    default = next((one for one in views if one.default and one.person_id == by.person), None)
    if default is not None and default.query and not is_asked(request.GET):
        return redirect(f"{reverse(listing)}?{default.query}")
    try:
        asking = read_asking(by, listing, request.GET)
        found = listed(
            by, listing, asking.asked, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except LiandongError as why:
        if why.field is None:
            raise
        return _wrong(request, by, listing, views, why)
    return render(request, "intake/list.html", {**_frame(asking, views), **_rows(asking, found)})


def _wrong(request: HttpRequest, by: By, listing: str, views: list[SavedList], why: LiandongError) -> HttpResponse:
    """The list's page with what was typed and what is wrong with it, and no rows."""
    asking = Asking(by, listing, Filter(), choose(listing, "", by.rights))
    context = {**_frame(asking, views), "typed": request.GET.dict(), "wrong": {why.field: why.message}}
    return render(request, "intake/list.html", context, status=why.status)


def _frame(asking: Asking, views: list[SavedList]) -> dict[str, Any]:
    """Everything of the page but the rows."""
    listing, asked, by = asking.listing, asking.asked, asking.by
    return {
        "listing": listing,
        "title": LISTINGS[listing] if by.desk else LISTINGS[listing].replace("本台", "本单位"),
        "hint": HINTS[listing],
        "fields": _fields(by, listing, asked),
        "typed": dict(asked.pairs()),
        "wrong": {},
        "about": asking.about if asked != Filter() else "",
        "shown_columns": shown(listing, asking.columns),
        "all_columns": [
            (one, one in asking.columns, one.code in USUAL[listing])
            for one in COLUMNS.values()
            if by.may(one.right) and one.code != "title"
        ],
        "views": views,
        "query": asking.query,
        "every": f"{reverse(listing)}?view=all",
        "save_form": SaveForm(auto_id="save-%s", by=by),
        "may_export": by.may("order.export"),
        "bulk": [(verb, one.label) for verb, one in bulk.VERBS.items() if by.may(one.right) and by.desk],
    }


def _fields(by: By, listing: str, asked: Filter) -> list[tuple[str, str, Choices]]:
    """Name, label and choices of the filter's selects."""
    states = [pair for pair in ORDER.states.items() if listing == "orders" or pair[0] not in ORDER.ends]
    offered: dict[str, Choices] = {
        "kind": list(KINDS.items()),
        "state": [*states],
        "nature": codes("nature"),
        "urgency": codes("urgency"),
        "division": [(one.code, one.short or one.name) for one in divisions()],
    }
    if by.may("desk.all"):
        offered["desk"] = [(EVERY_DESK, "各台"), *((one.code, one.name) for one in desks() if one.code != by.desk)]
    for name, value in asked.pairs():
        # A code that can no longer be chosen still narrows the list it was saved in.
        if name in offered and value not in dict(offered[name]):
            offered[name].append((value, name_of(name, value)))
    return [(name, LABELS[name], choices) for name, choices in offered.items()]


def _rows(asking: Asking, found: Listed) -> dict[str, Any]:
    fresh = reverse("list-fresh-part", args=[asking.listing])
    rows = order_lines_with(found.orders, caller=any(one.code == "caller" for one in asking.columns))
    return {
        "rows": [(line, cells(line, shown(asking.listing, asking.columns))) for line in rows],
        "newer": asking.address(before=found.newer) if found.newer else "",
        "older": asking.address(after=found.older) if found.older else "",
        "first": asking.address() if found.newer else "",
        "reached": found.reached,
        "fresh": f"{fresh}?{asking.asked.address(cols=asking.cols, seen=found.seen)}",
    }


def cells(line: OrderLine, columns: Sequence[tuple[ListColumn, bool]]) -> list[tuple[str, Any, bool]]:
    """Code and value of each cell of a row, and whether it is there only where there is room."""
    return [(column.code, column.cell(line), wide) for column, wide in columns]


@page(right="order.read")
@require_safe
def fresh_part(request: HttpRequest, by: By, listing: str) -> HttpResponse:
    """How many orders of the list came in since it was read; the list itself stays as it is."""
    asking = read_asking(by, listing, request.GET)
    count = arrived(by, listing, asking.asked, request.GET.get("seen", ""))
    return render(request, "intake/parts/fresh.html", {"count": count, "first": asking.address()})


@page(right="order.read")
@require_POST
def save(request: HttpRequest, by: By, listing: str) -> HttpResponse:
    """Keep the list under a name, or delete one kept before."""
    if request.POST.get("drop"):
        if not request.POST["drop"].isdecimal():
            raise NotFound
        gone = actions.drop_list(by=by, saved=int(request.POST["drop"]))
        messages.success(request, f"已删除视图“{gone.name}”。")
        return redirect(f"{reverse(listing)}?view=all")
    given = QueryDict(request.POST.get("query", ""))
    asking = read_asking(by, listing, given)
    form = SaveForm(request.POST, auto_id="save-%s", by=by)
    if form.is_valid():
        try:
            saved = actions.save_list(
                by=by, listing=listing, query=asking.query, about=asking.about, **form.cleaned_data
            )
        except LiandongError as why:
            form.put(why.field, why.message)
        else:
            messages.success(request, f"已保存视图“{saved.name}”。")
            return redirect(asking.address())
    found = listed(by, listing, asking.asked)
    context = {**_frame(asking, lists_of(by, listing)), **_rows(asking, found), "save_form": form}
    return render(request, "intake/list.html", context, status=422)
