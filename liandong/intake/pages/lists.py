"""The desk's lists of orders, and the search by words, number or phone."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions, queries
from liandong.intake.models import Order
from liandong.intake.pages.forms import PhoneSearchForm
from liandong.intake.pages.rows import order_lines
from liandong.intake.states import ORDER
from liandong.kernel.errors import LiandongError


@page(right="order.read")
@require_safe
def orders(request: HttpRequest, by: By) -> HttpResponse:
    """All orders of the desk, newest first, of one kind or in one state where asked."""
    kind, state, after = (request.GET.get(name, "") for name in ("kind", "state", "after"))
    kind, state = kind if kind in Order.Kind.values else "", state if state in ORDER.states else ""
    found = queries.newest(by, after=after, kind=kind, state=state)
    asked = {"kind": kind, "state": state}
    context = {
        "lines": order_lines(found.orders),
        "later": _address("orders", {**asked, "after": found.after}) if found.after else "",
        "first": _address("orders", asked) if after else "",
        "kinds": Order.Kind.choices,
        "states": list(ORDER.states.items()),
        **asked,
    }
    return render(request, "intake/orders.html", context)


@page(right="order.read")
@require_safe
def work(request: HttpRequest, by: By) -> HttpResponse:
    """The desk's open orders by time left."""
    after = request.GET.get("after", "")
    found = queries.work_list(by, after=after)
    context = {
        "lines": order_lines(found.orders),
        "later": _address("work", {"after": found.after}) if found.after else "",
        "first": reverse("work") if after else "",
    }
    return render(request, "intake/work.html", context)


@page(right="order.read")
@require_safe
def search(request: HttpRequest, by: By) -> HttpResponse:
    """Orders by words or by number, in one field."""
    asked, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    context: dict[str, object] = {"q": asked, "phone_form": PhoneSearchForm(auto_id="phone-%s")}
    status = 200
    if asked:
        try:
            found = queries.search(by, asked, after=after)
        except LiandongError as why:
            context["wrong"], status = why.message, why.status
        else:
            context["lines"] = order_lines(found.orders)
            context["later"] = _address("search", {"q": asked, "after": found.after}) if found.after else ""
            context["first"] = _address("search", {"q": asked}) if after else ""
    return render(request, "intake/search.html", context, status=status)


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


def _address(route: str, asked: dict[str, str]) -> str:
    return f"{reverse(route)}?{urlencode({name: value for name, value in asked.items() if value})}"
