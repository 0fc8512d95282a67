"""The frame's own pages: home, account, parts on show, health."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.console.forms import SignInForm
from liandong.console.navigation import open_to
from liandong.identity.gate import page, public
from liandong.identity.rights import RIGHTS
from liandong.kernel import clock

log = logging.getLogger(__name__)


@page()
@require_safe
def home(request: HttpRequest, by: By) -> HttpResponse:
    """Who works at a desk begins with what waits there; everybody else with the pages open to them."""
    if by.desk is not None and by.may("order.read"):
        return redirect("desk")
    entries = [entry for entry in open_to(by) if entry.route != "home"]
    return render(request, "console/home.html", {"entries": entries, "rights": _rights(by)})


@page()
@require_safe
def account(request: HttpRequest, by: By) -> HttpResponse:
    return render(request, "console/account.html", {"rights": _rights(by)})


@page()
@require_safe
def parts(request: HttpRequest, by: By) -> HttpResponse:
    """Every component of the frame with sample values, to look at."""
    now, hour = clock.now(), timedelta(hours=1)
    form = SignInForm({"username": "", "password": ""})
    context = {
        "form": form,
        "clocks": [(now - hour, now + 2 * hour), (now - 2 * hour, now + hour / 2), (now - hour, now - hour / 60)],
        "head": ["步骤", "台席", "时间"],
        "rows": [["登记", "市12345热线", "09:00"], ["流转", "市110报警服务台", "09:02"]],
    }
    return render(request, "console/parts.html", context)


@public("健康检查：负载均衡和监控由此得知服务是否可用，不含任何业务数据")
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as why:
        log.error("health: the database does not answer: %s", why)
        return JsonResponse({"status": "down", "database": False}, status=503)
    return JsonResponse({"status": "ok", "database": True})


def _rights(by: By) -> list[object]:
    return [right for right in RIGHTS.values() if by.may(right.code)]
