"""What the hand-over announces, and what it leaves in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from liandong.audit.catalogue import EventKind, Field
from liandong.kernel.live import DANGER, MATTER, TRANSFERS, Message, topic
from liandong.transfer.notes import NOTES
from liandong.transfer.states import KINDS, TRANSFER

if TYPE_CHECKING:
    from liandong.transfer.models import Transfer

STEP_FACT = {edge.verb: f"transfer.{edge.verb}" for edge in TRANSFER.edges}
NOTED = "transfer.noted"
UNANSWERED = "transfer.unanswered"
OVERDUE = "transfer.overdue"
ACKNOWLEDGED = "transfer.acknowledged"
# What somebody wrote while handling could not be judged; it is tried again by itself (S3.7).
UNJUDGED = "transfer.unjudged"

FACTS = (*sorted(set(STEP_FACT.values())), NOTED, UNANSWERED, OVERDUE, ACKNOWLEDGED, UNJUDGED)


def named(row: Transfer) -> dict[str, str]:
    """What every fact says of its transfer; `way` is the transfer's kind."""
    return {
        "transfer": row.number,
        "matter": row.matter.number,
        "way": row.kind,
        "origin": row.origin,
        "target": row.target,
    }


def for_screens(kind: str, payload: Mapping[str, Any]) -> Message | None:
    """What open screens hear of a fact of the hand-over: both desks, and whoever has the matter open.

    What becomes of a danger also wakes the alarm of the desk it was sent to. None for a fact of before `way` was said,
    and for one that only the house itself follows.
    """
    if "way" not in payload or kind == UNJUDGED:
        return None
    danger = payload["way"] == "danger"
    topics = [topic(TRANSFERS, payload["target"]), topic(TRANSFERS, payload["origin"])]
    topics.append(topic(MATTER, payload["matter"]))
    if danger:
        topics.append(topic(DANGER, payload["target"]))
    return Message(
        kind=kind,
        topics=tuple(topics),
        matter=payload["matter"],
        transfer=payload["transfer"],
        danger=danger,
        needs=KINDS[payload["way"]].needs,
    )


CLOCK_NAMES = {
    "accept_by": "签收时限",
    "decide_by": "处置时限",
    "settle_by": "协商时限",
    "conclude_by": "反馈时限",
    "confirm_by": "确认时限",
}

AUDITED = (
    EventKind(
        "transfer.step",
        "移交一步",
        ("transfer", "seq", "verb", "state", "author", "hash"),
        "移交状态的一次变化；hash 为该步的 SM3 值，责任链与审计链由此相连。",
        {"verb": {edge.verb: edge.label for edge in TRANSFER.edges}, "state": TRANSFER.states},
    ),
    EventKind(
        "transfer.note",
        "移交附记",
        ("transfer", "kind", "after_seq", "note"),
        "不改变状态的附记。",
        {"kind": {code: rule.label for code, rule in NOTES.items()}},
    ),
    EventKind(
        "transfer.typed",
        "代录对方答复",
        ("transfer", "seq", "verb", "kind", "desk", "document_number", "order", "document", "sm3", "why"),
        "对方的纸质答复由他人录入系统：为哪一台、据哪一文号、扫描件的 SM3 值；verb 为代录的步，kind 为附记。",
        {
            "verb": {edge.verb: edge.label for edge in TRANSFER.edges},
            "kind": {code: rule.label for code, rule in NOTES.items()},
        },
    ),
    EventKind(
        "transfer.acknowledged", "知悉险情", ("transfer",), "接收台人员确认已知悉险情；知悉不是签收，时限照常计算。"
    ),
    EventKind("draft.discarded", "草稿清除", ("kept_at", "why"), "未受理的草稿被本人或到期时钟清除；内容不入日志。"),
    EventKind(
        "transfer.late",
        "移交超时",
        ("transfer", "clock", "due_at", "times"),
        "移交的一个时限已到而未完成。",
        {"clock": CLOCK_NAMES},
    ),
)

FIELDS = (
    Field("transfer", "移交编号"),
    Field("seq", "步序"),
    Field("verb", "动作"),
    Field("state", "状态"),
    Field("author", "经办台"),
    Field("hash", "该步校验值"),
    Field("kind", "类别"),
    Field("after_seq", "在第几步之后"),
    Field("note", "附记校验值"),
    Field("clock", "时限"),
    Field("due_at", "到期时间"),
    Field("times", "第几次"),
    Field("kept_at", "保存时间"),
    Field("why", "原因"),
    Field("document_number", "对方文号"),
)
