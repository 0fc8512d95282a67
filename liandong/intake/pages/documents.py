"""The bytes of a document: as a file to keep, a picture also to look at. Each time is in the trail."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.intake import actions
from liandong.intake.filetypes import TYPES
from liandong.intake.models import Document
from liandong.intake.queries.documents import access_document, bytes_of
from liandong.kernel.errors import NotFound

# Whatever is in it, it may load, run and send nothing, and is no page of ours.
NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'; sandbox"


@page(right="order.read")
@require_GET
def fetch(request: HttpRequest, by: By, number: str, document: int) -> StreamingHttpResponse:
    """The document as a file to keep, whatever it is."""
    return sent(actions.see_document(by=by, number=number, document=document), to_keep=True)


@page(right="order.read")
@require_GET
def picture(request: HttpRequest, by: By, number: str, document: int) -> StreamingHttpResponse:
    """A photo to look at. Other types are only files."""
    if not TYPES[access_document(by, number, document).media].shown:
        raise NotFound("这份材料不是图片，请下载后查看。")
    return sent(actions.see_document(by=by, number=number, document=document), to_keep=False)


def sent(document: Document, *, to_keep: bool) -> StreamingHttpResponse:
    """The bytes of a document somebody was let see, piece by piece."""
    answer = StreamingHttpResponse(bytes_of(document), content_type=TYPES[document.media].media_type)
    answer["Content-Length"] = str(document.size)
    answer["Content-Disposition"] = content_disposition_header(to_keep, document.name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = NOTHING_RUNS
    answer["Cache-Control"] = "no-store"
    return answer
