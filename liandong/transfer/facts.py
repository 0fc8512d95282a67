"""What the hand-over announces, and what it leaves in the trail."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind
from liandong.transfer.states import TRANSFER

STEP_FACT = {edge.verb: f"transfer.{edge.verb}" for edge in TRANSFER.edges}
NOTED = "transfer.noted"
UNANSWERED = "transfer.unanswered"
OVERDUE = "transfer.overdue"

FACTS = (*sorted(set(STEP_FACT.values())), NOTED, UNANSWERED, OVERDUE)

AUDITED = (
    EventKind(
        "transfer.step",
        "移交一步",
        ("transfer", "seq", "verb", "state", "author", "hash"),
        "移交状态的一次变化；hash 为该步的 SM3 值，责任链与审计链由此相连。",
    ),
    EventKind("transfer.note", "移交附记", ("transfer", "kind", "after_seq", "note"), "不改变状态的附记。"),
    EventKind("draft.discarded", "草稿清除", ("kept_at", "why"), "未受理的草稿被本人或到期时钟清除；内容不入日志。"),
    EventKind("transfer.late", "移交超时", ("transfer", "clock", "due_at", "times"), "移交的一个时限已到而未完成。"),
)
