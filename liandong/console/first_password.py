"""Nothing before the first password is changed: whoever set it knows it, so what is done with it proves nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from liandong.identity.gate import rule_of
from liandong.identity.models import Person


class FirstPasswordMiddleware:
    """Sends people with a password to change to the page where they do; only what such people need stays open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        rule = rule_of(view)
        if rule is not None and rule.first_password:
            return None
        if isinstance(request.user, Person) and request.user.must_change_password:
            return redirect("password")
        return None
