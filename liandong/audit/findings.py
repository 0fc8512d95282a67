"""What a verification can find, in words an auditor can act on. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Wrong(StrEnum):
    """What is wrong with one row of the trail."""

    MISSING = "missing"
    LINK = "link"
    BODY = "body"
    COLUMNS = "columns"
    RESEALED = "differs_from_seal"
    UNQUEUED = "unqueued"
    LATE = "late"
    SEAL_MISSING = "seal_missing"
    SEAL_LINK = "seal_link"
    SEAL_BODY = "seal_body"
    NOT_DEPOSITED = "not_deposited"

    @property
    def chinese(self) -> str:
        return _CHINESE[self]


_CHINESE = {
    Wrong.MISSING: "记录缺失（封签或待封队列中有此编号，记录已不存在）",
    Wrong.LINK: "链接不符（前一条记录被删除、插入或调换）",
    Wrong.BODY: "内容、前链或校验值被改动（重新计算不符）",
    Wrong.COLUMNS: "检索列被改动（与记录内容不一致）",
    Wrong.RESEALED: "校验值与封签中留存的不符（记录被整条替换）",
    Wrong.UNQUEUED: "既未封签也不在待封队列（封签或队列被删除，或记录为后插入）",
    Wrong.LATE: "逾时未封签（请检查后台进程是否运行）",
    Wrong.SEAL_MISSING: "封签缺失（编号不连续）",
    Wrong.SEAL_LINK: "封签链接不符（前一封签被替换）",
    Wrong.SEAL_BODY: "封签内容被改动（与封签校验值不符）",
    Wrong.NOT_DEPOSITED: "与外部留存的封签校验值不符（封签链被截断或重写）",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken row."""

    table: str  # "event" or "seal"
    id: int
    wrong: Wrong
    subject: str = ""

    @property
    def rank(self) -> tuple[bool, int, str]:
        """The order in which faults are named: a broken seal explains events without one, so seals come first."""
        return (self.table == "event", self.id, self.wrong)

    @property
    def chinese(self) -> str:
        place = f"事件 {self.id}" if self.table == "event" else f"封签 {self.id}"
        about = f"（主体 {self.subject}）" if self.subject else ""
        return f"{place}{about}：{self.wrong.chinese}"


@dataclass(slots=True)
class Findings:
    """The result of one verification. `head` is the last seal: its number and hash, to be deposited elsewhere."""

    events: int = 0
    subjects: int = 0
    seals: int = 0
    waiting: int = 0
    head: tuple[int, bytes] | None = None
    faults: int = 0
    first: Fault | None = field(default=None)

    def add(self, fault: Fault) -> None:
        self.faults += 1
        if self.first is None or fault.rank < self.first.rank:
            self.first = fault

    @property
    def intact(self) -> bool:
        return self.first is None

    @property
    def chinese(self) -> str:
        """One line: the verdict, what was counted, and the head or the first fault."""
        counted = f"事件 {self.events} 条，主体 {self.subjects} 个，封签 {self.seals} 个，待封 {self.waiting} 条"
        if self.first is not None:
            return f"审计链有误：共 {self.faults} 处，首处为{self.first.chinese}。已核验{counted}。"
        head = f"链首：封签 {self.head[0]} {self.head[1].hex()}" if self.head else "尚无封签"
        return f"审计链完好：{counted}。{head}"

    def plain(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "intact": self.intact,
            "events": self.events,
            "subjects": self.subjects,
            "seals": self.seals,
            "waiting": self.waiting,
            "head": {"number": self.head[0], "hash": self.head[1].hex()} if self.head else None,
            "faults": self.faults,
            "first": {**asdict(self.first), "chinese": self.first.chinese} if self.first else None,
        }
