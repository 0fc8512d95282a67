"""Why intake says no."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid, LiandongError


class CodeUnknown(Invalid):
    code = "code_unknown"
    message = "所选代码在当前代码表中不存在或已停用，请重新选择。"


class DuplicateExternal(Conflict):
    """The sender's own number was accepted before; the answer names the order it became."""

    code = "duplicate_external_id"
    message = "该外部编号已经受理过，请使用返回的联动号查询。"


class KeyReused(Invalid):
    code = "idempotency_key_reused"
    message = "同一幂等键已用于另一份内容，请为新内容更换幂等键。"


class PurposeMissing(Invalid):
    code = "purpose_missing"
    message = "查看个人信息须填写用途。"


class NothingAsked(Invalid):
    code = "nothing_asked"
    message = "请输入要检索的词语、编号或电话。"


class NotSettled(Conflict):
    code = "not_settled"
    message = "该单尚有移交未结束，不能办结；请先处理移交。"


class ParameterMissing(LiandongError):
    code = "parameter_missing"
    status = 503
    message = "缺少所需的参数配置，请系统管理员补充参数表。"


class TooManyRows(Invalid):
    """The list has more rows than may be exported like this; `most` says how many may."""

    code = "too_many_rows"
    message = "符合条件的单过多，不能直接导出；请缩小范围，或填写理由申请导出。"
