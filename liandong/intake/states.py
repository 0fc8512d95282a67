"""The life of an order at its desk, as data."""

from __future__ import annotations

from liandong.kernel.lifecycle import Edge, Lifecycle

ORDER = Lifecycle(
    name="order",
    states={
        "received": "待处置",
        "handling": "办理中",
        "handed": "已移交",
        "answered": "已答复",
        "closed": "已办结",
    },
    ends=frozenset({"closed"}),
    edges=(
        Edge("s", "receive", None, "received", "受理"),
        Edge("a", "start", "received", "handling", "开始办理"),
        Edge("b", "answer", "received", "answered", "当场答复"),
        Edge("b", "answer", "handling", "answered", "答复"),
        Edge("c", "guide", "received", "closed", "引导解释"),
        Edge("d", "hand", "received", "handed", "对方已签收"),
        Edge("d", "hand", "handling", "handed", "对方已签收"),
        Edge("e", "resume", "handed", "handling", "收回办理"),
        Edge("f", "confirm", "answered", "closed", "确认办结"),
        Edge("g", "not_satisfied", "answered", "handling", "不满意，重新办理"),
        Edge("h", "complete", "handed", "closed", "移交办结"),
        Edge("i", "send_back", "handling", "closed", "退回移交方"),
        Edge("j", "drop", "received", "closed", "诉求人撤回"),
        Edge("j", "drop", "handling", "closed", "诉求人撤回"),
    ),
)

MATTER = Lifecycle(
    name="matter",
    states={"open": "办理中", "closed": "已办结"},
    ends=frozenset({"closed"}),
    edges=(Edge("s", "open", None, "open", "立项"), Edge("a", "close", "open", "closed", "办结")),
)
