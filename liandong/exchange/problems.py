"""Failures as problem documents (RFC 9457): a code for machines, a Chinese message for people, the field."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import asyncpg
from django.db.utils import InterfaceError, OperationalError

from liandong.kernel.errors import LiandongError, NotFound

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# How a database that is away or overloaded shows, under either driver.
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InterfaceError,
    OperationalError,
    InterfaceError,
)
# The limits of the published schema `problem`.
LONGEST_INSTANCE = 600
LONGEST_FIELD = 500
_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class MediaTypeUnfit(LiandongError):
    code = "media_type_unfit"
    status = 415
    message = "报文类型不符，请按接口文档设置 Content-Type。"


class MethodUnfit(LiandongError):
    code = "method_unfit"
    status = 405
    message = "该接口不支持此请求方法，可用的方法见应答头 Allow。"
    allow = "POST"


class PathUnknown(NotFound):
    code = "path_unknown"
    message = "没有这个接口地址，请对照接口文档检查路径（末尾不加斜杠）。"


class RequestUnfit(LiandongError):
    """What the framework refuses before any of our routes sees it: a strange Host, an unreadable request."""

    code = "request_unfit"
    status = 400
    message = "请求无法识别，请检查地址、Host 和请求头。"


class TooSlow(LiandongError):
    """The body did not come: nothing was taken."""

    code = "too_slow"
    status = 408
    message = "报文未在规定时间内传完，本次未受理；请检查网络后用同一幂等键重发。"


class BatchEmpty(LiandongError):
    code = "batch_empty"
    status = 400
    message = "报文中没有任何一行，请每行放一件。"


class KeyUnfit(LiandongError):
    code = "idempotency_key_unfit"
    status = 422
    message = "幂等键须为1至150个可见的ASCII字符。"


class Unavailable(LiandongError):
    """The database is away. Whether the last commit came through is not known, so the sender asks again by its key."""

    code = "unavailable"
    status = 503
    message = "系统暂时无法保存，本次未确认受理；请稍后用同一幂等键重发。"


class Failed(LiandongError):
    code = "failed"
    status = 500
    message = "系统内部错误，本次未确认受理；请用同一幂等键重发，如仍失败请联系接口管理员。"


def request_id(asked: str) -> str:
    """The sender's own id of the request when it is fit to be logged and sent back, else a new one."""
    return asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)


def problem(error: LiandongError, *, request_id: str, path: str) -> dict[str, Any]:
    """The document for `error`; `complaints` lists every complaint about the body where there are several.

    Message, path and field may hold what somebody sent: they are cut and cleaned to what the schema allows.
    """
    complaints = getattr(error, "complaints", ())
    message = _CONTROL.sub("?", error.message)
    found: dict[str, Any] = {
        "type": f"urn:liandong:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": message,
        "instance": quote(path[:LONGEST_INSTANCE], safe="/", errors="replace"),
        "code": error.code,
        "message": message,
        "request_id": request_id,
    }
    if error.field is not None:
        found["field"] = _pointer(error.field)
    if complaints:
        found["complaints"] = [{"field": _pointer(c.field), "code": c.code, "message": c.message} for c in complaints]
    else:
        found.update({k: v for k, v in error.extra.items() if k not in found and isinstance(v, str | int | list)})
    return found


@contextmanager
def pointing(within: str = "", **names: str) -> Iterator[None]:
    """Failures name fields as the house calls them; the sender gets a pointer into the message it sent.

    `names` gives the pointer of a field whose name differs; all others are below `within`.
    """
    try:
        yield
    except LiandongError as why:
        if why.field and not why.field.startswith("/"):
            why.field = names.get(why.field, f"{within}/{why.field}")
        raise


def _pointer(field: str) -> str:
    field = field.replace("\0", "?")[: LONGEST_FIELD - 1]
    return field if field[:1] in ("", "/") else f"/{field}"


def named(why: Exception, *, request_id: str) -> LiandongError:
    """The failure as something with a name.

    A database that is away is `Unavailable`: it is no failure of the request, which may be sent again. What has no
    name is logged with its trace and becomes `Failed`.
    """
    if isinstance(why, LiandongError):
        return why
    if isinstance(why, AWAY):
        log.warning("request %s: database away: %s", request_id, why)
        return Unavailable()
    log.error("request %s failed", request_id, exc_info=why)
    return Failed()
