"""受理台 and 接警台: a call is taken on one screen, and accepted with everything that goes with it in one act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_post_parameters

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.models import Desk
from liandong.identity.queries import desk as desk_row
from liandong.intake.accepting import Key
from liandong.intake.actions.accept import ORDER_KIND
from liandong.intake.errors import KeyReused
from liandong.intake.pages.forms import DeskForm
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import Invalid, LiandongError, NotAllowed
from liandong.kernel.seals import sm3
from liandong.routing.actions import Chosen
from liandong.transfer import drafts
from liandong.transfer.actions import HandOver, accept_call
from liandong.transfer.pages.callforms import CALL_FORMS, AtOnceForm, CallForm, JudgedForm, SettleForm, danger_line
from liandong.transfer.pages.calltable import city_code, guides, list_rows
from liandong.transfer.pages.order import SAID_HERE
from liandong.transfer.queries import accepted_with, access_draft, count_drafts, form_system

KIND_LABELS = {"work": "工单", "police": "警单"}
DESK_TITLES = {"work": "受理台", "police": "接警台"}
# Of the posted words these do not make the order another one.
NOT_CONTENT = frozenset({"csrfmiddlewaretoken", "key", "after", "version"})
AFTER = "after_accept"
YEAR = 365 * 24 * 3600


@dataclass(slots=True)
class Sheet:
    """The forms of the page: the order, what follows at once, how the call may end."""

    order: CallForm
    at_once: AtOnceForm
    settle: SettleForm
    judged: JudgedForm

    @property
    def all(self) -> tuple[DeskForm, ...]:
        return self.order, self.at_once, self.settle, self.judged

    def chosen(self) -> Chosen:
        return self.judged.chosen(self.order, self.at_once, self.settle)

    def valid(self) -> bool:
        """All are asked, so that everything that is wrong is said at the same time."""
        good = [form.is_valid() for form in self.all]
        if all(good) and self.settle.settled() and self.at_once.cleaned_data["way"]:
            self.at_once.add_error("way", "当场办结的单不能同时移交，请取消其中一项。")
            return False
        return all(good)

    def put(self, why: LiandongError) -> None:
        """Say the failure of an action beside the field it speaks of."""
        name = (why.field or "").rsplit("/", 1)[-1]
        for form in (self.settle, self.at_once):
            if form.ALSO.get(name, name) in form.fields:
                return form.put(why.field, why.message)
        return self.order.put(why.field, why.message)


@page(right="order.accept")
@sensitive_post_parameters()
def accept(request: HttpRequest, by: By) -> HttpResponse:
    """The page. Posted twice it makes one order; wrong it keeps every word; with danger nothing can be wrong."""
    if by.desk is None:
        raise NotAllowed("只有受理台可以受理，请以受理台岗位登录。")
    desk = desk_row(by.desk)
    if request.method != "POST":
        return _open(request, by, desk)
    danger = request.POST.get("act") == "danger" or is_danger(request.POST)
    sheet = _sheet(by, desk, posted=request.POST, danger=danger)
    status = 422
    if danger or sheet.valid():
        try:
            return _taken(request, by, desk, sheet, danger)
        except LiandongError as why:
            if why.status not in SAID_HERE:
                raise
            sheet = _told(request, by, desk, sheet, why)
            status = why.status
    return _show(request, by, desk, sheet, status=status)


def _told(request: HttpRequest, by: By, desk: Desk, sheet: Sheet, why: LiandongError) -> Sheet:
    """The forms with the failure beside its field. A form that was accepted before gets a key for another order."""
    if not isinstance(why, KeyReused):
        sheet.put(why)
        return sheet
    number = accepted_with(by, str(request.POST.get("key")))
    sheet = _sheet(by, desk, posted={**request.POST.dict(), "key": uuid4().hex})
    sheet.put(Invalid(f"本页已受理为 {number}。如要按现在的内容另立一件，请再按一次受理。"))
    return sheet


def is_danger(posted: Mapping[str, str]) -> bool:
    """Who fills the danger line or marks the call as dangerous has signalled the danger; no more is asked (S3.4)."""
    return bool(posted.get("signal", "").strip()) or posted.get("urgency") == "danger"


def _open(request: HttpRequest, by: By, desk: Desk) -> HttpResponse:
    """A fresh form, or the draft the address names; what was accepted meanwhile leads to its order."""
    key = request.GET.get("draft", "")
    if not drafts.KEY.fullmatch(key):
        return _show(request, by, desk, _sheet(by, desk))
    number = accepted_with(by, key)
    if number is not None:
        messages.info(request, f"这份草稿已受理为 {number}。")
        return redirect("order", number)
    kept = access_draft(by, key)
    said = kept.said if kept else {}
    return _show(request, by, desk, _sheet(by, desk, said={**said, "key": key}), version=kept.version if kept else 0)


def _sheet(
    by: By,
    desk: Desk,
    *,
    posted: Mapping[str, str] | None = None,
    said: Mapping[str, str] | None = None,
    danger: bool = False,
) -> Sheet:
    kind = ORDER_KIND[desk.kind]
    first = {"key": uuid4().hex, **(said or {})}
    return Sheet(
        CALL_FORMS[kind](posted, kind=kind, division=desk.division_id, initial=first, danger=danger),
        AtOnceForm(posted, desk_kind=desk.kind, initial=first),
        SettleForm(posted, by=by, initial=first),
        JudgedForm(posted, initial=first),
    )


def _taken(request: HttpRequest, by: By, desk: Desk, sheet: Sheet, danger: bool) -> HttpResponse:
    order, said = sheet.order, {name: value for name, value in request.POST.items() if name not in NOT_CONTENT}
    order.is_valid()  # with danger it always is: this bends what is wrong
    key = Key(form_system(by), order.cleaned_data["key"], sm3(canonical(said)))
    given: dict[str, Any] = {"by": by, "key": key, "repeats": order.cleaned_data["repeats"], "chosen": sheet.chosen()}
    by_gate = False
    warnings = [f"{'、'.join(order.bent)}未按要求填写，已照原样受理，请在单内核对。"] if order.bent else []
    if danger:
        try:
            number = _with_danger(sheet, given, danger_line(request.POST), warnings)
        except KeyReused:  # the page was accepted before, without this danger: it goes out as an order of its own
            given["key"] = replace(key, key=uuid4().hex)
            number = _with_danger(sheet, given, danger_line(request.POST), warnings)
    else:
        order.settled, order.guide = sheet.settle.settled(), sheet.settle.script()
        answer = accept_call(**given, incoming=order.incoming(), hand_over=sheet.at_once.hand_over())
        number, by_gate = _number(answer), "gate_transfer" in answer
        if by_gate and order.settled is not None:
            warnings.append("来电内容属险情，没有当场办结；已告知来电人的话记在联动派警的附记中。")
    label, address = KIND_LABELS[order.kind], reverse("order", args=[number])
    sent = "，险情已联动派警" if danger and "signal" in sheet.at_once.fields else ""
    if by_gate:
        sent = "；来电内容属险情，系统已自动联动派警，原单仍由本台继续办理"
    messages.success(
        request, format_html('已受理{}，{}号 <a href="{}">{}</a>。', sent, label, address, number), extra_tags="safe"
    )
    for warning in warnings:
        messages.warning(request, warning)
    return _onward(request, number, to_order=bool(warnings))


def _with_danger(sheet: Sheet, given: dict[str, Any], signal: str, warnings: list[str]) -> str:
    """Danger first: the order and its signal go out, with the hand-over and the link beside if they are in order."""
    incoming = sheet.order.incoming()
    signal = signal if "signal" in sheet.at_once.fields else ""
    if any(sheet.settle.data.get(name, "").strip() for name in ("answer_text", "guide_text")):
        warnings.append("按险情受理，没有当场办结。")
    wish: HandOver | None = None
    if sheet.at_once.is_valid():
        wish = sheet.at_once.hand_over()
    elif sheet.at_once.data.get("way"):
        warnings.append("移交内容有误，没有移交，请在单内重新移交。")
    try:
        return _number(accept_call(**given, incoming=incoming, hand_over=wish, signal=signal))
    except LiandongError as why:
        if wish is None and not given["repeats"]:
            raise
        warnings.append(f"险情已先行受理；其余没有完成：{why.message}")
    return _number(accept_call(**{**given, "repeats": ""}, incoming=incoming, signal=signal))


def _number(answer: Mapping[str, Any]) -> str:
    return str(answer["order_number"])


def _onward(request: HttpRequest, number: str, *, to_order: bool = False) -> HttpResponse:
    """To the order or to the next call, as the person likes; what needs a second look opens the order."""
    wish = "new" if request.POST.get("after") == "new" else "order"
    answer = redirect("accept") if wish == "new" and not to_order else redirect("order", number)
    answer.set_cookie(AFTER, wish, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    return answer


def _show(
    request: HttpRequest, by: By, desk: Desk, sheet: Sheet, *, version: int = 0, status: int = 200
) -> HttpResponse:
    kind = sheet.order.kind
    after = request.POST.get("after") or request.COOKIES.get(AFTER) or "order"
    context = {
        "form": sheet.order,
        "at_once": sheet.at_once,
        "settle": sheet.settle,
        "judged": sheet.judged,
        "wrong": any(form.errors for form in sheet.all),
        "kind": kind,
        "kind_label": KIND_LABELS[kind],
        "desk_title": DESK_TITLES[kind],
        "after_new": after == "new",
        "drafts_waiting": count_drafts(by),
        "version": version or request.POST.get("version", 0),
        "guides": guides(),
        "cited": [row for _, rows in list_rows() for row in rows if row.code == sheet.at_once["list_item"].value()],
        "city": city_code(),
    }
    return render(request, "transfer/accept.html", context, status=status)
