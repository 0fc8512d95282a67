"""对账: what two nodes compare to know that they hold the same, and what follows where they do not. Pure.

By day first (one digest a day), by item where a day differs. The head of each node's own chain is deposited with the
peer: a later head that does not extend it proves that the past was changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from liandong.kernel.seals import sm3
from liandong.transfer.replica import GENESIS

# (kind, subject, which): a step by its number, a note by its name, a snapshot by its desk.
Name = tuple[str, str, str]
Finding = Literal["missing_there", "missing_here", "changed", "rewritten_there", "rewritten_here", "forgotten_here"]
REPAIRS: dict[Finding, str] = {
    "missing_there": "对方缺少，重新发送",
    "missing_here": "本节点缺少，请对方重新发送",
    "changed": "两边内容不同，不自动处理：保留双方证据，提请核对",
    "rewritten_there": "对方的链与其先前交存的链头不相接，过去的记录被改动：保留证据，与对方核对",
    "rewritten_here": "本节点的链已不经过先前交存在对方的链头，过去的记录被改动：保留证据，核验审计记录",
    "forgotten_here": "对方所存链头比本节点的链更长，本节点可能由旧备份恢复：请停止收发，与对端核对，从较新的备份恢复",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One step, note or snapshot as a line of the account."""

    day: str
    name: Name
    digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`here`, `there`: the digests, empty where it is missing."""

    finding: Finding
    name: Name
    here: str
    there: str

    @property
    def repair(self) -> str:
        return REPAIRS[self.finding]


def by_day(items: Iterable[Item]) -> dict[str, str]:
    """Day → digest over all its lines, sorted; equal digests mean equal days."""
    days: dict[str, list[str]] = defaultdict(list)
    for item in items:
        days[item.day].append("\x1f".join((*item.name, item.digest)))
    return {day: sm3("\x1e".join(sorted(lines)).encode()).hex() for day, lines in days.items()}


def days_apart(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """The days on which the two differ, ascending."""
    return sorted(day for day in {*here, *there} if here.get(day) != there.get(day))


def differences(here: Mapping[Name, str], there: Mapping[Name, str]) -> list[Difference]:
    """What differs between two lists of lines (name → digest), each with who lacks what, by name.

    A snapshot's name carries no revision: where both have one, the newer is on its way, so it is missing where it is
    older; that is told by `revision_of`. Two of the same revision are a changed past.
    """
    found = []
    for name in sorted({*here, *there}):
        mine, theirs = here.get(name, ""), there.get(name, "")
        if mine == theirs:
            continue
        if not theirs:
            found.append(Difference("missing_there", name, mine, theirs))
        elif not mine:
            found.append(Difference("missing_here", name, mine, theirs))
        else:
            found.append(Difference(_newer(mine, theirs), name, mine, theirs))
    return found


def _newer(mine: str, theirs: str) -> Finding:
    one, other = revision_of(mine), revision_of(theirs)
    if one == other:
        return "changed"
    return "missing_there" if one > other else "missing_here"


def versioned(revision: int, digest: str) -> str:
    """The line of something that has revisions."""
    return f"{revision}:{digest}"


def revision_of(line: str) -> int:
    """The revision in a line, 0 for what has none."""
    revision, colon, _ = line.partition(":")
    return int(revision) if colon and revision.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a node's own chain: how many links, and the digest that binds them all."""

    count: int = 0
    head: bytes = GENESIS

    def then(self, link: bytes) -> Head:
        return Head(self.count + 1, sm3(self.head + link))


def extends(deposited: Head, base: Head, links: Iterable[bytes], said: Head) -> bool:
    """Whether the head now said follows from the deposited one.

    `base` is where the links that are shown begin, at or before the deposited head: the chain must pass through it.
    """
    passed = base == deposited
    for link in links:
        base = base.then(link)
        passed = passed or base == deposited
    return passed and base == said
