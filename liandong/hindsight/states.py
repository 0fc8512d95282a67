"""The life of a replay (清单仿真) as data."""

from __future__ import annotations

from liandong.kernel.lifecycle import Edge, Lifecycle

REPLAY = Lifecycle(
    name="replay",
    states={"running": "进行中", "done": "已完成", "stopped": "已停止"},
    ends=frozenset({"done", "stopped"}),
    edges=(
        Edge("s", "ask", None, "running", "发起仿真"),
        Edge("a", "finish", "running", "done", "完成"),
        Edge("b", "stop", "running", "stopped", "停止"),
    ),
)
