"""对接台: which systems use the API, how often they are refused and why, and whose token runs out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.exchange import queries
from liandong.exchange.codes import ADVICE, reachable
from liandong.exchange.models import TokenError
from liandong.identity.gate import page
from liandong.identity.models import SystemToken
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.kernel.ids import local_day

DAYS = 7
DAYS_OF_ONE = 30


@page(right="tokens.manage")
@require_safe
def usage(request: HttpRequest, by: By) -> HttpResponse:
    """All tokens of the actor's desks with their use of the last week."""
    tokens = queries.tokens_shown(by)
    today = local_day(clock.now())
    use = queries.use_by_token(tokens, today - timedelta(days=DAYS - 1))
    rows = [(token, state(token), use.get(token.pk, queries.Use())) for token in tokens]
    context = {
        "rows": rows,
        "days": DAYS,
        "ending": [(token, how[1]) for token, how, _ in rows if how[0] in ("soon", "over") and not token.revoked_at],
        "errors": errors(queries.errors_of(tokens, strangers=by.may("desk.all"))),
    }
    return render(request, "exchange/usage.html", context)


@page(right="tokens.manage")
@require_safe
def token_usage(request: HttpRequest, by: By, token: int) -> HttpResponse:
    """One token day by day, with what it was refused for."""
    found = queries.one_token(by, token)
    since = local_day(found.made_at)
    days = [
        (day, use, [(code, meaning(code), count) for code, count in sorted(use.refused.items())])
        for day, use in queries.use_by_day(found, local_day(clock.now()), DAYS_OF_ONE)
        if day >= since or use.requests
    ]
    context = {
        "token": found,
        "state": state(found),
        "days": days,
        "errors": errors(queries.errors_of([found])),
    }
    return render(request, "exchange/token.html", context)


def state(token: SystemToken) -> tuple[str, str]:
    """Kind of badge and label; a token that runs out soon says in how many days. Raises ParameterMissing."""
    now = clock.now()
    if token.revoked_at is not None:
        return "quiet", "已吊销"
    left = token.expires_at - now
    if left <= timedelta(0):
        return "over", "已过期"
    notice = rulebook().parameter("token_expiry_notice_days", now)
    return ("soon", f"{left.days}天后到期") if left < timedelta(days=notice) else ("calm", "有效")


def errors(rows: Iterable[TokenError]) -> list[tuple[TokenError, str, str]]:
    """Each refusal with what its code means and what the program should do."""
    return [(row, meaning(row.code), ADVICE.get(row.status, "").replace("`", "")) for row in rows]


def meaning(code: str) -> str:
    """The usual message of a problem, for people; the code itself for one of an older release."""
    error = reachable().get(code)
    return error.message if error else code


urlpatterns = [
    path("usage/", usage, name="usage"),
    path("usage/<int:token>/", token_usage, name="token-usage"),
]
