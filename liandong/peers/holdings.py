"""What one node holds of matters shared with others, as plain values, and the ports it needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from liandong.kernel.canonical import canonical, plain
from liandong.kernel.seals import sm3
from liandong.peers.ledger import Head
from liandong.peers.receipts import Received
from liandong.transfer.replica import Replica, Step

NOTHING_YET, NO_CHAIN = Received(), Head()


class Store(Protocol):
    """Tables of unchangeable values. Nothing is kept before `commit`; a crash loses what was put since the last one."""

    def get(self, table: str, key: Any) -> Any: ...
    def put(self, table: str, key: Any, value: Any) -> None: ...
    def drop(self, table: str, key: Any) -> None: ...
    def all(self, table: str) -> Mapping[Any, Any]: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...


class Post(Protocol):
    """Makes messages bytes that only this node can have made, and opens those of others."""

    def seal(self, message: Mapping[str, Any]) -> bytes: ...

    def open(self, raw: bytes) -> dict[str, Any] | None:
        """None for what cannot be trusted."""
        ...

    def sign(self, digest: bytes) -> str: ...
    def proves(self, node: str, digest: bytes, proof: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A step with the signature of its author's node, so that any other node may pass it on."""

    step: Step
    digest: bytes
    proof: str

    def told(self) -> dict[str, Any]:
        s = self.step
        said: dict[str, Any] = plain(
            {
                "transfer": s.transfer,
                "seq": s.seq,
                "kind": s.kind,
                "verb": s.verb,
                "author": s.author,
                "person": s.person,
                "at": s.at,
                "body": s.body,
                "deadlines": s.deadlines,
                "prev": s.prev.hex(),
                "proof": self.proof,
            }
        )
        return said


def step_of(data: Mapping[str, Any]) -> SignedStep:
    """The step in a message. Raises KeyError, ValueError, TypeError for what is none."""
    step = Step(
        transfer=data["transfer"],
        seq=data["seq"],
        kind=data["kind"],
        verb=data["verb"],
        author=data["author"],
        person=data["person"],
        at=datetime.fromisoformat(data["at"]),
        body=data["body"],
        deadlines={name: datetime.fromisoformat(at) for name, at in data["deadlines"].items()},
        prev=bytes.fromhex(data["prev"]),
    )
    return SignedStep(step, step.digest(), data["proof"])


@dataclass(frozen=True, slots=True)
class Note:
    """A note. `number` is (the node's life, a count in it): an author's notes are ordered by it, whenever they come:
    the last word of an author is the one with the highest number, not the one that arrived last.
    """

    transfer: str
    author: str
    node: str
    number: tuple[int, int]
    kind: str
    at: datetime
    after_seq: int
    body: Mapping[str, Any]
    digest: bytes = b""
    proof: str = ""

    @property
    def name(self) -> str:
        return f"{self.author}/{self.number[0]}/{self.number[1]}"

    def content(self) -> dict[str, Any]:
        return {
            "transfer": self.transfer,
            "author": self.author,
            "node": self.node,
            "number": list(self.number),
            "kind": self.kind,
            "at": self.at,
            "after_seq": self.after_seq,
            "body": self.body,
        }

    def told(self) -> dict[str, Any]:
        said: dict[str, Any] = plain({**self.content(), "proof": self.proof})
        return said


def note_of(data: Mapping[str, Any]) -> Note:
    """The note in a message. Raises KeyError, ValueError, TypeError for what is none."""
    content = {name: data[name] for name in data if name != "proof"}
    return Note(
        transfer=data["transfer"],
        author=data["author"],
        node=data["node"],
        number=(data["number"][0], data["number"][1]),
        kind=data["kind"],
        at=datetime.fromisoformat(data["at"]),
        after_seq=data["after_seq"],
        body=data["body"],
        digest=sm3(canonical(content)),
        proof=data["proof"],
    )


@dataclass(frozen=True, slots=True)
class Order:
    """A desk's own record of a matter; only the desk's node writes it, others hold a mirror. `revision` only grows."""

    matter: str
    desk: str
    revision: int
    state: str
    first_desk: str
    opened_at: datetime
    at: datetime
    digest: bytes = b""
    proof: str = ""

    def content(self) -> dict[str, Any]:
        return {
            "matter": self.matter,
            "desk": self.desk,
            "revision": self.revision,
            "state": self.state,
            "first_desk": self.first_desk,
            "opened_at": self.opened_at,
            "at": self.at,
        }

    def told(self) -> dict[str, Any]:
        said: dict[str, Any] = plain({**self.content(), "proof": self.proof})
        return said


def order_of(data: Mapping[str, Any]) -> Order:
    """The snapshot in a message. Raises KeyError, ValueError, TypeError for what is none."""
    content = {name: data[name] for name in data if name != "proof"}
    return Order(
        matter=data["matter"],
        desk=data["desk"],
        revision=data["revision"],
        state=data["state"],
        first_desk=data["first_desk"],
        opened_at=datetime.fromisoformat(data["opened_at"]),
        at=datetime.fromisoformat(data["at"]),
        digest=sm3(canonical(content)),
        proof=data["proof"],
    )


@dataclass(frozen=True, slots=True)
class Matter:
    """`circle`: the nodes that are told all of it; `transfers` and `desks` in the order in which they became known."""

    number: str
    first_desk: str
    opened_at: datetime
    circle: frozenset[str]
    transfers: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A transfer as this node knows it. `clocks`: those that run here; `silent`: urges by the clock since then."""

    replica: Replica
    matter: str
    parent: str | None
    beside: bool
    urgency: str
    steps: tuple[SignedStep, ...] = ()
    notes: tuple[Note, ...] = ()
    clocks: Mapping[str, datetime] = field(default_factory=dict)
    silent: int = 0


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node. `journal`, `last`: the journal for it and its last serial. `theirs`, `received`: its journal and
    what of it is stored here. `awaited`: this node was restored from a backup and waits for what the peer holds.
    `answered`: the life of the peer whose question was answered last. `deposit`, `life`: the peer's head as deposited
    here, and in which of its lives; `deposited`: up to which link the own head is deposited there.
    """

    code: str
    journal: int
    last: int = 0
    theirs: int = 0
    received: Received = NOTHING_YET
    heard_at: datetime | None = None
    awaited: bool = False
    answered: int = 0
    deposit: Head = NO_CHAIN
    life: int = 0
    deposited: int = 0


@dataclass(frozen=True, slots=True)
class Aside:
    """A message set aside for a person: what was decided, why, and the evidence."""

    source: str
    decision: str
    why: str
    message: Mapping[str, Any]
