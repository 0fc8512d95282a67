"""来文登记: what a desk on paper hands over by a document becomes its order and a transfer to ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.models import Desk
from liandong.identity.queries import desk as desk_row
from liandong.identity.queries import desks, is_on_paper
from liandong.intake.accepting import Key
from liandong.intake.actions.accept import ORDER_KIND
from liandong.intake.pages.forms import BLANK, IncomingForm, Words, area
from liandong.kernel import clock
from liandong.kernel.canonical import canonical
from liandong.kernel.ids import local_day
from liandong.kernel.seals import sm3
from liandong.report.pages.forms import PaperForm
from liandong.transfer import actions
from liandong.transfer.onbehalf import Paper
from liandong.transfer.pages.forms import BASIS, ItemForm
from liandong.transfer.pages.order import attempt
from liandong.transfer.paths import targets
from liandong.transfer.queries import form_system
from liandong.transfer.states import KINDS

# What the accept form also knows and no document tells: as it is taken then.
NOT_ASKED = {"caller_identity": "", "occurred_at": None}
NOT_CONTENT = "csrfmiddlewaretoken"
DOCUMENT = ("paper_number", "dated", "signed_by", "why")


class ArrivedForm(ItemForm, IncomingForm):
    """The matter as the document tells it, how it is handed over, and the document itself with its scan."""

    ALSO = {**IncomingForm.ALSO, "kind": "way", "basis": "reason", "signal": "reason", "number": "paper_number"}

    way = forms.ChoiceField(label="移交方式")
    list_item = forms.ChoiceField(
        label="清单条目", required=False, widget=forms.Select(attrs={"data-find": "输入编号或词语查找条目"})
    )
    reason = Words(
        label="移交理由或依据",
        max_length=BASIS,
        required=False,
        widget=area(2),
        help_text="引用清单条目，或照来文写明依据，至少一项；险情和线索照来文写明情况。",
    )
    # The same four as of an answer.
    paper_number = PaperForm.base_fields["paper_number"]
    dated = PaperForm.base_fields["dated"]
    signed_by = PaperForm.base_fields["signed_by"]
    why = PaperForm.base_fields["why"]
    scan = forms.FileField(label="上传扫描件", help_text="扫描件作为“来件扫描”保存为对方单的材料，双方可见。")

    def __init__(self, *args: Any, ways: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NOT_ASKED:
            del self.fields[name]
        self.offer("way", ways if len(ways) == 1 else [BLANK, *ways])
        self.initial.setdefault("dated", local_day(clock.now()))
        self.fields["title"].widget.attrs.pop("autofocus", None)
        self.fields["scan"].error_messages["required"] = "请附上对方文件的扫描件。"
        self.order_fields(["way", "title", "content"])

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), **NOT_ASKED}

    def body(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("list_item", "reason") if self.cleaned_data[name]}

    def paper(self) -> Paper:
        """Where its scan is, is known once the order is there."""
        said = self.cleaned_data
        number, dated, signed_by, why = (said[name] for name in DOCUMENT)
        return Paper(number, dated, signed_by, why, order="", scan=0, hash="")


@page(right="report.type")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def arrived(request: HttpRequest, by: By, desk: str = "") -> HttpResponse:
    """The form; posted twice it makes one order, wrong it keeps every word but the file."""
    found = {one.code: one for one in senders(by)}
    if desk and desk not in found:
        raise Http404
    sender = found.get(desk) or (next(iter(found.values())) if len(found) == 1 else None)
    if sender is None:
        return _show(request, by, found, None, None)
    form = ArrivedForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        kind=ORDER_KIND[sender.kind],
        division=sender.division_id,
        ways=ways(by, sender),
    )
    if request.method != "POST":
        return _show(request, by, found, sender, form)

    def act(said: dict[str, Any]) -> HttpResponse:
        content = {name: value for name, value in request.POST.items() if name != NOT_CONTENT}
        made = actions.offer_on_behalf(
            by=by,
            desk=sender.code,
            incoming=form.incoming(),
            key=Key(form_system(by), said["key"], sm3(canonical(content))),
            kind=said["way"],
            paper=form.paper(),
            scan=actions.Scan(said["scan"].name or "", said["scan"]),
            body=form.body(),
        )
        messages.success(request, f"已登记{sender.name}的来文移交 {made.number}，已注明录入人和文号，请签收或退回。")
        return redirect("order", made.origin_order.number)

    return attempt(form, act, lambda status: _show(request, by, found, sender, form, status=status))


def senders(by: By) -> Iterator[Desk]:
    """The desks on paper that may hand something to the actor's."""
    if by.desk is None:
        return
    for one in desks():
        if one.code != by.desk and is_on_paper(one.code) and ways(by, one):
            yield one


def ways(by: By, sender: Desk) -> list[tuple[str, str]]:
    own = desk_row(by.desk or "")
    return [(kind.code, kind.label) for kind in KINDS.values() if own.kind in targets(kind.code, sender.kind)]


def _show(
    request: HttpRequest,
    by: By,
    found: dict[str, Desk],
    sender: Desk | None,
    form: ArrivedForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"senders": list(found.values()), "sender": sender, "form": form}
    return render(request, "report/arrived.html", context, status=status)
