"""One seeded stream of hand-overs, and the houses in which it is taken: on one node, on two, with one side on paper.

What is compared is each matter as a node knows it: orders, callers in clear, steps, notes, states, in a canonical form.
Three things of it cannot be the same and are taken out. Numbers are drawn from blocks of the node that draws them: each
is replaced by its kind and the place at which it is first met, walking matters by their birth and orders by theirs. A
hash holds the hash before it and the numbers: that the chains are whole is checked at each node on its own
(`assert_custody_whole`), and here their hashes are left out. Ids of notes are random. Times are in: one virtual clock
is everybody's, and carrying a message takes none of it. Where a side is on paper, `on_behalf` is left out as well: who
typed it in, by which document. On one node and over the channels nobody types for another, and there is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from django.conf import settings

from liandong.audit.by import By
from liandong.kernel.canonical import canonical
from liandong.kernel.clock import VirtualClock
from liandong.transfer.onbehalf import FIELD
from tests import cast
from tests.cast import HOTLINE, POLICE
from tests.nodes import Nodes, assert_custody_whole, node_of

NUMBER = re.compile(r"14\d{4}([A-Z])\d{14,}[0-9A-Z]?")
# The stream that is taken over every channel. With this seed every course of below comes up in its seven, and each
# direction, a second answer and a negotiation in the three that a `make test` takes.
SEED, WHOLE = 573, 7
MATTERS = WHOLE if os.environ.get("LIANDONG_JOURNEYS") == "all" else 3
# Who hands over by which kind, and who does what after it.
COURSES: tuple[tuple[By, str, tuple[tuple[str, By], ...]], ...] = (
    (HOTLINE, "divert", (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE))),
    (
        HOTLINE,
        "divert",
        (("accept", POLICE), ("conclude", POLICE), ("not_solved", HOTLINE), ("conclude", POLICE)),
    ),
    (HOTLINE, "divert", (("accept", POLICE), ("hand_back", POLICE), ("take_back", HOTLINE))),
    (HOTLINE, "divert", (("refuse", POLICE), ("contest", HOTLINE), ("position", POLICE), ("award", HOTLINE))),
    (HOTLINE, "divert", (("refuse", POLICE),)),
    (POLICE, "divert", (("accept", HOTLINE), ("conclude", HOTLINE), ("confirm", POLICE))),
)
GROUND = {"reason": "按分流事项清单属对方职责"}


class House(Protocol):
    def at(self, desk: str) -> AbstractContextManager[None]:
        """Where the people of the desk work."""
        ...

    def hand_over(self, by: By, kind: str, **given: Any) -> str:
        """They take a call and hand it over; gives the transfer."""
        ...

    def take(self, transfer: str, verb: str, by: By) -> None:
        """Their next step, or what they think."""
        ...

    def quiet(self) -> None:
        """All that is to follow has followed."""
        ...


class Alone:
    """The house on one node, in the database of one of three, which here hosts every desk."""

    def __init__(self, net: Nodes, code: str = "county") -> None:
        self._net, self._code = net, code

    @contextmanager
    def at(self, desk: str) -> Iterator[None]:
        with self._net.at(self._code):
            settings.NODE = ""  # put back by `at`
            yield

    def hand_over(self, by: By, kind: str, **given: Any) -> str:
        with self.at(by.desk or ""):
            return handed_over(by, kind, **given)

    def take(self, transfer: str, verb: str, by: By) -> None:
        with self.at(by.desk or ""):
            act(transfer, verb, by)

    def quiet(self) -> None:
        with self.at(""):
            cast.react()


class Apart:
    """The house on two nodes."""

    def __init__(self, net: Nodes) -> None:
        self._net = net

    def at(self, desk: str) -> AbstractContextManager[None]:
        return self._net.at(node_of(desk))

    def hand_over(self, by: By, kind: str, **given: Any) -> str:
        with self.at(by.desk or ""):
            return handed_over(by, kind, **given)

    def take(self, transfer: str, verb: str, by: By) -> None:
        with self.at(by.desk or ""):
            act(transfer, verb, by)

    def quiet(self) -> None:
        self._net.quiet()


def handed_over(by: By, kind: str, **given: Any) -> str:
    (target,) = {HOTLINE.desk, POLICE.desk} - {by.desk}
    return str(cast.hand_over(cast.new_order(by, **given), kind, target or "", **GROUND).number)


def act(transfer: str, verb: str, by: By) -> None:
    from liandong.transfer.models import Transfer

    row = Transfer.objects.get(number=transfer)
    if verb == "position":
        cast.note(row, "position", by, position="target", text="同意由本台办理")
    else:
        cast.step(row, verb, by=by)


@dataclass
class Stream:
    """One seeded stream of hand-overs, taken in two houses at the same moments."""

    dice: Random
    houses: Sequence[House]
    transfers: list[tuple[str, ...]] = field(default_factory=list)
    left: list[list[tuple[str, Any]]] = field(default_factory=list)

    def begin(self, number: int) -> None:
        by, kind, course = self.dice.choice(COURSES)
        given = {"title": f"第{number}件", "content": f"和平小区{number}号楼聚众赌博，吵闹扰民。"}
        names = list[str]()
        for house in self.houses:
            names.append(house.hand_over(by, kind, **given))
            house.quiet()
        self.transfers.append(tuple(names))
        self.left.append(list(course))

    def go_on(self) -> None:
        """The next step of one that is not at its end, by dice."""
        which = self.dice.choice([n for n, course in enumerate(self.left) if course])
        verb, by = self.left[which].pop(0)
        for house, name in zip(self.houses, self.transfers[which], strict=True):
            house.take(name, verb, by)
            house.quiet()


def known(at: Any) -> bytes:
    """All that a node knows of all matters, in the canonical form of the head of this file."""
    with at:
        return renamed(canonical(list(_matters())).decode())


def _matters() -> Iterator[dict[str, Any]]:
    from liandong.intake.models import Matter, Order
    from liandong.intake.queries.mirrors import snapshot_of
    from liandong.peers.messages import matter_data
    from liandong.transfer.models import NoteRow, StepRow
    from liandong.transfer.queries import step_of

    for matter in Matter.objects.order_by("opened_at", "id"):
        assert_custody_whole(matter)
        orders = Order.objects.filter(matter=matter).select_related("matter").order_by("received_at", "desk")
        steps = StepRow.objects.filter(transfer__matter=matter).select_related("transfer").order_by("at", "seq")
        notes = NoteRow.objects.filter(transfer__matter=matter).order_by("at", "kind")
        yield {
            "state": matter.state,
            "sent_back": matter.sent_back,
            "orders": [matter_data(snapshot_of(one, 0)) for one in orders],
            "steps": [plain(step_of(one, one.transfer)) for one in steps],
            "notes": [[n.kind, n.author, n.person, n.at.isoformat(), n.after_seq, own_words(n.body)] for n in notes],
        }


def plain(step: Any) -> dict[str, Any]:
    from liandong.peers.chain import step_data

    said = {key: value for key, value in step_data(step).items() if key not in ("hash", "prev")}
    return {**said, "body": own_words(said["body"])}


def own_words(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without the one thing that what was typed in for a desk on paper has besides: who typed it, by which paper."""
    return {key: value for key, value in body.items() if key != FIELD}


def renamed(text: str) -> bytes:
    """Numbers by their kind and the place at which they are first met."""
    met = dict[str, str]()

    def name(number: re.Match[str]) -> str:
        return met.setdefault(number[0], f"{number[1]}{len(met) + 1}")

    return NUMBER.sub(name, text).encode()


def play(houses: Sequence[House], clock: VirtualClock, *, seed: int = SEED, matters: int = MATTERS) -> None:
    """The same hand-overs in each of the houses, to their ends."""
    stream = Stream(Random(seed), houses)
    for number in range(matters):
        stream.begin(number)
        clock.advance(seconds=stream.dice.randrange(1, 40))
    while any(stream.left):
        stream.go_on()
        clock.advance(seconds=stream.dice.randrange(1, 40))
