"""What may be done now, so that a page offers exactly that: steps, notes, ways to hand over. Pure.

Nothing is decided here a second time: each question is put to the same table and guards that judge the write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from liandong.kernel.errors import LiandongError
from liandong.kernel.lifecycle import Edge
from liandong.transfer.baton import Around, check
from liandong.transfer.notes import NOTES, Speaker, check_note
from liandong.transfer.paths import targets
from liandong.transfer.replica import Replica
from liandong.transfer.states import KINDS, TRANSFER, Kind

# What a form will ask for, taken as given: only state, baton, agreement and windows are to be judged.
FILLED = {"code": "-", "basis": "-", "result": "-", "text": "-", "position": "no", "ruling": "target"}
# The loop guard chooses these by itself; nobody does.
REWRITTEN = frozenset({"refuse_at_limit", "hand_back_at_limit"})
# Danger is handed over by a door of its own, which is always open.
ALWAYS_OPEN = "danger"
PASSED_ON = frozenset({"divert", "unclear"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One edge out of the present state and why its holder may not take it now; empty: it may."""

    edge: Edge
    why_not: str


def verdicts(replica: Replica, around: Around, now: datetime) -> list[Verdict]:
    """Every edge the kind has out of the present state, judged for who holds the baton."""
    if replica.state is None or replica.holder is None:
        return []
    found = []
    for edge in TRANSFER.out_of(replica.state):
        if edge.verb in REWRITTEN:
            continue
        try:
            check(replica, edge.verb, replica.holder, FILLED, around, now)
        except LiandongError as why:
            found.append(Verdict(edge, why.message))
        else:
            found.append(Verdict(edge, ""))
    return found


def open_steps(replica: Replica, author: str, around: Around, now: datetime) -> list[Edge]:
    """The edges the desk `author` may take now."""
    if replica.holder != author:
        return []
    return [one.edge for one in verdicts(replica, around, now) if not one.why_not]


def open_notes(speaker: Speaker | None, transfer_kind: str, state: str) -> list[str]:
    """The kinds of note `speaker` may write now."""
    return [kind for kind in NOTES if _notes(kind, speaker, transfer_kind, state)]


def _notes(kind: str, speaker: Speaker | None, transfer_kind: str, state: str) -> bool:
    try:
        check_note(kind, speaker, transfer_kind, state, FILLED)
    except LiandongError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Way:
    """One hand-over that may be offered: its kind and the target desk's code."""

    kind: Kind
    target: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the origin desk stands to the matter: is it responsible, is its order still in its own hand, which desks
    handed the matter to it, and what is on its way already (kind, target).
    """

    responsible: bool = True
    in_hand: bool = True
    came_from: frozenset[str] = frozenset()
    running: frozenset[tuple[str, str]] = frozenset()


def ways(origin_kind: str, desks: Iterable[tuple[str, str]], standing: Standing) -> list[Way]:
    """The hand-overs open to a desk of `origin_kind`; `desks` are (code, kind) of all desks."""
    known = tuple(desks)
    return [
        Way(kind, code)
        for kind in KINDS.values()
        if kind.code != ALWAYS_OPEN
        for code, desk_kind in known
        if desk_kind in targets(kind.code, origin_kind) and _offered(kind, code, standing)
    ]


def _offered(kind: Kind, target: str, standing: Standing) -> bool:
    if (kind.code, target) in standing.running:
        return False
    if kind.code == "clue":
        return True
    if not standing.responsible:
        return False
    return not kind.passes or (standing.in_hand and target not in standing.came_from)


def onward(origin_kind: str, desks: Iterable[tuple[str, str]], came_from: str) -> list[Way]:
    """The ways by which the middle desk of a relay hands on what it signs for in the same act (S3.2)."""
    standing = Standing(came_from=frozenset({came_from}))
    return [way for way in ways(origin_kind, desks, standing) if way.kind.code in PASSED_ON]
