"""The life of a message that came in, as data."""

from __future__ import annotations

from liandong.kernel.lifecycle import Edge, Lifecycle

INCOMING = Lifecycle(
    name="incoming",
    states={
        "stored": "已存放",
        "waiting": "等待前文",
        "applied": "已处理",
        "duplicate": "重复",
        "dead": "不能处理",
        "set_aside": "已搁置",
        "void": "已终止",
    },
    ends=frozenset({"applied", "duplicate", "void"}),
    edges=(
        Edge("s", "store", None, "stored", "存放"),
        Edge("a", "apply", "stored", "applied", "处理"),
        Edge("b", "repeat", "stored", "duplicate", "内容已有"),
        Edge("c", "wait", "stored", "waiting", "等待前文"),
        Edge("d", "die", "stored", "dead", "不能处理"),
        Edge("e", "wake", "waiting", "stored", "前文已到"),
        Edge("f", "retry", "dead", "stored", "重试"),
        Edge("g", "set_aside", "dead", "set_aside", "搁置"),
        Edge("h", "retry", "set_aside", "stored", "重试"),
        Edge("i", "end", "stored", "void", "序列终止"),
        Edge("j", "end", "waiting", "void", "序列终止"),
    ),
)
