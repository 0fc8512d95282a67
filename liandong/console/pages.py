"""The frame's own pages: home, account, session, health."""

from __future__ import annotations

import logging

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.console.navigation import home_of, open_to
from liandong.identity.gate import page, public
from liandong.identity.rights import RIGHTS

log = logging.getLogger(__name__)


@page()
@require_safe
def home(request: HttpRequest, by: By) -> HttpResponse:
    """To the home of the post; a post without one sees the pages open to it."""
    start = home_of(by)
    if start is not None:
        return redirect(start.route)
    return render(request, "console/home.html", {"entries": open_to(by), "rights": _rights(by)})


@page(first_password=True)
@require_safe
def session(request: HttpRequest, by: By) -> HttpResponse:
    """For session.js: whose session this is; without one the gate answers 401."""
    return JsonResponse({"person": by.person})


@page()
@require_safe
def account(request: HttpRequest, by: By) -> HttpResponse:
    return render(request, "console/account.html", {"rights": _rights(by)})


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
