"""The caller unmasked: only for a purpose, once, on a page that is not kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions
from liandong.intake.errors import PurposeMissing
from liandong.intake.pages.forms import PurposeForm
from liandong.intake.queries import access_order, caller_masked
from liandong.kernel import clock

# Shown on another page, the caller is hidden again by itself: long enough to dial a number, and no screen is left open.
SHOWN_FOR = 60


@page(right="caller.reveal")
def caller(request: HttpRequest, by: By, number: str) -> HttpResponse:
    """Masked when asked for; in clear as the answer to a purpose, which is in the trail by then."""
    order = access_order(by, number)
    form = PurposeForm(request.POST or None)
    context: dict[str, object] = {"order": order, "form": form, "caller": caller_masked(order), "now": clock.now()}
    if request.method == "POST" and form.is_valid():
        try:
            shown = actions.reveal_caller(by=by, number=order.number, purpose=form.cleaned_data["purpose"])
        except PurposeMissing as why:
            form.put(why.field, why.message)
        else:
            context |= {"caller": shown, "clear": True, "purpose": form.cleaned_data["purpose"]}
    in_place = request.headers.get("HX-Request") == "true"
    template = "intake/caller_shown.html" if in_place else "intake/caller.html"
    return render(request, template, {**context, "seconds": SHOWN_FOR}, status=422 if form.errors else 200)
