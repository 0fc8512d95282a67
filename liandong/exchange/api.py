"""The API for other systems, below /api/v1: fetch, search, act. The accept door itself is in `door.py`.

Bodies are read and checked by the published schemas (`liandong/intake/schemas`), the same files the page of the
standard and the OpenAPI document are made from. Every answer that is not 2xx is a problem document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from liandong.audit.by import By
from liandong.exchange import files
from liandong.exchange.answers import answer as _answer
from liandong.exchange.answers import who as _who
from liandong.exchange.documents import (
    matter_document,
    note_document,
    order_document,
    step_document,
    transfer_document,
)
from liandong.exchange.frontage import id_of, problem_response, remember
from liandong.exchange.openapi import describe, described
from liandong.exchange.problems import MediaTypeUnfit, PathUnknown, RequestUnfit, named, pointing
from liandong.identity.errors import TokenExpired, TokenUnknown
from liandong.identity.gate import public
from liandong.identity.queries import token as token_seen
from liandong.intake import actions as intake
from liandong.intake import queries as orders
from liandong.intake.models import Order
from liandong.kernel.errors import Invalid
from liandong.kernel.jsontext import TooLarge, parse_json
from liandong.kernel.schemas import Schema
from liandong.transfer import actions as transfers_do
from liandong.transfer import queries as transfers

BODY_BYTES = 128 * 1024
PAGE_MOST = 100
WORDS_MOST = 200


class SystemToken(HttpBearer):
    """`Authorization: Bearer ld_…`; the request then carries `by`, the system as an actor."""

    def authenticate(self, request: HttpRequest, token: str) -> By:
        try:
            seen = token_seen(token)
        except TokenExpired as why:
            remember(request, why.token)
            raise
        remember(request, seen.id)
        return seen.by


class Api(NinjaAPI):
    def get_openapi_schema(self, **given: Any) -> Any:
        return describe(super().get_openapi_schema(**given))


api = Api(
    title="联动平台接口",
    version="1",
    description="12345与110对接联动平台的系统接口。2xx 即已持久保存；其余均为 RFC 9457 错误文档。",
    auth=SystemToken(),
    # No validator: it is a stranger's web site, and a closed network has none.
    docs=Swagger(settings={"validatorUrl": None, "defaultModelsExpandDepth": 0}),
    docs_decorator=public("The description of the API holds no data; integrators read it before they have a token."),
    urls_namespace="api",
    openapi_url="/openapi.json",
)


def _asked(request: HttpRequest, schema: str) -> Mapping[str, Any]:
    """The body, checked against the schema. Raises MediaTypeUnfit, TooLarge, BadJson and its kin, Unfit."""
    if request.content_type != "application/json":
        raise MediaTypeUnfit("报文类型须为 application/json。", header="Content-Type")
    if int(request.headers["Content-Length"]) > BODY_BYTES:
        raise TooLarge(f"报文过大，上限为{BODY_BYTES}字节。", limit=BODY_BYTES)
    message = parse_json(request.body, BODY_BYTES)
    Schema.load("liandong.intake", schema).require(message)
    return cast(Mapping[str, Any], message)


api.add_router("", files.router)


def _limit(request: HttpRequest) -> int:
    text = request.GET.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= PAGE_MOST):
        raise Invalid(f"每页条数须为1至{PAGE_MOST}的整数。", field="/limit")
    return int(text)


def _orders(by: By, page: orders.Page) -> HttpResponse:
    links = orders.links_among(by, page.orders)
    return _answer({"orders": [order_document(order, links=links) for order in page.orders], "after": page.after})


def _order(by: By, order: Order) -> HttpResponse:
    return _answer(order_document(order, orders.history_of([order]), orders.links_among(by, [order])))


@api.get("/matters/{number}", **described("取一个事项", answer="matter"))
def get_matter(request: HttpRequest, number: str) -> HttpResponse:
    by = _who(request)
    return _answer(matter_document(by, orders.access_matter(by, number)))


@api.get("/orders/{number}", **described("取一张单", answer="work-order"))
def get_order(request: HttpRequest, number: str) -> HttpResponse:
    by = _who(request)
    return _order(by, orders.access_order(by, number))


@api.get("/search", **described("检索本台可见的单", answer="orders", query=("words", "after", "limit")))
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("words", "")
    if len(words) > WORDS_MOST:
        raise Invalid(f"检索词不得超过{WORDS_MOST}个字。", field="/words")
    by = _who(request)
    return _orders(by, orders.search(by, words, after=request.GET.get("after", ""), limit=_limit(request)))


@api.get("/work-list", **described("本台未结的单，按剩余时间", answer="orders", query=("after", "limit")))
def work_list(request: HttpRequest) -> HttpResponse:
    by = _who(request)
    return _orders(by, orders.work_list(by, after=request.GET.get("after", ""), limit=_limit(request)))


@api.post("/orders/{number}/steps", **described("办理本台的单", body="order-act", answer="work-order"))
def act_on_order(request: HttpRequest, number: str) -> HttpResponse:
    by, asked = _who(request), _asked(request, "order-act")
    order = orders.access_order(by, number)
    text = asked.get("text", "")
    acts: dict[str, Callable[[], object]] = {
        "start": lambda: intake.start(by=by, order=order),
        "answer": lambda: intake.answer(by=by, order=order, result=asked.get("result", ""), text=text),
        "guide": lambda: intake.guide(by=by, order=order, text=text),
        "confirm": lambda: intake.confirm(by=by, order=order),
        "not_satisfied": lambda: intake.not_satisfied(by=by, order=order, reason=asked.get("code", ""), text=text),
        "drop": lambda: intake.drop(by=by, order=order, text=text),
        "urge": lambda: intake.urge(by=by, number=number, text=text),
    }
    with pointing(reason="/code"):
        acts[asked["verb"]]()
    return _order(by, orders.access_order(by, number))


@api.post(
    "/orders/{number}/transfers", **described("移交本台的单", body="transfer-offer", answer="transfer", status=201)
)
def offer(request: HttpRequest, number: str) -> HttpResponse:
    by, asked = _who(request), _asked(request, "transfer-offer")
    body = {name: value for name, value in asked.items() if name not in ("kind", "to")}
    with pointing(target="/to"):
        made = transfers_do.offer(by=by, order=number, kind=asked["kind"], target=asked["to"], body=body)
    # Who made it sees it once, also when it is of a kind that only some need to know.
    return _answer(transfer_document(made, transfers.steps_of([made]), transfers.notes_of([made])), status=201)


@api.get("/transfers", **described("在途移交", answer="transfers", query=("box", "after", "limit")))
def list_transfers(request: HttpRequest) -> HttpResponse:
    boxes = {"inbound": transfers.inbound, "outbound": transfers.outbound}
    box = request.GET.get("box", "inbound")
    if box not in boxes:
        raise Invalid("box 只能是 inbound（转入）或 outbound（转出）。", field="/box")
    page = boxes[box](_who(request), after=request.GET.get("after", ""), limit=_limit(request))
    return _answer({"transfers": [transfer_document(row) for row in page.transfers], "after": page.after})


@api.get("/transfers/{number}", **described("取一件移交", answer="transfer"))
def get_transfer(request: HttpRequest, number: str) -> HttpResponse:
    return _transfer(_who(request), number)


@api.post("/transfers/{number}/steps", **described("对移交进行一步操作", body="step-take", answer="transfer"))
def take_step(request: HttpRequest, number: str) -> HttpResponse:
    by, asked = _who(request), _asked(request, "step-take")
    with pointing(within="/body"):
        taken = transfers_do.take_step(by=by, number=number, verb=asked["verb"], body=asked.get("body"))
    return _transfer(by, taken.number)


@api.get("/transfers/{number}/steps", **described("移交的各步", answer="steps"))
def get_steps(request: HttpRequest, number: str) -> HttpResponse:
    row = transfers.access_transfer(_who(request), number)
    return _answer([step_document(step) for step in transfers.steps_of([row])])


@api.post("/transfers/{number}/notes", **described("为移交添加附记", body="note-add", answer="note", status=201))
def add_note(request: HttpRequest, number: str) -> HttpResponse:
    by, asked = _who(request), _asked(request, "note-add")
    with pointing(within="/body", kind="/kind"):
        note = transfers_do.add_note(by=by, number=number, kind=asked["kind"], body=asked.get("body"))
    return _answer(note_document(note), status=201)


@api.get("/transfers/{number}/notes", **described("移交的附记", answer="notes"))
def get_notes(request: HttpRequest, number: str) -> HttpResponse:
    row = transfers.access_transfer(_who(request), number)
    return _answer([note_document(note) for note in transfers.notes_of([row])])


def _transfer(by: By, number: str, status: int = 200) -> HttpResponse:
    row = transfers.access_transfer(by, number)
    return _answer(transfer_document(row, transfers.steps_of([row]), transfers.notes_of([row])), status=status)


@api.exception_handler(AuthenticationError)
def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem_response(request, TokenUnknown())


@api.exception_handler(ValidationError)
def _unfit(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_response(request, Invalid())


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(request, PathUnknown())


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(request, RequestUnfit())


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem_response(request, named(error, request_id=id_of(request)))
