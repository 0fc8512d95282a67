"""受理: write a new order, and hand it over or signal a danger in the same act."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk as desk_row
from liandong.intake.accepting import Key
from liandong.intake.actions.accept import ORDER_KIND
from liandong.intake.pages.forms import INCOMING_FORMS, IncomingForm, Words
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import LiandongError, NotAllowed
from liandong.kernel.seals import sm3
from liandong.transfer.actions import HandOver, accept_and_hand
from liandong.transfer.choices import Standing, ways
from liandong.transfer.pages.acts import all_desks
from liandong.transfer.pages.forms import OfferForm
from liandong.transfer.pages.order import SAID_HERE
from liandong.transfer.paths import targets

KIND_LABELS = {"work": "工单", "police": "警单"}
# Of the posted words these do not make the order another one.
NOT_CONTENT = frozenset({"csrfmiddlewaretoken", "key"})


class AtOnceForm(OfferForm):
    """What follows at once; all of it may be left empty. A desk that is the police itself has no one to alarm."""

    ALSO = {**OfferForm.ALSO, "signal": "signal"}

    signal = Words(
        label="险情", max_length=200, required=False, help_text="填写即在受理的同时联动派警，不等待其他处理。"
    )

    def __init__(self, *args: Any, desk_kind: str, **kwargs: Any) -> None:
        super().__init__(*args, ways=ways(desk_kind, all_desks(), Standing()), **kwargs)
        self.fields["way"].required = False
        if "city_110" not in targets("danger", desk_kind):
            del self.fields["signal"]

    def hand_over(self) -> HandOver | None:
        return HandOver(*self.way_and_body()) if self.cleaned_data["way"] else None


@page(right="order.accept")
@sensitive_post_parameters("caller_name", "caller_phone", "caller_identity")
def accept(request: HttpRequest, by: By) -> HttpResponse:
    """The form. Posted twice it makes one order; wrong it keeps every word."""
    if by.desk is None:
        raise NotAllowed("只有受理台可以受理，请以受理台岗位登录。")
    desk = desk_row(by.desk)
    kind = ORDER_KIND[desk.kind]
    order = INCOMING_FORMS[kind](request.POST or None, kind=kind, division=desk.division_id)
    at_once = AtOnceForm(request.POST or None, desk_kind=desk.kind)
    status = 200
    # Both are asked, so that everything that is wrong is said at the same time.
    if request.method == "POST" and all([order.is_valid(), at_once.is_valid()]):
        try:
            number = _accept(request, by, order, at_once)
        except LiandongError as why:
            if why.status not in SAID_HERE:
                raise
            _put(order, at_once, why)
            status = why.status
        else:
            messages.success(request, f"已受理，{KIND_LABELS[kind]}号 {number}。")
            return redirect("order", number)
    elif request.method == "POST":
        status = 422
    context = {"form": order, "at_once": at_once, "kind_label": KIND_LABELS[kind], "kind": kind}
    return render(request, "transfer/accept.html", context, status=status)


def _accept(request: HttpRequest, by: By, order: IncomingForm, at_once: AtOnceForm) -> str:
    said = {name: value for name, value in request.POST.items() if name not in NOT_CONTENT}
    key = Key(f"console:{by.person}", order.cleaned_data["key"], sm3(canonical(said)))
    signal = at_once.cleaned_data.get("signal", "")
    # Who marks the call as dangerous has signalled the danger; nothing more need be typed (S3.4).
    if not signal and "signal" in at_once.fields and order.cleaned_data["urgency"] == "danger":
        signal = order.cleaned_data["title"]
    answer = accept_and_hand(by=by, incoming=order.incoming(), key=key, hand_over=at_once.hand_over(), signal=signal)
    return str(answer["order_number"])


def _put(order: IncomingForm, at_once: AtOnceForm, why: LiandongError) -> None:
    name = (why.field or "").rsplit("/", 1)[-1]
    form = at_once if at_once.ALSO.get(name, name) in at_once.fields else order
    form.put(why.field, why.message)
