"""What one side knows of a transfer: the fold of its steps. Pure, and the same for own and foreign steps.

`apply` is the only way a replica changes. It checks order, chain, table, kind and baton; it does not ask for the
notes behind a step, because a replica may have the step before it has the note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from liandong.kernel.canonical import canonical
from liandong.kernel.seals import sm3
from liandong.transfer.errors import ChainBroken, NotHolder, OutOfOrder
from liandong.transfer.states import HOLDER, SENDING_BACK, TRANSFER, edge_for

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Step:
    """An event that changes a transfer's state. `body` holds what the verb needs (reason, result, corrected item …)."""

    transfer: str
    seq: int
    kind: str
    verb: str
    author: str
    person: str
    at: datetime
    body: Mapping[str, Any]
    deadlines: Mapping[str, datetime]
    prev: bytes

    def content(self) -> bytes:
        """The canonical bytes that the hash covers (and, between nodes, the signature)."""
        return canonical(
            {
                "transfer": self.transfer,
                "seq": self.seq,
                "kind": self.kind,
                "verb": self.verb,
                "author": self.author,
                "person": self.person,
                "at": self.at,
                "body": self.body,
                "deadlines": self.deadlines,
                "prev": self.prev.hex(),
            }
        )

    def digest(self) -> bytes:
        return sm3(self.content())

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Step:
        """The step whose content this is; what stands beside is left out. Raises KeyError, TypeError, ValueError."""
        return cls(
            transfer=content["transfer"],
            seq=content["seq"],
            kind=content["kind"],
            verb=content["verb"],
            author=content["author"],
            person=content["person"],
            at=datetime.fromisoformat(content["at"]),
            body=content["body"],
            deadlines={clock: datetime.fromisoformat(at) for clock, at in content["deadlines"].items()},
            prev=bytes.fromhex(content["prev"]),
        )


@dataclass(frozen=True, slots=True)
class Replica:
    """The state of a transfer after `seq` steps. `origin_duty`, `target_duty`: who must act for the citizen."""

    transfer: str
    kind: str
    origin: str
    target: str
    state: str | None = None
    seq: int = 0
    head: bytes = GENESIS
    origin_duty: bool = True
    target_duty: bool = False
    joint: bool = False
    awarded: bool = False
    rework: int = 0
    sent_back: int = 0

    @property
    def ended(self) -> bool:
        return self.state in TRANSFER.ends

    @property
    def holder(self) -> str | None:
        """The desk that may add the next step; the origin before the first, nobody after the end."""
        if self.state is None:
            return self.origin
        side = HOLDER.get(self.state)
        return None if side is None else self.origin if side == "origin" else self.target


def apply(replica: Replica, step: Step, digest: bytes | None = None) -> Replica:
    """The replica after `step`. `digest`: that of the step, where the caller has made it already.

    Raises OutOfOrder (a gap), ChainBroken (changed history), NoSuchEdge (not in the table), NotHolder (no baton).
    """
    if step.transfer != replica.transfer or step.kind != replica.kind:
        raise ChainBroken(field="transfer")
    if step.seq != replica.seq + 1:
        raise OutOfOrder(expected=replica.seq + 1, got=step.seq)
    if step.prev != replica.head:
        raise ChainBroken(field="prev", seq=step.seq)
    edge = edge_for(replica.kind, replica.state, step.verb)
    if step.author != replica.holder:
        raise NotHolder(holder=replica.holder, author=step.author)
    origin_duty, target_duty = _duty(replica, step.verb)
    return replace(
        replica,
        state=edge.target,
        seq=step.seq,
        head=digest or step.digest(),
        joint=step.verb == "award_jointly" or (replica.joint and step.verb != "award"),
        awarded=replica.awarded or edge.target == "awarded",
        rework=replica.rework + (step.verb == "not_solved"),
        sent_back=replica.sent_back + (step.verb in SENDING_BACK),
        origin_duty=origin_duty,
        target_duty=target_duty,
    )


def _duty(replica: Replica, verb: str) -> tuple[bool, bool]:
    """Whether origin and target must act after `verb`: duty moves only by the hand of who takes it."""
    if verb == "accept":
        return replica.joint, True
    if verb == "award_jointly":
        # Its own word makes the origin responsible again, not the other's acceptance later.
        return True, replica.target_duty
    if TRANSFER.edge(replica.state, verb).target in TRANSFER.ends:
        return True, False  # the origin goes on with the matter or closes it
    return replica.origin_duty, replica.target_duty


def fold(replica: Replica, steps: Iterable[Step]) -> Replica:
    """Apply the steps in order, from an empty replica that knows who origin and target are."""
    for step in steps:
        replica = apply(replica, step)
    return replica
