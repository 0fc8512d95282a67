"""The state table of a transfer, as data: states, who holds the baton, lettered edges, kinds.

Source: the plan's clause 三(三) and the baton rule in this area's README. Everything else in the area asks this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from liandong.kernel.errors import NoSuchEdge
from liandong.kernel.lifecycle import Edge, Lifecycle

Side = Literal["origin", "target"]

TRANSFER = Lifecycle(
    name="transfer",
    states={
        "offered": "待签收",
        "refused": "已退回",
        "negotiating": "协商中",
        "awarded": "已议定",
        "accepted": "已签收",
        "handed_back": "申请退回",
        "concluded": "已反馈",
        "returned": "已收回",
        "withdrawn": "已撤回",
        "confirmed": "已确认",
    },
    ends=frozenset({"returned", "withdrawn", "confirmed"}),
    edges=(
        Edge("s", "offer", None, "offered", "移交"),
        Edge("t", "open", None, "negotiating", "提请协商"),
        Edge("a", "accept", "offered", "accepted", "签收"),
        Edge("b", "refuse", "offered", "refused", "退回"),
        Edge("q", "refuse_at_limit", "offered", "negotiating", "退回（达到次数上限，转协商）"),
        Edge("c", "release", "offered", "withdrawn", "同意撤回"),
        Edge("d", "take_back", "refused", "returned", "收回办理"),
        Edge("e", "contest", "refused", "negotiating", "提请协商"),
        Edge("f", "offer_again", "refused", "offered", "更正后重新移交"),
        Edge("g", "award", "negotiating", "awarded", "议定由对方办理"),
        Edge("h", "settle", "negotiating", "returned", "议定由本台办理"),
        Edge("i", "award_jointly", "negotiating", "awarded", "议定共同办理"),
        Edge("j", "fall_back", "negotiating", "returned", "首接负责"),
        Edge("a", "accept", "awarded", "accepted", "签收"),
        Edge("k", "conclude", "accepted", "concluded", "反馈办结"),
        Edge("l", "hand_back", "accepted", "handed_back", "申请退回"),
        Edge("r", "hand_back_at_limit", "accepted", "negotiating", "申请退回（达到次数上限，转协商）"),
        Edge("o", "take_back", "handed_back", "returned", "收回办理"),
        Edge("p", "contest", "handed_back", "negotiating", "提请协商"),
        Edge("m", "confirm", "concluded", "confirmed", "确认办结"),
        Edge("n", "not_solved", "concluded", "accepted", "未解决，重新办理"),
    ),
)

# The one desk that may add the next step. In negotiation it is always the first receiver, so that falling back
# needs no message and no race exists.
HOLDER: dict[str, Side] = {
    "offered": "target",
    "refused": "origin",
    "negotiating": "origin",
    "awarded": "target",
    "accepted": "target",
    "handed_back": "origin",
    "concluded": "origin",
}

# The clocks that run in a state. A step names the moment of each; all others stop.
CLOCKS: dict[str, tuple[str, ...]] = {
    "offered": ("accept_by",),
    "awarded": ("accept_by",),
    "refused": ("decide_by",),
    "negotiating": ("settle_by",),
    "accepted": ("conclude_by", "objection_until"),
    "handed_back": ("decide_by",),
    "concluded": ("confirm_by",),
}

# At which side a clock acts when it runs out; the others only show it.
CLOCK_OF: dict[str, Side] = {
    "accept_by": "origin",
    "decide_by": "origin",
    "settle_by": "origin",
    "conclude_by": "target",
    "confirm_by": "origin",
    "objection_until": "target",
}

SENDING_BACK = frozenset({"refuse", "refuse_at_limit", "hand_back", "hand_back_at_limit"})
TAKING = frozenset({"accept", "take_back", "settle", "fall_back", "release", "confirm"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of transfer.

    `refusable`: the target may refuse and hand back. `withdrawable`: the origin may ask to withdraw.
    `passes`: acceptance ends the origin's duty for the matter; otherwise the origin goes on with its own part.
    `needs`: the right somebody of the two desks must have to see it; empty: all of them see it.
    """

    code: str
    label: str
    clause: str
    opens_in: str
    refusable: bool
    withdrawable: bool
    passes: bool
    needs: str = ""


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("divert", "分流", "S3.1", "offered", refusable=True, withdrawable=True, passes=True),
        Kind("danger", "联动派警", "S3.4", "offered", refusable=False, withdrawable=False, passes=True),
        Kind(
            "clue", "涉稳线索", "S3.6", "offered", refusable=False, withdrawable=True, passes=False, needs="clue.read"
        ),
        Kind("mediate", "联合调处", "S3.8", "offered", refusable=True, withdrawable=True, passes=False),
        Kind("notify", "处置通报", "S4.2", "offered", refusable=False, withdrawable=True, passes=False),
        Kind("relay", "逐级转派", "S3.2", "offered", refusable=True, withdrawable=True, passes=True),
        Kind("unclear", "待定", "S3.3", "negotiating", refusable=True, withdrawable=True, passes=True),
    )
}

# What a kind cannot do, whatever the state. All other edges of the table are open to every kind, except that a
# transfer opens in the state of its kind and that what was awarded is not handed back.
CLOSED_TO_THE_UNREFUSABLE = SENDING_BACK | {"award", "award_jointly", "settle", "fall_back", "contest", "offer_again"}


def edge_for(kind: str, state: str | None, verb: str) -> Edge:
    """The edge `verb` out of `state` for a transfer of `kind`. Raises NoSuchEdge where table or kind bars it."""
    edge = TRANSFER.edge(state, verb)
    rule = KINDS[kind]
    if state is None and edge.target != rule.opens_in:
        raise NoSuchEdge(f"“{rule.label}”不能以此方式发起。", verb=verb)
    if not rule.refusable and verb in CLOSED_TO_THE_UNREFUSABLE:
        raise NoSuchEdge(f"“{rule.label}”不得退回或协商，请先签收处置（{rule.clause}）。", verb=verb)
    if not rule.withdrawable and verb == "release":
        raise NoSuchEdge(f"“{rule.label}”不得撤回，请签收后反馈现场情况（{rule.clause}）。", verb=verb)
    return edge
