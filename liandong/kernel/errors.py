"""Every failure has a code, a message a clerk can act on (Chinese), and an HTTP status.

`field` is the JSON path of the offending value, where there is one. `extra` goes into the problem document
(RFC 9457).
"""

from __future__ import annotations

from typing import Any, ClassVar


class LiandongError(Exception):
    """Base of all failures with a name. Subclasses set `code`, `status` and a default Chinese `message`."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: str = "操作未完成，请重试；如仍不成功请联系系统管理员。"

    def __init__(self, message: str | None = None, *, field: str | None = None, **extra: Any) -> None:
        self.message = message or type(self).message
        self.field = field
        self.extra = extra
        super().__init__(f"{self.code}: {self.message}")


class NotAllowed(LiandongError):
    code = "not_allowed"
    status = 403
    message = "您的岗位没有此项权限，请联系本台管理员。"


class NotFound(LiandongError):
    code = "not_found"
    status = 404
    message = "没有找到该记录，或您无权查看。"


class Invalid(LiandongError):
    """A value that cannot be taken as it is; `field` says which."""

    code = "invalid"
    status = 422
    message = "填写的内容有误，请按提示修改后再提交。"


class Conflict(LiandongError):
    """Somebody else was faster: the record is no longer in the state the actor saw."""

    code = "conflict"
    status = 409
    message = "该记录已被他人处理，请刷新后查看最新状态。"


class NoSuchEdge(LiandongError):
    """The state table has no such edge from the present state."""

    code = "no_such_edge"
    status = 409
    message = "当前状态下不能进行此操作，请刷新后查看最新状态。"
