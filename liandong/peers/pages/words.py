"""What messages, their reasons and what they wait for are called on the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from liandong.audit.catalogue import covered
from liandong.identity.queries import desk_name, node_name
from liandong.kernel.errors import LiandongError
from liandong.peers.models import Difference, Incoming, Outgoing
from liandong.peers.pace import Condition

BADGES: dict[Condition, str] = {"online": "calm", "degraded": "soon", "offline": "over", "unknown": "quiet"}
KINDS = {
    "matter": "事项和单",
    "step": "移交的步",
    "note": "附记",
    "attachment": "材料",
    "digest": "对账",
    "codes": "代码表",
    "list": "分流清单",
}
_WAITS = {"order": "等待单 {}", "step": "等待移交 {} 的第 {} 步", "end": "等待移交 {} 结束"}
# Names of what a refusal leaves as evidence; what is not here is told under 其他.
_DIGESTS = frozenset({"ours", "theirs", "sm3", "head", "base"})
_EVIDENCE = {
    "transfer": "移交",
    "seq": "步序",
    "note": "附记",
    "ours": "本节点校验值",
    "theirs": "对端校验值",
    "node": "来源节点",
    "desk": "台",
    "expected": "应为第几步",
    "got": "收到第几步",
    "verb": "动作",
    "trouble": "错误类别",
    "most": "上限（字节）",
    "sm3": "所报校验值",
    "count": "链长",
    "life": "链的代次",
    "since": "所示起于",
    "head": "链头",
    "base": "所示之前的链头",
    "seal": "审计封签",
}


def refusal(code: str) -> str:
    """Why a peer refuses a message, by the code it told; the codes are those by which we refuse ourselves."""
    found = {one.code: one.message for one in _refusals()}
    return found.get(code, "对方没有说明原因，请电话询问。")


@lru_cache(maxsize=1)
def _refusals() -> tuple[type[LiandongError], ...]:
    waiting, found = [LiandongError], list[type[LiandongError]]()
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += one.__subclasses__()
    return tuple(found)


def why(row: Incoming) -> str:
    return without_field(row.why)


def without_field(text: str) -> str:
    """A reason without the name of a field at its end, which is for programs."""
    return _FIELD.sub("", text)


_FIELD = re.compile(r"（[A-Za-z0-9_./-]+）$")


DIFFERS = {
    "missing_there": "对方缺少",
    "missing_here": "本节点缺少",
    "changed": "两边内容不同",
    "rewritten_there": "对方的过去被改动",
    "rewritten_here": "本节点的过去被改动",
    "forgotten_here": "本节点遗忘",
}


def line_name(row: Difference) -> str:
    """Which line of the account it is: the step of a transfer, a note, what an order says, or a node's own chain."""
    if row.kind == "step":
        return f"移交的第 {row.mark} 步"
    if row.kind == "matter":
        return f"单 {row.mark}"
    return "附记" if row.kind == "note" else "节点的链头"


def kind_of(row: Incoming | Outgoing) -> str:
    return KINDS.get(row.kind, "其他报文")


def waits(row: Incoming) -> str:
    """What must come first, in words."""
    what, _, name = row.waits_for.partition(":")
    number, _, seq = name.rpartition(":")
    return _WAITS.get(what, "等待前文").format(*((number, seq) if what == "step" else (name,)))


def evidence(row: Incoming) -> list[tuple[str, str, bool]]:
    return facts_told(row.evidence)


def facts_told(known: Mapping[str, object]) -> list[tuple[str, str, bool]]:
    """Label, text, and whether it is a digest; long runs of digits are covered, since it came from outside."""
    found = []
    for name, value in known.items():
        if isinstance(value, list | dict):
            continue  # for programs; the row keeps it
        text = _CALLED[name](str(value)) if name in _CALLED else str(value)
        is_digest = name in _DIGESTS
        text = text or "没有"
        found.append((_EVIDENCE.get(name, "其他"), text if is_digest else covered(text), is_digest))
    return found


_CALLED = {"node": node_name, "desk": desk_name}
