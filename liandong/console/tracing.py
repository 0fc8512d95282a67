"""Every page and every call of the API belongs to a trace: the caller's, or one that begins here."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from liandong.kernel.trace import following

HEADER = "traceparent"


class TraceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with following(request.headers.get(HEADER, "")):
            return self.get_response(request)
