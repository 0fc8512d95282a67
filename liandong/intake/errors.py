"""Why intake says no."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid, LiandongError, NotFound


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


class MirrorConflict(Conflict):
    """Another node tells of an order or matter what cannot be true beside what is known here; `field` says what."""

    code = "mirror_conflict"
    message = "收到的事项与本节点已有的记录相抵触（编号相同而内容不同），已停止处理并提示核查。"


class ParameterMissing(LiandongError):
    code = "parameter_missing"
    status = 503
    message = "缺少所需的参数配置，请系统管理员补充参数表。"


class TooManyRows(Invalid):
    """The list has more rows than may be exported like this; `most` says how many may."""

    code = "too_many_rows"
    message = "符合条件的单过多，不能直接导出；请缩小范围，或填写理由申请导出。"


class DocumentUnfit(Invalid):
    """The file cannot be taken: its name, its content, or that the two do not fit."""

    code = "document_unfit"
    message = "该文件不能作为材料，请核对文件后重新选择。"


class DocumentTooLarge(LiandongError):
    """`most` is the largest size in bytes."""

    code = "document_too_large"
    status = 413
    message = "文件超过单份材料的大小上限，请压缩或拆分后再添加。"


class DocumentThere(Conflict):
    """The same bytes are there already; `document` is its number."""

    code = "document_there"
    message = "本单已有内容完全相同的材料，没有重复保存。"


class TooManyDocuments(Conflict):
    code = "too_many_documents"
    message = "本单的材料已达件数上限，请先撤下不需要的材料。"


class DocumentTakenDown(NotFound):
    code = "document_taken_down"
    message = "该材料已被撤下，不能再打开；撤下的原因见单上记录。"


class DocumentBroken(LiandongError):
    """The bytes in the database are not those that were added."""

    code = "document_broken"
    status = 500
    message = "该材料与添加时的校验值不符，可能已被改动或损坏。请勿使用，并立即报告系统管理员。"


class PieceWrong(Invalid):
    """A part of another node's document: not the bytes it is said to be, or of another length than its place has."""

    code = "document_part_wrong"
    message = "材料的这一部分与其校验值或长度不符，已拒绝；其他部分保留，请对方重新发送这一部分。"


class DocumentDiffers(Invalid):
    """All parts of another node's document are here, and together they are not what was announced."""

    code = "document_differs"
    message = "材料各部分已到齐，拼合后与对方所报的校验值不符，没有收存；请对方核对原件后重新发送。"


class AnnouncedOtherwise(Conflict):
    """Two parts of one document say different things of it."""

    code = "document_announced_otherwise"
    message = "同一份材料前后所报的名称、大小或类别不一致，请与对方核对。"
