"""The page on which tokens of other systems are issued and revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liandong.audit.by import By
from liandong.console.forms import TokenForm
from liandong.identity import actions
from liandong.identity.gate import page
from liandong.identity.models import SystemToken
from liandong.identity.queries import access_tokens
from liandong.identity.rights import RIGHTS
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid, NotFound


@page(right="tokens.manage")
def tokens(request: HttpRequest, by: By) -> HttpResponse:
    form = TokenForm(request.POST or None, by=by)
    issued = None
    if request.method == "POST" and form.is_valid():
        try:
            issued = actions.issue_token(by=by, **form.cleaned_data)
        except Invalid as why:
            form.add_error(why.field, why.message)
        else:
            # The text is shown on the answer itself: nothing that opens a door is put into session or address.
            form = TokenForm(by=by)
    rows = [(token, _state(token), _labels(token)) for token in access_tokens(by)]
    context = {"form": form, "issued": issued, "rows": rows}
    return render(request, "console/tokens.html", context, status=422 if form.errors else 200)


@page(right="tokens.manage")
def revoke(request: HttpRequest, by: By, token: int) -> HttpResponse:
    found = access_tokens(by).filter(pk=token).first()
    if found is None:
        raise NotFound("没有这个令牌，或您无权管理。")
    if request.method != "POST":
        return render(request, "console/revoke_token.html", {"token": found})
    try:
        actions.revoke_token(by=by, token=token)
    except Conflict as why:
        messages.warning(request, why.message)
    else:
        messages.success(request, f"已吊销“{found.name}”的令牌，5秒内全部停止使用。")
    return redirect("tokens")


def _state(token: SystemToken) -> tuple[str, str]:
    """Kind of badge and label."""
    if token.revoked_at is not None:
        return "quiet", "已吊销"
    return ("over", "已过期") if token.expires_at <= clock.now() else ("calm", "有效")


def _labels(token: SystemToken) -> str:
    return "、".join(RIGHTS[code].label if code in RIGHTS else code for code in token.rights)
