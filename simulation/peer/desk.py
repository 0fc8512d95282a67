"""What the people of an imitated desk decide: a step or a position, by chance or by a word in the title. Pure.

A word in the title of an order rules out chance, so that a trial goes where whoever tries wants it: 【签收】, 【退回】,
【协商】, 【退件】 (hands back what was accepted), 【未解决】, 【不答】.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from liandong.transfer.baton import FOLLOWS, Heard
from liandong.transfer.replica import Replica
from liandong.transfer.states import KINDS

Choice = tuple[str, Mapping[str, Any]]
# An item of the city's list for each side, as a clerk would name it.
_ITEM = {True: "B0302", False: "A0101"}
WORDS = ("签收", "退回", "协商", "退件", "未解决", "不答")


@dataclass(frozen=True, slots=True)
class Manners:
    """`answers`: how long until a desk answers; `concludes`: until a matter is done. Shares of what it does else."""

    answers: timedelta = timedelta(seconds=2)
    concludes: timedelta = timedelta(seconds=10)
    refuses: float = 0.2
    hands_back: float = 0.1
    not_solved: float = 0.1


def word_in(title: str) -> str:
    return next((word for word in WORDS if f"【{word}】" in title), "")


def due(since: datetime, replica: Replica, desk: str, manners: Manners) -> datetime:
    """When the desk has made up its mind in this state: work takes time, and a holder waits for the other's word."""
    long = replica.state in ("accepted", "negotiating") and replica.holder == desk
    return since + (manners.concludes if long else manners.answers)


def decide(replica: Replica, heard: Heard, title: str, manners: Manners, dice: Random) -> Choice | None:
    """The step of the desk that holds the baton; None where it does not answer."""
    word = word_in(title)
    if word == "不答":
        return None
    refusable = KINDS[replica.kind].refusable
    match replica.state:
        case "offered" if heard.withdraw_asked and KINDS[replica.kind].withdrawable:
            return "release", {"silent": True}
        case "offered":
            by_word = word in ("退回", "协商") and not replica.sent_back
            by_chance = not word and not replica.sent_back and dice.random() < manners.refuses
            return ("refuse", refusal(replica)) if refusable and (by_word or by_chance) else ("accept", {})
        case "awarded":
            return "accept", {}
        case "accepted":
            may = refusable and not (replica.awarded or replica.rework)
            if may and (word == "退件" or (not word and dice.random() < manners.hands_back)):
                return "hand_back", refusal(replica)
            return "conclude", {"result": "solved", "text": "已到现场处理完毕"}
        case "refused" | "handed_back":
            return ("contest", {"basis": "清单所列，属贵台职责"}) if word == "协商" else ("take_back", {})
        case "negotiating":
            return _negotiated(heard)
        case "concluded":
            again = not replica.rework and (word == "未解决" or (not word and dice.random() < manners.not_solved))
            return ("not_solved", {"code": "not_done", "text": "问题仍在"}) if again else ("confirm", {})
    return None


def refusal(replica: Replica) -> Mapping[str, Any]:
    """Why it is not the target's: the item of the list by which it is the other's."""
    item = _ITEM[replica.target.startswith("110")]
    return {"code": "not_ours", "list_item": item, "list_version": "2026-1", "basis": "清单所列，属贵台职责"}


def _negotiated(heard: Heard) -> Choice | None:
    if heard.ruling is not None:
        return FOLLOWS[heard.ruling], {}
    if heard.agreed is not None:
        return ("award" if heard.agreed == "target" else "award_jointly"), {}
    return "settle", {}


def position(title: str, dice: Random) -> Mapping[str, Any]:
    """What the target says in a negotiation."""
    said = "target" if word_in(title) == "协商" else dice.choice(("target", "joint", "no"))
    return {"position": said, "text": "经研究，意见如上"}
