"""What hindsight leaves in the trail. It announces nothing: nobody's work follows from looking back."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind, Field
from liandong.hindsight.states import REPLAY

AUDITED = (
    EventKind(
        "replay.moved",
        "清单仿真",
        ("version", "verb", "state", "since", "until", "sm3", "orders", "moved_orders"),
        "以清单的一个版本回放过去一段时间：发起、完成、停止，记下条目内容的 SM3 值。",
        {"verb": {edge.verb: edge.label for edge in REPLAY.edges}, "state": REPLAY.states},
    ),
    EventKind("evaluation.published", "公布评测结果", ("model", "version"), "把一次评测的各项数字存入，供质量页展示。"),
)

FIELDS = (
    Field("orders", "回放件数"),
    Field("moved_orders", "结果改变件数"),
)
