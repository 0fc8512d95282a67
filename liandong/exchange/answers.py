"""What the operations of the API share: who asks, and an answer in JSON."""

from __future__ import annotations

from typing import cast

import orjson
from django.http import HttpRequest, HttpResponse

from liandong.audit.by import By
from liandong.exchange.documents import Document


def who(request: HttpRequest) -> By:
    """The system behind the token."""
    # ninja sets `auth` on the request; Django's stubs do not know it.
    return cast(By, request.auth)  # type: ignore[attr-defined]


def answer(document: Document | list[Document], status: int = 200) -> HttpResponse:
    response = HttpResponse(orjson.dumps(document), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
