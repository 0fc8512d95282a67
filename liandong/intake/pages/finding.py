"""Search by words, number or phone; what is typed is looked for while it is typed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions, queries
from liandong.intake.pages.forms import PhoneSearchForm
from liandong.intake.pages.rows import order_lines
from liandong.kernel.errors import LiandongError

# One character is found too, but half of all orders hold it: it is looked for when somebody says so by Enter.
SHORTEST = 2
WHILE_TYPING = 10


@page(right="order.read")
@require_safe
def search(request: HttpRequest, by: By) -> HttpResponse:
    """Orders by words or by number, in one field."""
    asked, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    context: dict[str, Any] = {"q": asked, "phone_form": PhoneSearchForm(auto_id="phone-%s")}
    status = 200
    if asked:
        try:
            found = queries.search(by, asked, after=after)
        except LiandongError as why:
            context["wrong"], status = why.message, why.status
        else:
            context["lines"] = order_lines(found.orders)
            context["later"] = _address({"q": asked, "after": found.after}) if found.after else ""
            context["first"] = _address({"q": asked}) if after else ""
    return render(request, "intake/search.html", context, status=status)


@page(right="order.read")
@require_safe
def found_part(request: HttpRequest, by: By) -> HttpResponse:
    """The first few found for what has been typed so far; a number not yet whole is no mistake."""
    asked = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"q": asked, "short": len(asked) < SHORTEST}
    if not context["short"]:
        try:
            found = queries.search(by, asked, limit=WHILE_TYPING)
        except LiandongError:
            context["short"] = True
        else:
            context["lines"] = order_lines(found.orders)
            context["later"] = _address({"q": asked}) if found.after else ""
    return render(request, "intake/parts/found.html", context)


@page(right="search.phone")
@sensitive_post_parameters("phone")
def search_phone(request: HttpRequest, by: By) -> HttpResponse:
    """Orders of one phone for a purpose. Posted, so that no phone stands in an address or a log."""
    form = PhoneSearchForm(request.POST or None, auto_id="phone-%s")
    context: dict[str, object] = {"phone_form": form, "by_phone": True}
    if request.method == "POST" and form.is_valid():
        said, after = form.cleaned_data, request.POST.get("after", "")
        try:
            found = actions.search_phone(by=by, phone=said["phone"], purpose=said["purpose"], after=after)
        except LiandongError as why:
            form.put(why.field or "phone", why.message)
        else:
            context |= {"lines": order_lines(found.orders), "phone_later": found.after}
    return render(request, "intake/search.html", context, status=422 if form.errors else 200)


def _address(asked: dict[str, str]) -> str:
    return f"{reverse('search')}?{urlencode(asked)}"
