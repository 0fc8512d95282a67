"""The rights of the house: what each opens, in the words a manager reads. A right not listed here does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liandong.audit.by import By


@dataclass(frozen=True, slots=True)
class Right:
    """`label` and `opens` are Chinese. `for_systems`: a token of another system may carry it too.

    What asks for a person's own judgement (revealing a caller, ruling, managing) stays with people. `high`: only who
    has it opens or resets an account that has it, so that nobody comes to manage more by way of such an account.
    """

    code: str
    label: str
    opens: str
    for_systems: bool = False
    high: bool = False


RIGHTS: dict[str, Right] = {
    right.code: right
    for right in (
        Right("order.read", "查看工单", "查看本台、本单位经办的工单和警单", for_systems=True),
        Right("order.accept", "受理登记", "登记来电事项，生成工单或警单", for_systems=True),
        Right("order.handle", "办理工单", "签收、办理、填写办理情况", for_systems=True),
        Right("order.close", "办结工单", "审核办理结果并办结", for_systems=True),
        Right("search.phone", "按号码查询", "用来电号码查找历史事项", for_systems=True),
        Right("order.export", "导出清单", "把列表中的单导出为表格，个人信息已遮蔽，每次导出都有记录"),
        Right("export.approve", "审批导出", "审批超过条数上限的导出申请"),
        Right("list.share", "共享列表视图", "把保存的列表视图共享给本台人员"),
        Right("list.edit", "编制分流清单", "起草分流事项清单的新版本，修改条目"),
        Right("list.propose", "提请审定清单", "把编制好的清单提请审定"),
        Right("routing.confirm", "确认分流纠正", "确认或不采纳他人对分流判断的纠正，供系统学习"),
        Right("routing.switch", "启用分流模型", "训练、启用、停用分流判断所用的模型"),
        Right("list.approve", "审定分流清单", "审定或退回他人提请的清单，本人提请的除外"),
        Right("caller.reveal", "查看来电人号码", "填写用途后查看完整号码，每次查看都有记录"),
        Right("transfer.offer", "发起移交", "把事项移交对方台，险情联动派警", for_systems=True),
        Right("transfer.act", "处理移交", "签收、退回、反馈对方台移交来的事项，参加协商", for_systems=True),
        Right("transfer.decide", "裁定移交", "对协商不成的移交作出裁定"),
        Right("clue.read", "查看涉稳线索", "查看本台移交或接收的涉稳线索；其余人员看不到", for_systems=True),
        Right("note.add", "补充说明", "添加补充说明、催办等附记，双方可见", for_systems=True),
        Right("desk.all", "查看各台", "查看全市各受理台的事项，不限于本台"),
        Right("report.make", "出具专报", "为移交出具、下载专报，供系统不通时以纸质文件送对方；每次都有记录"),
        Right("report.type", "代录答复", "把对方的纸质答复录入系统，注明文号并附扫描件，录入人留名"),
        Right("audit.read", "审计查询", "查询谁在何时看过、改过什么，并核验审计链"),
        Right("supervise.read", "督办查看", "查看超时、催办、退回等情况", for_systems=True),
        Right("peers.manage", "处理节点对接", "查看对端是否在线，重试或搁置不能处理的报文"),
        Right("people.manage", "管理人员账号", "开设账号、重置密码、停用账号", high=True),
        Right("tokens.manage", "管理接口令牌", "为其他系统签发、吊销接口令牌", high=True),
        Right("codes.manage", "管理代码表", "维护事项分类、分流清单等代码表", high=True),
        Right("calendar.manage", "管理工作日历", "维护工作日、节假日和调休", high=True),
    )
}

# Not a right of any post: whoever may run commands on the server may load a pack and open the first account.
CITY_LOAD = "city.load"
INSTALLER = By(
    name="系统安装", post="installer", system="city_load", rights=frozenset({CITY_LOAD, "people.manage", "desk.all"})
)

# Who tries to sign in is nobody yet.
NOBODY = By(name="未登录", post="nobody", system="sign_in")


def unknown(codes: Iterable[str]) -> list[str]:
    """Those of `codes` that are no rights, in order."""
    return [code for code in codes if code not in RIGHTS]


def not_for_systems(codes: Iterable[str]) -> list[str]:
    """Those of `codes` that a token must not carry, in order; unknown ones among them."""
    return [code for code in codes if code not in RIGHTS or not RIGHTS[code].for_systems]


def above(given: Iterable[str], own: By) -> list[str]:
    """Those high rights among `given` that the actor has not and so may not hand on; the installer hands on any."""
    if own.may(CITY_LOAD):
        return []
    return [code for code in given if code in RIGHTS and RIGHTS[code].high and not own.may(code)]
