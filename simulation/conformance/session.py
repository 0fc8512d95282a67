"""One run against one implementation: what was sent, what came, what is remembered from case to case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, Protocol

import orjson

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.peers.envelope import message_id, parse
from liandong.peers.errors import ChannelDown
from liandong.transfer.baton import open_verb
from liandong.transfer.replica import Replica, Step, apply
from simulation.peer.endpoint import Endpoint, Identity, Said
from simulation.peer.records import Numbers, letter_of, next_step, snapshot, step_data
from simulation.peer.ways import Way

Data = dict[str, Any]


class Patience(Protocol):
    """How long is waited: each turn lets the other side work a little."""

    def turns(self, *, acts: bool) -> Iterator[None]:
        """`acts`: a person may have to act, not only a machine."""
        ...

    def ask(self, what: str) -> None:
        """Ask whoever sits at the other side to do something (Chinese)."""
        ...


@dataclass
class Affair:
    """A matter of ours with its order, and the transfer that was made of it."""

    facts: Data
    number: str
    title: str
    urgency: str = "ordinary"
    version: int = 0
    replica: Replica | None = None
    first: str = ""


@dataclass
class Session:
    """`raws`: all that came, by message id. `acting`: the other side's desk has answered a hand-over before.

    `trouble`: why the channel last let nothing through (Chinese), in the case that is played.
    """

    me: Identity
    way: Way
    patience: Patience
    seed: int = 1
    acting: bool = False
    holds_receipts: bool = False
    trouble: str = ""
    said: list[Said] = field(default_factory=list)
    raws: dict[str, list[bytes]] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Random(f"{self.seed} {self.me.code} {clock.now().isoformat()}")
        self.line = Endpoint(self.me, self.dice)
        self.numbers = Numbers(self.me.division, self.dice)
        self._canary = self.affair("联调：无须处理，仅作探测")

    def now(self) -> datetime:
        return clock.now()

    # What we say

    def serial(self) -> int:
        """The next number of our journal; whoever takes it must see that it is stored in the end."""
        self.line.serial += 1
        return self.line.serial

    def affair(self, title: str, urgency: str = "ordinary") -> Affair:
        now, me = self.now(), self.me
        facts: Data = {
            "linkage_number": self.numbers.next("L", now),
            "division": me.division,
            "first_desk": me.desk,
            "opened_at": now,
            **({"danger_at": now} if urgency == "danger" else {}),
        }
        return Affair(facts, self.numbers.next(letter_of(me.desk), now), title, urgency)

    def told(self, affair: Affair, **more: Any) -> Data:
        """The data of a snapshot that is newer than those before."""
        affair.version += 1
        return snapshot(
            matter=affair.facts,
            number=affair.number,
            desk=self.me.desk,
            title=affair.title,
            now=self.now(),
            version=affair.version,
            urgency=affair.urgency,
            **more,
        )

    def write(self, kind: str, data: Mapping[str, Any], serial: int, **more: Any) -> bytes:
        return self.line.write(kind, data, self.now(), serial=serial, **more)

    def canary(self, serial: int, **more: Any) -> bytes:
        """A harmless good message: the probe's order once more, in a newer version."""
        return self.write("matter", self.told(self._canary, **more), serial)

    def document(self, serial: int, **more: Any) -> Data:
        """The canary as a value, to be spoiled and signed anew."""
        found: Data = orjson.loads(self.canary(serial, **more))
        return found

    def new_id(self) -> str:
        return message_id(self.now(), self.dice.randbytes(10))

    def send(self, raws: Sequence[bytes]) -> None:
        self.sent += raws
        self._hand_over(raws)

    def _hand_over(self, raws: Sequence[bytes]) -> None:
        """What was taken, the receipts say. A peer may well refuse a request that holds nothing it can take."""
        try:
            self.way.send(raws)
        except ChannelDown as why:
            self.trouble = why.message

    def begin(self, affair: Affair, kind: str = "divert", **body: Any) -> Step:
        """The first step of a hand-over of the affair, not sent."""
        danger = {"signal": "险情"} if kind == "danger" else {"reason": "联调"}
        said = {**danger, "matter": affair.facts["linkage_number"], "target": self.me.peer_desk}
        empty = Replica(self.numbers.next("T", self.now()), kind, self.me.desk, self.me.peer_desk)
        said |= {"urgency": affair.urgency, **body}
        step = next_step(empty, open_verb(kind), self.me.desk, said, self.now(), "联调员")
        affair.replica = apply(empty, step)
        affair.first = step.digest().hex()
        return step

    def offer(self, title: str, kind: str = "divert") -> Affair:
        """Send a whole offer: order first, then the step, each in a parcel of its own."""
        affair = self.affair(title, "danger" if kind == "danger" else "ordinary")
        urgent = kind == "danger"
        caller = {"name": "联调诉求人", "phone": "13500000000"}
        self.send([self.write("matter", self.told(affair, caller=caller), self.serial(), urgent=urgent)])
        step = self.begin(affair, kind)
        self.send([self.write("step", step_data(step, affair.number), self.serial(), urgent=urgent)])
        return affair

    # What they say

    def gather(self) -> None:
        for raw in self._fetched():
            self.hear(raw)
        if self.line.owes and not self.holds_receipts:
            self.line.owes = False
            self._hand_over([self.line.receipt(self.now())])

    def hear(self, raw: bytes) -> None:
        try:
            self.raws.setdefault(parse(raw).id, []).append(raw)
        except LiandongError:  # the endpoint keeps it among its refusals, with the reason
            self.raws.setdefault("", []).append(raw)
        said = self.line.take(raw)
        if said is not None:
            self.said.append(said)

    def _fetched(self) -> list[bytes]:
        try:
            return self.way.fetch()
        except ChannelDown as why:
            self.trouble = why.message
            return []

    def wait(self, until: Callable[[], object], *, acts: bool = False) -> bool:
        for _ in self.patience.turns(acts=acts):
            self.gather()
            if until():
                return True
        return False

    def is_stored(self, *serials: int) -> bool:
        """Whether receipts name all of them."""
        return all(
            any(one.data["stored_through"] >= serial or serial in one.data["stored"] for one in self.line.receipts)
            for serial in serials
        )

    def waits_for_receipt(self, *serials: int) -> bool:
        return self.wait(lambda: self.is_stored(*serials))

    def refused(self, name: str) -> str:
        """The code with which the peer's latest receipt names the message; "" when it does not."""
        return self.line.refused_there.get(name, "")

    def steps_of(self, transfer: str) -> list[Step]:
        """The steps of a transfer that came from the other side, by seq; one step once."""
        found: dict[bytes, Step] = {}
        for one in self.said:
            if one.kind == "step" and one.data["transfer"] == transfer:
                step = Step.read(one.data)
                found[step.digest()] = step
        return sorted(found.values(), key=lambda step: step.seq)

    def answered(self, affair: Affair, seq: int = 2) -> Step | None:
        """The other side's step at that place, once it has come."""
        number = affair.replica.transfer if affair.replica else ""
        self.wait(lambda: any(step.seq == seq for step in self.steps_of(number)), acts=True)
        return next((step for step in self.steps_of(number) if step.seq == seq), None)

    def step(self, affair: Affair, verb: str, body: Mapping[str, Any], order: str = "") -> Step:
        """Our next step of the affair, sent; the replica goes on."""
        assert affair.replica is not None
        replica = affair.replica
        step = next_step(replica, verb, self.me.desk, body, self.now(), "联调员")
        self.send([self.write("step", step_data(step, target_order=order), self.serial())])
        affair.replica = apply(replica, step)
        return step


def forged(session: Session, affair: Affair, verb: str, author: str, body: Mapping[str, Any]) -> tuple[str, int, Step]:
    """A step nobody may take, well signed and sent: its message id, its serial, and the step."""
    assert affair.replica is not None
    # Composed as if the other side of the table had the baton.
    step = replace(next_step(affair.replica, "accept", author, body, session.now(), "联调员"), verb=verb)
    serial, name = session.serial(), session.new_id()
    session.send([session.write("step", step_data(step), serial, name=name)])
    return name, serial, step
