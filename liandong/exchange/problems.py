"""Failures as problem documents (RFC 9457): a code for machines, a Chinese message for people, the field."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from liandong.kernel.errors import LiandongError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class MediaTypeUnfit(LiandongError):
    code = "media_type_unfit"
    status = 415
    message = "报文类型不符，请按接口文档设置 Content-Type。"


class MethodUnfit(LiandongError):
    code = "method_unfit"
    status = 405
    message = "该接口不支持此请求方法。"


class KeyUnfit(LiandongError):
    code = "idempotency_key_unfit"
    status = 422
    message = "幂等键须为1至150个可见的ASCII字符。"


class Unavailable(LiandongError):
    """The database is away: nothing was taken, the same request may be sent again."""

    code = "unavailable"
    status = 503
    message = "系统暂时无法保存，本次未受理；请稍后用同一幂等键重发。"


class Failed(LiandongError):
    code = "failed"
    status = 500
    message = "系统内部错误，本次未受理；请用同一幂等键重发，如仍失败请联系接口管理员。"


def problem(error: LiandongError, *, request_id: str, path: str) -> dict[str, Any]:
    """The document for `error`; `complaints` lists every complaint about the body where there are several."""
    complaints = getattr(error, "complaints", ())
    found: dict[str, Any] = {
        "type": f"urn:liandong:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.message,
        "instance": path,
        "code": error.code,
        "message": error.message,
        "request_id": request_id,
    }
    if error.field is not None:
        found["field"] = error.field if error.field[:1] in ("", "/") else f"/{error.field}"
    if complaints:
        found["complaints"] = [{"field": c.field, "code": c.code, "message": c.message} for c in complaints]
    else:
        found.update({k: v for k, v in error.extra.items() if k not in found and isinstance(v, str | int | list)})
    return found


def named(why: Exception, *, request_id: str) -> LiandongError:
    """The failure as something with a name: what has none is logged with its trace and becomes `Failed`."""
    if isinstance(why, LiandongError):
        return why
    log.error("request %s failed", request_id, exc_info=why)
    return Failed()
