"""One act on several orders of a list: shown first, then done row by row, each with its own answer."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions as intake
from liandong.intake import bulk
from liandong.intake.models import Order
from liandong.intake.pages.rows import order_line
from liandong.intake.queries import access_orders
from liandong.kernel.errors import Invalid, LiandongError
from liandong.transfer import actions as transfer
from liandong.transfer.models import Transfer
from liandong.transfer.queries import sent_from

LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Row:
    """An order of the choice: why it is left out, or what became of it."""

    order: Order
    state: str
    left_out: str
    done: bool = False
    failed: str = ""


@page(right="order.read")
@require_POST
def orders_bulk(request: HttpRequest, by: By) -> HttpResponse:
    """What would be done to which rows; with `sure`, do it."""
    verb = bulk.VERBS.get(request.POST.get("verb", ""))
    if verb is None:
        raise Invalid("没有这种批量处理。")
    by.needs(verb.right)
    numbers = list(dict.fromkeys(request.POST.getlist("number")))
    if not numbers:
        raise Invalid("请先在列表中勾选要处理的单。")
    if len(numbers) > bulk.MOST:
        raise Invalid(f"一次最多处理{bulk.MOST}件，请分次处理。")
    code, text = request.POST["verb"], request.POST.get("text", "").strip()[:LONGEST_TEXT]
    orders = access_orders(by, numbers)
    sent = sent_from(by, orders)
    sure = request.POST.get("sure") == "1"
    rows = [_row(by, code, text, order, sent.get(order.matter_id, []), sure) for order in orders]
    context = {
        "verb": code,
        "label": verb.label,
        "what": verb.what,
        "rows": sorted(rows, key=lambda row: bool(row.left_out)),
        "sure": sure,
        "able": sum(not row.left_out for row in rows),
        "done": sum(row.done for row in rows),
        "text": text,
        "longest": LONGEST_TEXT,
    }
    return render(request, "console/bulk.html", context)


def _row(by: By, verb: str, text: str, order: Order, sent: list[Transfer], sure: bool) -> Row:
    line = order_line(order)
    left_out = bulk.why_not(
        verb,
        own=order.desk == by.desk,
        state=order.state,
        danger=line.danger,
        transfers=len(sent) if verb == "urge" else order.matter.transfers_open,
    )
    if left_out or not sure:
        return Row(order, line.state_label, left_out)
    try:
        _do(by, verb, text, order, sent)
    except LiandongError as why:
        # This row's answer; what was done to the rows before it stays done, and the page says so.
        return Row(order, line.state_label, "", failed=why.message)
    return Row(order, line.state_label, "", done=True)


def _do(by: By, verb: str, text: str, order: Order, sent: list[Transfer]) -> None:
    if verb == "confirm":
        intake.confirm(by=by, order=order)
        return
    for one in sent:
        transfer.add_note(by=by, number=one.number, kind="urge", body={"text": text} if text else {})
