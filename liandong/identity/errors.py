"""What can go wrong with accounts and tokens."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid, LiandongError, NotAllowed


class DeskElsewhere(NotAllowed):
    """Somebody would act in the name of a desk that another node hosts; `node` is its code."""

    code = "desk_elsewhere"
    message = "该台在另一节点办理，本节点不能以其名义操作：请在该台所在的系统中办理。"


class NotItsDesk(NotAllowed):
    """A node speaks in the name of a desk that it does not host; `node` and `desk` say which."""

    code = "not_its_desk"
    message = "发送节点不是该台所在的节点，不能以其名义发送；已停止处理并提示核查。"


class NodeUnknown(LiandongError):
    """LIANDONG_NODE names a node that is not among the rows of nodes.csv."""

    code = "node_unknown"
    status = 503
    message = "本节点的代码不在节点表中，请系统管理员核对节点配置并装载数据包。"


class TokenUnknown(LiandongError):
    """No such token, or it was revoked: the caller is not told which."""

    code = "token_unknown"
    status = 401
    message = "接口令牌无效或已吊销，请向对方平台管理员申请新令牌。"


class SessionOver(LiandongError):
    """A script of a page asks in the name of a person whose session has ended."""

    code = "session_over"
    status = 401
    message = "登录已过期，请重新登录。"


class TokenExpired(LiandongError):
    """`token` is the id of the one that ran out; the caller is not told it."""

    token: int | None = None
    code = "token_expired"
    status = 401
    message = "接口令牌已过期，请向对方平台管理员申请新令牌。"


class PasswordRefused(Invalid):
    """The new password does not keep the rules; the message says which."""

    code = "password_refused"
    message = "新密码不符合要求，请换一个。"


class OldPasswordWrong(Invalid):
    code = "old_password_wrong"
    message = "当前密码不正确。"


# Django's own sentences are not all translated; a clerk reads Chinese only.
PASSWORD_RULES = {
    "password_too_short": "密码至少需要{min_length}个字符。",
    "password_entirely_numeric": "密码不能全是数字。",
    "password_too_common": "密码过于常见，容易被猜中。",
    "password_too_similar": "密码与姓名或用户名过于相近。",
}


class HeldBack(Conflict):
    """The node was put back to a backup and has not yet heard from its peers what it may have said since."""

    code = "held_back"
    message = (
        "本节点由备份恢复，正在与对端核对，恢复前的事项暂不能办理：所填内容请保留，核对完成后再提交；"
        "新来电和险情照常办理，急事请电话联系对方。"
    )
