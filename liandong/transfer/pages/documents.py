"""Adding documents on the order's page and taking them down."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from liandong.audit.by import By
from liandong.identity.gate import by_script, page
from liandong.intake import actions
from liandong.intake.pages.forms import DocumentForm, TakeDownForm
from liandong.intake.queries import access_order
from liandong.intake.queries.documents import limits
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, LiandongError
from liandong.transfer.pages.acts import Maker
from liandong.transfer.pages.order import SAID_HERE, perform, show
from liandong.transfer.pages.reading import read

# Too large is said beside the file too: another one of the same form may have been kept.
SAID = SAID_HERE | {413}


@page(right="note.add")
@require_POST
def add(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """Keep the files of the form, each by itself: one that cannot be taken holds up no other.

    A script sends them one by one, and gets nothing (204) or the problem.
    """
    order = access_order(by, number)
    form = DocumentForm(request.POST, request.FILES, auto_id="document-%s", allowed=limits(clock.now()))
    told = by_script(request)
    kept = 0
    for file in form.cleaned_data["file"] if form.is_valid() else ():
        said = form.cleaned_data
        try:
            actions.add_document(
                by=by, number=order.number, name=file.name, file=file, kind=said["kind"], about=said["about"]
            )
            kept += 1
        except LiandongError as why:
            if told or why.status not in SAID:
                raise
            form.put(why.field, f"“{file.name}”：{why.message}")
    if told:
        if form.errors:
            raise Invalid(" ".join(str(error) for errors in form.errors.values() for error in errors))
        return HttpResponse(status=204)
    if kept:
        messages.success(request, f"已添加{kept}份材料。")
    if not form.errors:
        return redirect("order", order.number)
    return show(request, read(by, order.number), Maker("document", form), status=422)


@page(right="note.add")
@require_POST
def take_down(request: HttpRequest, by: By, number: str, document: int) -> HttpResponse:
    """Show a document no more, with a reason."""
    order = access_order(by, number)
    key = f"take-down-{document}"

    def act(said: dict[str, str]) -> str:
        actions.take_down_document(by=by, number=order.number, document=document, why=said["why"])
        messages.success(request, "材料已撤下；原文和校验值仍然留存。")
        return order.number

    return perform(request, by, order.number, key, TakeDownForm(request.POST, auto_id=f"{key}-%s"), act)
