"""Lives as data: of a version of the diversion list, of a trained model, of a correction."""

from __future__ import annotations

from liandong.kernel.lifecycle import Edge, Lifecycle

LIST = Lifecycle(
    name="list_version",
    states={
        "draft": "草稿",
        "proposed": "待审定",
        "approved": "已审定",
        "in_force": "施行中",
        "superseded": "已被取代",
        "dropped": "已作废",
    },
    ends=frozenset({"superseded", "dropped"}),
    edges=(
        Edge("s", "begin", None, "draft", "起草"),
        Edge("a", "propose", "draft", "proposed", "提请审定"),
        Edge("b", "send_back", "proposed", "draft", "退回修改"),
        Edge("c", "approve", "proposed", "approved", "审定"),
        Edge("d", "take_effect", "approved", "in_force", "施行"),
        Edge("e", "supersede", "in_force", "superseded", "被新版取代"),
        Edge("f", "drop", "draft", "dropped", "作废"),
        Edge("g", "recall", "approved", "draft", "撤回审定"),
    ),
)

# What may hold on a day: from the approval on the dates alone decide (ADR 0015). The loop that writes `in_force` and
# `superseded` follows them, so that one that is late changes nobody's answer.
HELD = frozenset({"approved", "in_force", "superseded"})
# What only those who make the list see.
UNSETTLED = frozenset({"draft", "proposed", "dropped"})

# The right each step of a person needs; one of several is enough. The others are the clock's.
NEEDS: dict[str, tuple[str, ...]] = {
    "begin": ("list.edit",),
    "propose": ("list.propose",),
    "send_back": ("list.approve", "list.propose"),
    "approve": ("list.approve",),
    "drop": ("list.edit",),
    "recall": ("list.approve",),
}
# Steps that say why.
WITH_REASON = frozenset({"send_back", "drop", "recall"})

MODEL = Lifecycle(
    name="model",
    states={"draft": "待启用", "active": "使用中", "retired": "已停用", "dropped": "已作废"},
    ends=frozenset({"dropped"}),
    edges=(
        Edge("s", "train", None, "draft", "训练"),
        Edge("a", "switch", "draft", "active", "启用"),
        Edge("b", "retire", "active", "retired", "停用"),
        Edge("c", "roll_back", "retired", "active", "恢复使用"),
        Edge("d", "drop", "draft", "dropped", "作废"),
    ),
)

CORRECTION = Lifecycle(
    name="correction",
    states={"noted": "待确认", "confirmed": "已确认", "dismissed": "不采纳"},
    ends=frozenset({"dismissed"}),
    edges=(
        Edge("s", "note", None, "noted", "纠正"),
        Edge("a", "confirm", "noted", "confirmed", "确认"),
        Edge("b", "dismiss", "noted", "dismissed", "不采纳"),
        Edge("c", "dismiss", "confirmed", "dismissed", "不采纳"),
    ),
)
