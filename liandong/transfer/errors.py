"""Why the protocol says no. Each with what the person in front of it can do next."""

from __future__ import annotations

from liandong.kernel.errors import Conflict, Invalid, LiandongError, NotAllowed


class NotHolder(NotAllowed):
    code = "not_holder"
    status = 409
    message = "当前不由本台处理此移交：请等待轮到的一方操作，如需说明情况请添加附记。"


class BasisMissing(Invalid):
    code = "basis_missing"
    message = "退回或提请协商须填写原因、清单条目或依据。"


class AgreementMissing(Conflict):
    code = "agreement_missing"
    message = "对方尚未表示同意，联席会议也未裁定：请先在协商中取得对方同意意见。"


class RulingBinds(Conflict):
    code = "ruling_binds"
    message = "联席会议已作出裁定，只能按裁定结果操作。"


class TooEarly(Conflict):
    code = "too_early"
    message = "协商时限未到，暂不能按首接负责收回；可继续协商或直接议定由本台办理。"


class WindowClosed(Conflict):
    code = "window_closed"
    message = "已超过异议期限，不能再申请退回；请继续办理，或申请联席会议裁定。"


class NoWithdrawAsked(Conflict):
    code = "no_withdraw_asked"
    message = "移交方没有提出撤回申请，不能同意撤回。"


class TargetUnfit(Invalid):
    code = "target_unfit"
    message = "不能移交给所选的台，请按规定路径选择接收台。"


class MatterEnded(Conflict):
    code = "matter_ended"
    message = "该事项已经办结，不能再移交；如有新情况请新建并关联原单。"


class NotYours(NotAllowed):
    code = "not_party"
    message = "本台不是此事项的当事台，不能进行此操作。"


class PaperMissing(Invalid):
    """An answer that is typed in stands on a document: its number, who signed it, a scan, and why it is typed in."""

    code = "paper_missing"
    message = "代录须注明对方文号、签署人、代录原因并附扫描件。"


class NotOnPaper(Conflict):
    """The desk writes its own steps: at its own node, or here by its own people."""

    code = "not_on_paper"
    message = "对方台自行在系统内操作，不能代录其步骤：请改用“登记对方纸质答复”，本台先按自己能做的办理。"


class OutOfOrder(LiandongError):
    """A step that does not follow the last one the replica has; the sender is to send what lies between."""

    code = "out_of_order"
    status = 409
    message = "收到的步次不连续，等待补齐后再处理。"


class ChainBroken(LiandongError):
    """A step whose hash does not fit: it was changed, or it belongs to another history."""

    code = "chain_broken"
    status = 409
    message = "步的校验值不符，记录可能被改动，已停止处理并提示核查。"


class NotYet(OutOfOrder):
    """Something that came from another node needs something that has not come; `waits_for` names it."""

    code = "not_yet"
    message = "所依据的内容尚未收到，已存放，待其到达后自动处理。"


class HistoryForked(Conflict):
    """Another node says of a step or note that is known here something else: `ours` and `theirs` are the hashes."""

    code = "history_forked"
    message = "同一步（或附记）收到两份不同的内容，记录可能被改动，已停止处理、保留证据并提示核查。"


class DraftAccepted(Conflict):
    """The form was accepted meanwhile; `order_number` says as what."""

    code = "draft_accepted"
    message = "这份内容已经受理，草稿不再保存。"


class DraftMoved(Conflict):
    """Another window kept the draft since; `version` and `said` are what it is now, for its writer to compare."""

    code = "draft_moved"
    message = "这份草稿已在另一窗口修改，本窗口的内容另存为新草稿。"
