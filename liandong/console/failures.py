"""Failures of pages, said in Chinese with what to do next: never a trace, never English, never a dead end."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from liandong.kernel.errors import LiandongError

log = logging.getLogger(__name__)

TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不能直接打开",
    409: "已有变化",
    422: "内容有误",
    429: "操作过于频繁",
    503: "暂时无法服务",
}
BROKEN = "系统出现故障"


class FailureMiddleware:
    """Turns a LiandongError that left a page view into a page with its status and message."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b"-"):
            # Django answers a GET where only a POST is taken with an empty page.
            return said(request, 405, "这个地址不能直接打开，请从页面上的按钮操作。")
        return response

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        if not isinstance(failure, LiandongError):
            return None
        if failure.status >= 500:
            number = _number()
            log.error("failure %s at %s", number, request.path, exc_info=failure)
            return said(request, failure.status, failure.message, number=number)
        return said(request, failure.status, failure.message)


def said(request: HttpRequest, status: int, message: str, *, number: str = "") -> HttpResponse:
    """The page for a failure; `number` is what the person tells the administrator, who finds it in the log."""
    context = {"title": TITLES.get(status, BROKEN), "message": message, "number": number}
    return render(request, "console/failure.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return said(request, 400, "浏览器发来的请求无法识别，请返回上一页重试。")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return said(request, 403, "您的岗位没有此项权限，请联系本台管理员。")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return said(request, 404, "没有这个页面，可能地址有误或内容已移走。")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return said(request, 403, "页面停留过久或已在别处重新登录，本次提交未保存。请返回上一页，刷新后再提交。")


def broken(request: HttpRequest) -> HttpResponse:
    """Something nobody foresaw. The page asks nothing of session or database: they may be what broke."""
    number = _number()
    log.error("failure %s at %s: see the trace logged with it", number, request.path)
    return HttpResponse(render_to_string("console/broken.html", {"title": BROKEN, "number": number}), status=500)


def _number() -> str:
    return secrets.token_hex(4).upper()
