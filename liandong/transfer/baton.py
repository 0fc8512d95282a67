"""What the holder of the baton may do now, and why not: the guards of the edges. Pure.

The table says which edges exist; this file says what an edge needs besides (a basis, an agreement, a window).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from liandong.kernel.errors import Invalid, NoSuchEdge
from liandong.transfer.errors import (
    AgreementMissing,
    BasisMissing,
    NotHolder,
    NoWithdrawAsked,
    RulingBinds,
    TooEarly,
    WindowClosed,
)
from liandong.transfer.replica import Replica, Step
from liandong.transfer.states import KINDS, edge_for

Ruling = Literal["target", "origin", "joint"]
FOLLOWS: dict[Ruling, str] = {"target": "award", "origin": "settle", "joint": "award_jointly"}
AT_LIMIT = frozenset({"refuse_at_limit", "hand_back_at_limit"})


@dataclass(frozen=True, slots=True)
class Heard:
    """What notes have brought that the next step depends on: only notes since the state was entered count."""

    agreed: Literal["target", "joint"] | None = None
    ruling: Ruling | None = None
    withdraw_asked: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What the guards see of the world around the transfer at the moment of the step.

    `refusals`: how often the matter was sent back so far, over all its transfers. `limit`: the refusal that is not
    possible (the N-th). `settle_by`, `objection_until`: running clocks. `onward_came_back`: the middle desk of a relay
    has its onward transfer back and may hand back what came back to it, at any time.
    """

    heard: Heard = Heard()
    refusals: int = 0
    limit: int = 3
    settle_by: datetime | None = None
    objection_until: datetime | None = None
    onward_came_back: bool = False


def rewritten(verb: str, around: Around, *, came_back: bool = False) -> str:
    """The loop guard: the N-th sending back of a matter leads to negotiation instead.

    What a middle desk passes back is not a new refusal and is never rewritten.
    """
    if verb in ("refuse", "hand_back") and not came_back and around.refusals + 1 >= around.limit:
        return f"{verb}_at_limit"
    return verb


def check(replica: Replica, verb: str, author: str, body: Mapping[str, Any], around: Around, now: datetime) -> None:
    """Raises the reason why `author` may not take `verb` now; returns when it may.

    Raises NoSuchEdge, NotHolder, BasisMissing, RulingBinds, AgreementMissing, TooEarly, WindowClosed,
    NoWithdrawAsked, Invalid.
    """
    edge_for(replica.kind, replica.state, verb)
    if author != replica.holder:
        raise NotHolder(holder=replica.holder, author=author)
    if verb in AT_LIMIT and around.refusals + 1 < around.limit:
        # Only the loop guard takes these edges; asked for by hand they would force a negotiation on the origin.
        raise NoSuchEdge("尚未达到退回次数上限，请按退回或申请退回操作。", verb=verb)
    _check_body(verb, body)
    if replica.state == "negotiating":
        _check_negotiation(verb, around, now)
    if verb in ("hand_back", "hand_back_at_limit"):
        _check_hand_back(replica, around, now)
    if verb == "release" and not around.heard.withdraw_asked:
        raise NoWithdrawAsked


def _check_body(verb: str, body: Mapping[str, Any]) -> None:
    if verb in ("refuse", "hand_back", "refuse_at_limit", "hand_back_at_limit"):
        if not body.get("code"):
            raise BasisMissing("请选择退回原因。", field="code")
        if not (body.get("list_item") or body.get("basis")):
            raise BasisMissing("请填写清单条目或退回依据。", field="basis")
    if verb == "contest" and not body.get("basis"):
        raise BasisMissing("请填写提请协商的依据。", field="basis")
    if verb == "conclude" and not (body.get("result") and str(body.get("text") or "").strip()):
        raise Invalid("请选择办理结果并填写办理情况。", field="text")
    if verb == "not_solved" and not body.get("code"):
        raise Invalid("请选择未解决的原因。", field="code")


def _check_negotiation(verb: str, around: Around, now: datetime) -> None:
    heard = around.heard
    if heard.ruling is not None:
        if verb != FOLLOWS[heard.ruling]:
            raise RulingBinds(ruling=heard.ruling)
        return
    if verb == "award" and heard.agreed != "target":
        raise AgreementMissing
    if verb == "award_jointly" and heard.agreed != "joint":
        raise AgreementMissing
    if verb == "fall_back" and (around.settle_by is None or now < around.settle_by):
        raise TooEarly


def _check_hand_back(replica: Replica, around: Around, now: datetime) -> None:
    if around.onward_came_back:
        return
    if replica.awarded:
        raise WindowClosed("此移交经议定由贵台办理，不能再申请退回。")
    if replica.rework:
        raise WindowClosed("此移交已反馈过办理结果，不能再申请退回；请继续办理。")
    if around.objection_until is None or now >= around.objection_until:
        raise WindowClosed


def open_verb(kind: str) -> str:
    """The verb by which a transfer of `kind` begins."""
    return "offer" if KINDS[kind].opens_in == "offered" else "open"


def compose(
    replica: Replica,
    verb: str,
    author: str,
    person: str,
    body: Mapping[str, Any],
    deadlines: Mapping[str, datetime],
    now: datetime,
) -> Step:
    """The next step of `replica`, chained to its head."""
    return Step(
        transfer=replica.transfer,
        seq=replica.seq + 1,
        kind=replica.kind,
        verb=verb,
        author=author,
        person=person,
        at=now,
        body=body,
        deadlines=deadlines,
        prev=replica.head,
    )
