"""Failures said in Chinese: what happened, what was kept, what to do next. Never a trace, never English, never a dead
end. A person gets a page, a script of a page a problem document with the same words."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from liandong.identity.gate import by_script
from liandong.kernel.errors import LiandongError

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True, slots=True)
class Advice:
    """`title` names the failure; `kept` says what is safe, `next` what the person can do now."""

    title: str
    kept: str
    next: str


NOTHING = "没有改动任何数据。"
NOT_SAVED = "本次提交没有保存，原有数据不变。"
BY_PHONE = "紧急险情请直接电话联系对方台。"
ADVICE = {
    400: Advice("请求有误", NOTHING, "返回上一页，刷新后再试。"),
    401: Advice("登录已过期", "已填写的内容还在原来的页面上。", "重新登录后继续。"),
    403: Advice("没有权限", NOTHING, "确有需要请联系本台管理员。"),
    404: Advice("没有找到", NOTHING, "核对编号，或用“检索”查找。"),
    405: Advice("不能直接打开", NOTHING, "返回上一页，或回到首页。"),
    408: Advice("没有传完", NOT_SAVED, f"检查网络后重试；{BY_PHONE}"),
    409: Advice("已有变化", NOT_SAVED, "返回上一页并刷新，看清最新状态后再决定。"),
    413: Advice("内容过大", NOT_SAVED, "返回上一页，减少文字或附件，分次提交。"),
    422: Advice("内容有误", NOT_SAVED, "返回上一页，按提示修改后再提交。"),
    429: Advice("操作过于频繁", NOTHING, "稍等片刻再试。"),
    500: Advice(
        "系统出现故障",
        "本次操作可能没有保存，此前已保存的不受影响。",
        f"返回核对后重试；仍不成功请联系系统管理员。{BY_PHONE}",
    ),
    503: Advice("暂时无法服务", "本次操作没有保存，此前已保存的不受影响。", f"稍等一分钟再试。{BY_PHONE}"),
}
BODY_REFUSED = {408: "提交的内容未在规定时间内传完。", 413: "提交的内容过大，没有接收。"}
LONG_OPEN = Advice("页面停留过久", NOT_SAVED, "返回上一页，刷新后再提交。")


class FailureMiddleware:
    """Turns a LiandongError that left a page view, or a database that is away, into words with their status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b"-"):
            # Django answers a GET where only a POST is taken with an empty page.
            return said(request, 405, "这个地址不能直接打开，请从页面上的按钮操作。")
        return response

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        if isinstance(failure, AWAY):
            return _database_away(request, failure)
        if not isinstance(failure, LiandongError):
            return None
        number = _logged(request, failure) if failure.status >= 500 else ""
        return said(request, failure.status, failure.message, number=number, code=failure.code)


def said(
    request: HttpRequest, status: int, message: str, *, number: str = "", code: str = "", advice: Advice | None = None
) -> HttpResponse:
    """The answer for a failure; `number` is what the person tells the administrator, who finds it in the log."""
    context = _words(status, message, number, advice)
    if by_script(request):
        return _problem(status, context, code)
    return render(request, "console/failure.html", context, status=status)


def standing(status: int, message: str, *, number: str = "", request: HttpRequest | None = None) -> HttpResponse:
    """The same without asking session or database: they may be what broke."""
    context = _words(status, message, number, None)
    if request is not None and by_script(request):
        return _problem(status, context, "")
    return _page(status, context)


def refused_body(status: int, *, script: bool) -> HttpResponse:
    """For a body that was not taken in (413, 408), before any of Django's middleware has seen the request."""
    context = _words(status, BODY_REFUSED[status], "", None)
    answer = _problem(status, context, "") if script else _page(status, context)
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    answer["Content-Security-Policy"] = "; ".join(f"{name} {' '.join(where)}" for name, where in directives.items())
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return said(request, 413, BODY_REFUSED[413])
    return said(request, 400, "浏览器发来的请求无法识别。")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return said(request, 403, "您的岗位没有此项权限，请联系本台管理员。")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return said(request, 404, "没有这个页面，可能地址有误或内容已移走。")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return said(request, 403, "页面停留过久或已在别处重新登录，本次提交未保存。", advice=LONG_OPEN)


def broken(request: HttpRequest) -> HttpResponse:
    """Something nobody foresaw; or the database is away, found out before a page was asked (the session, say)."""
    failure = sys.exc_info()[1]
    if isinstance(failure, AWAY):
        return _database_away(request, failure)
    number = _number()
    log.error("failure %s at %s: see the trace logged with it", number, request.path)
    return standing(500, "出现了没有预料到的问题。", number=number, request=request)


def _database_away(request: HttpRequest, failure: Exception) -> HttpResponse:
    return standing(503, "数据库暂时连不上。", number=_logged(request, failure), request=request)


def _page(status: int, words: dict[str, str]) -> HttpResponse:
    return HttpResponse(render_to_string("console/broken.html", {**words, "theme": "auto"}), status=status)


def _words(status: int, message: str, number: str, advice: Advice | None) -> dict[str, str]:
    advice = advice or ADVICE.get(status) or ADVICE[500 if status >= 500 else 400]
    return {"title": advice.title, "message": message, "kept": advice.kept, "next": advice.next, "number": number}


def _problem(status: int, words: dict[str, str], code: str) -> HttpResponse:
    """RFC 9457 for toasts.js; members without a value are left out."""
    body = {"title": words["title"], "status": status, "detail": words["message"], "code": code}
    body |= {name: words[name] for name in ("kept", "next", "number")}
    told = {name: value for name, value in body.items() if value}
    return JsonResponse(told, status=status, content_type=PROBLEM, json_dumps_params={"ensure_ascii": False})


def _logged(request: HttpRequest, failure: Exception) -> str:
    number = _number()
    log.error("failure %s at %s", number, request.path, exc_info=failure)
    return number


def _number() -> str:
    return secrets.token_hex(4).upper()
