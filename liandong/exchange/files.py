"""Documents of an order over the API: the list, one more, the bytes of one.

A file comes as the body of a request, as it is; what is said of it stands in the address, where every client can write
any character of a name. It is read in pieces and never whole in memory.
"""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Router

from liandong.exchange.answers import answer, who
from liandong.exchange.documents import file_document
from liandong.exchange.openapi import described
from liandong.exchange.problems import MediaTypeUnfit, pointing
from liandong.intake import actions as intake
from liandong.intake import queries as orders
from liandong.intake.documents import PIECE
from liandong.intake.filetypes import TYPES
from liandong.intake.queries.documents import bytes_of, documents_of
from liandong.kernel.errors import Invalid, NotFound

router = Router()
MEDIA_TYPE = "application/octet-stream"
ON_DISK = 1024 * 1024  # a longer body waits on disk
LONGEST = 1000  # characters of one thing said in the address


@router.get("/orders/{number}/documents", **described("单上的材料", answer="documents"))
def list_documents(request: HttpRequest, number: str) -> HttpResponse:
    order = orders.access_order(who(request), number)
    return answer([file_document(one) for one in documents_of([order])])


@router.post(
    "/orders/{number}/documents",
    **described(
        "为单添加一份材料", raw=MEDIA_TYPE, answer="document", query=("name", "document_kind", "about"), status=201
    ),
)
def add_document(request: HttpRequest, number: str) -> HttpResponse:
    if request.content_type != MEDIA_TYPE:
        raise MediaTypeUnfit(f"文件须以 {MEDIA_TYPE} 原样发送。", header="Content-Type")
    name, kind, about = (_said(request, one) for one in ("name", "document_kind", "about"))
    with SpooledTemporaryFile(max_size=ON_DISK) as file:
        _take_in(request, file)
        with pointing(kind="/document_kind", file=""):
            made = intake.add_document(by=who(request), number=number, name=name, file=file, kind=kind, about=about)
    return answer(file_document(made), status=201)


@router.get("/orders/{number}/documents/{document}", **described("取一份材料的原文", answer="bytes"))
def get_document(request: HttpRequest, number: str, document: str) -> StreamingHttpResponse:
    if not (document.isascii() and document.isdigit() and len(document) <= 19):
        raise NotFound
    found = intake.see_document(by=who(request), number=number, document=int(document))
    response = StreamingHttpResponse(bytes_of(found), content_type=TYPES[found.media].media_type)
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response


def _said(request: HttpRequest, name: str) -> str:
    """What the address says of the file. Raises Invalid for what no column takes."""
    text = request.GET.get(name, "")
    if len(text) > LONGEST or "\0" in text:
        raise Invalid(f"{name} 过长或含有 NUL。", field=f"/{name}")
    return text


def _take_in(request: HttpRequest, file: IO[bytes]) -> None:
    while piece := request.read(PIECE):
        file.write(piece)
