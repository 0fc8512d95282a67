"""The same hand-overs on one node, over https, files and a joint database: what stands at the end is the same.

What is compared is each matter as a node knows it: orders, callers in clear, steps, notes, states, in a canonical form.
Three things of it cannot be the same and are taken out. Numbers are drawn from blocks of the node that draws them: each
is replaced by its kind and the place at which it is first met, walking matters by their birth and orders by theirs. A
hash holds the hash before it and the numbers: that the chains are whole is checked at each node on its own
(`assert_custody_whole`), and here their hashes are left out. Ids of notes are random. Times are in: one virtual clock
is everybody's, and carrying a message takes none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from django.conf import settings

from liandong.kernel.canonical import canonical
from tests import cast
from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, Ferries
from tests.nodes import assert_custody_whole, node_of

NUMBER = re.compile(r"14\d{4}([A-Z])\d{14,}[0-9A-Z]?")
# Kind, and who does what after the offer.
COURSES: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = (
    ("divert", (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE))),
    ("divert", (("accept", POLICE), ("conclude", POLICE), ("not_solved", HOTLINE), ("conclude", POLICE))),
    ("divert", (("accept", POLICE), ("hand_back", POLICE), ("take_back", HOTLINE))),
    ("divert", (("refuse", POLICE), ("contest", HOTLINE), ("position", POLICE), ("award", HOTLINE))),
    ("divert", (("refuse", POLICE),)),
)


class Alone:
    """The house on one node: the database of the third, which here hosts every desk."""

    def __init__(self, net: Ferries) -> None:
        self._net = net

    def at(self, desk: str) -> Any:
        return self._here()

    def _here(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def here() -> Iterator[None]:
            with self._net.at("county"):
                settings.NODE = ""  # put back by `at`
                yield

        return here()

    def quiet(self) -> None:
        with self._here():
            cast.react()


class Apart:
    """The house on two nodes."""

    def __init__(self, net: Ferries) -> None:
        self._net = net

    def at(self, desk: str) -> Any:
        return self._net.at(node_of(desk))

    def quiet(self) -> None:
        self._net.quiet()


@dataclass
class Stream:
    """One seeded stream of hand-overs, taken in two houses at the same moments."""

    dice: Random
    houses: tuple[Any, ...]
    transfers: list[tuple[str, ...]] = field(default_factory=list)
    left: list[list[tuple[str, Any]]] = field(default_factory=list)

    def begin(self, number: int) -> None:
        kind, course = self.dice.choice(COURSES)
        given = {"title": f"第{number}件", "content": f"和平小区{number}号楼聚众赌博，吵闹扰民。"}
        names = list[str]()
        for house in self.houses:
            with house.at(HOTLINE.desk):
                names.append(cast.hand_over(cast.new_order(HOTLINE, **given), kind).number)
            house.quiet()
        self.transfers.append(tuple(names))
        self.left.append(list(course))

    def go_on(self) -> None:
        """The next step of one that is not at its end, by dice."""
        which = self.dice.choice([n for n, course in enumerate(self.left) if course])
        verb, by = self.left[which].pop(0)
        for house, name in zip(self.houses, self.transfers[which], strict=True):
            with house.at(by.desk):
                self._take(name, verb, by)
            house.quiet()

    def _take(self, name: str, verb: str, by: Any) -> None:
        from liandong.transfer.models import Transfer

        row = Transfer.objects.get(number=name)
        if verb == "position":
            cast.note(row, "position", by, position="target", text="同意由本台办理")
        else:
            cast.step(row, verb, by=by)


def known(at: Any) -> bytes:
    """All that a node knows of all matters, in the canonical form of the head of this file."""
    from liandong.intake.models import Matter, Order
    from liandong.intake.queries.mirrors import snapshot_of
    from liandong.peers.messages import matter_data
    from liandong.transfer.models import NoteRow, StepRow
    from liandong.transfer.queries import step_of

    found = list[dict[str, Any]]()
    with at:
        for matter in Matter.objects.order_by("opened_at", "id"):
            assert_custody_whole(matter)
            orders = Order.objects.filter(matter=matter).select_related("matter").order_by("received_at", "desk")
            steps = StepRow.objects.filter(transfer__matter=matter).select_related("transfer").order_by("at", "seq")
            notes = NoteRow.objects.filter(transfer__matter=matter).order_by("at", "kind")
            found.append(
                {
                    "state": matter.state,
                    "sent_back": matter.sent_back,
                    "orders": [matter_data(snapshot_of(one, 0)) for one in orders],
                    "steps": [plain(step_of(one, one.transfer)) for one in steps],
                    "notes": [[n.kind, n.author, n.person, n.at.isoformat(), n.after_seq, n.body] for n in notes],
                }
            )
    return renamed(canonical(found).decode())


def plain(step: Any) -> dict[str, Any]:
    from liandong.peers.chain import step_data

    return {key: value for key, value in step_data(step).items() if key not in ("hash", "prev")}


def renamed(text: str) -> bytes:
    """Numbers by their kind and the place at which they are first met."""
    met = dict[str, str]()

    def name(number: re.Match[str]) -> str:
        return met.setdefault(number[0], f"{number[1]}{len(met) + 1}")

    return NUMBER.sub(name, text).encode()


def same_end(net: Ferries, seed: int = 7, matters: int = 3) -> bytes:
    houses = Alone(net), Apart(net)
    stream = Stream(Random(seed), houses)
    for number in range(matters):
        stream.begin(number)
        net.clock.advance(seconds=stream.dice.randrange(1, 40))
    while any(stream.left):
        stream.go_on()
        net.clock.advance(seconds=stream.dice.randrange(1, 40))
    alone = known(houses[0].at("12345"))
    for code in PAIR:
        assert known(net.at(code)) == alone
        assert net.journal(code)[1] == 0
    return alone


def test_over_files_the_end_is_that_of_one_node(net: Ferries) -> None:
    assert len(same_end(net)) > 3000


def test_over_https_the_end_is_that_of_one_node(secured: Any) -> None:
    assert len(same_end(secured)) > 3000


def test_over_the_joint_database_the_end_is_that_of_one_node(joined: Any) -> None:
    assert len(same_end(joined, matters=1)) > 1000


def test_the_comparison_sees_a_step_that_one_house_lacks(net: Ferries) -> None:
    stream = Stream(Random(1), (Alone(net), Apart(net)))
    stream.begin(1)
    before = known(net.at("gov"))
    assert before == known(stream.houses[0].at("12345"))
    with net.at("police"):
        from liandong.transfer.models import Transfer

        cast.step(Transfer.objects.get(number=stream.transfers[0][1]), "accept", by=POLICE)
    net.quiet()
    assert known(net.at("gov")) != before


@pytest.mark.parametrize(("text", "end"), [("140900L2026112400000001Z x", b"L1 x"), ("none", b"none")])
def test_numbers_are_replaced_by_where_they_are_met(text: str, end: bytes) -> None:
    assert renamed(text) == end
