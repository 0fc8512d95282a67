"""THE list of pages in the navigation, and which of them is the home of a post."""

from __future__ import annotations

from dataclasses import dataclass

from liandong.audit.by import By


@dataclass(frozen=True, slots=True)
class Entry:
    """A page a person may open from anywhere.

    `route` is the name of the address; `right` None means everybody signed in. `hint` stands on the page of doors.
    `home_of` names the posts that begin their day there; `home_at_desk` makes it the home of everybody at a desk whose
    post has no other (a city may have posts of its own). `own` pages stand in the person's menu, not in the bar.
    `key` opens the page from any other.
    """

    label: str
    route: str
    right: str | None
    hint: str
    home_of: frozenset[str] = frozenset()
    home_at_desk: bool = False
    own: bool = False
    key: str = ""


NAVIGATION: tuple[Entry, ...] = (
    Entry(
        "工作台",
        "desk",
        "order.read",
        "待签收、在办和已移交的事项，按剩余时间排列",
        home_of=frozenset({"unit_clerk"}),
        home_at_desk=True,
    ),
    Entry("受理", "accept", "order.accept", "登记一件新的来电", home_of=frozenset({"call_taker"}), key="F2"),
    Entry("全部单", "orders", "order.read", "本台经办的工单、警单，可按状态筛选"),
    Entry("检索", "search", "order.read", "按词语、编号或来电号码查找"),
    Entry("分流清单", "diversion", "order.read", "查看哪些事项归哪一方，起草、审定清单的新版本"),
    Entry("分流质量", "quality", "supervise.read", "分流判断有多准：正确率、险情漏报和误报、逐周变化"),
    Entry("分流纠正", "corrections", "routing.confirm", "确认或不采纳他人对分流建议的纠正，供系统学习"),
    Entry("导出申请", "exports", "export.approve", "审批本台超过条数上限的导出申请"),
    Entry("审计台", "audit", "audit.read", "查询谁看过什么、改过什么，核验审计链", home_of=frozenset({"auditor"})),
    Entry("对接台", "usage", "tokens.manage", "各系统的接口用量、错误和令牌到期", home_of=frozenset({"integrator"})),
    Entry("节点对接", "peers", "peers.manage", "对端是否在线，积压、死信和隔离的文件"),
    Entry("人员账号", "people", "people.manage", "开设账号、重置密码、停用账号", home_of=frozenset({"administrator"})),
    Entry("接口令牌", "tokens", "tokens.manage", "为其他系统签发、吊销接口令牌"),
    Entry("来文登记", "arrived", "report.type", "登记尚未联通的台以纸质文件移交来的事项", own=True),
    Entry("我的草稿", "drafts", "order.accept", "尚未受理的来电记录，只有本人可见", own=True),
    Entry("我的账号", "account", None, "查看本人岗位和权限，修改密码", own=True),
)


def open_to(by: By) -> tuple[Entry, ...]:
    """The entries the actor may open: the home of the post first, then in the order of the list."""
    found = [entry for entry in NAVIGATION if entry.right is None or by.may(entry.right)]
    return tuple(sorted(found, key=lambda entry: by.post not in entry.home_of))


def home_of(by: By) -> Entry | None:
    """Where the actor's day begins: the home of the post, else of the desk; None when a page of doors must do."""
    entries = open_to(by)
    own = next((entry for entry in entries if by.post in entry.home_of), None)
    return own or next((entry for entry in entries if entry.home_at_desk and by.desk is not None), None)
