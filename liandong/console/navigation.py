"""THE list of pages in the navigation. An area adds a line for each page a person may open from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from liandong.audit.by import By


@dataclass(frozen=True, slots=True)
class Entry:
    """`route` is the name of the address; `right` None means everybody signed in. `hint` stands on the home page."""

    label: str
    route: str
    right: str | None
    hint: str


NAVIGATION: tuple[Entry, ...] = (
    Entry("首页", "home", None, "回到首页"),
    Entry("工作台", "desk", "order.read", "待签收、在办和已移交的事项，按剩余时间排列"),
    Entry("受理", "accept", "order.accept", "登记一件新的来电"),
    Entry("全部单", "orders", "order.read", "本台经办的工单、警单，可按状态筛选"),
    Entry("检索", "search", "order.read", "按词语、编号或来电号码查找"),
    Entry("人员账号", "people", "people.manage", "开设账号、重置密码、停用账号"),
    Entry("接口令牌", "tokens", "tokens.manage", "为其他系统签发、吊销接口令牌"),
    Entry("我的账号", "account", None, "查看本人岗位和权限，修改密码"),
)


def open_to(by: By) -> tuple[Entry, ...]:
    """The entries the actor may open, in the order of the list."""
    return tuple(entry for entry in NAVIGATION if entry.right is None or by.may(entry.right))
