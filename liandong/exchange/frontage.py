"""Whatever goes wrong below /api/ is answered with a problem document: also what the framework refuses by itself."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from liandong.exchange.metering import METER
from liandong.exchange.problems import (
    MEDIA_TYPE,
    Failed,
    MethodUnfit,
    PathUnknown,
    RequestUnfit,
    Unavailable,
    problem,
    request_id,
)
from liandong.kernel.errors import LiandongError

UNDER = "/api/"
_OF_STATUS: dict[int, type[LiandongError]] = {404: PathUnknown, 405: MethodUnfit, 503: Unavailable}


def under_api(path: str) -> bool:
    return path.startswith(UNDER)


class ApiProblems:
    """The outermost middleware: turns the framework's own pages for programs into problem documents."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._answer(request)
        if is_counted(request.path_info):
            _count(request, response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        status = response.status_code
        if status < 400 or not under_api(request.path_info) or response.headers.get("Content-Type") == MEDIA_TYPE:
            return response
        told = problem_response(request, _OF_STATUS.get(status, Failed if status >= 500 else RequestUnfit)())
        if "Allow" in response.headers:
            told["Allow"] = response.headers["Allow"]
        return told


def is_counted(path: str) -> bool:
    """Whether a call of this path is use of the API, and not the reading of its description."""
    return under_api(path) and not path.startswith(("/api/v1/docs", "/api/v1/openapi.json"))


def remember(request: HttpRequest, token: int | None) -> None:
    """Note whose call this is, for the count of what is used."""
    vars(request)["_token"] = token


def _count(request: HttpRequest, response: HttpResponseBase) -> None:
    token: int | None = vars(request).get("_token")
    why: LiandongError | None = vars(response).get("_problem")
    if why is None:
        METER.done(token)
    else:
        METER.refused(token, why, path=request.path_info, request_id=id_of(request))


def problem_response(request: HttpRequest, error: LiandongError) -> HttpResponse:
    """The answer to a request that failed with `error`."""
    asked = id_of(request)
    document = problem(error, request_id=asked, path=request.path)
    response = HttpResponse(orjson.dumps(document), status=error.status, content_type=MEDIA_TYPE)
    vars(response)["_problem"] = error
    response["X-Request-Id"] = asked
    response["Cache-Control"] = "no-store"
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if error.status == 503:
        response["Retry-After"] = "2"
    return response


def id_of(request: HttpRequest) -> str:
    """The request's id, the same in the log, the header and the document."""
    kept = vars(request)
    if "_request_id" not in kept:
        kept["_request_id"] = request_id(request.headers.get("X-Request-Id", ""))
    return str(kept["_request_id"])
