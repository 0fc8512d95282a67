"""What of a peer's journal is stored here: a number up to which nothing is missing, and what came beyond it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """`through`: every serial up to it is stored. `beyond`: serials stored although an earlier one is missing."""

    through: int = 0
    beyond: frozenset[int] = frozenset()

    def has(self, serial: int) -> bool:
        return serial <= self.through or serial in self.beyond

    def add(self, serial: int) -> Received:
        """With one more serial stored. Adding what is there already changes nothing."""
        if self.has(serial):
            return self
        if serial != self.through + 1:
            return Received(self.through, self.beyond | {serial})
        through, beyond = serial, self.beyond
        while through + 1 in beyond:
            through += 1
        return Received(through, frozenset(s for s in beyond if s > through) if beyond else beyond)

    def add_all(self, serials: Iterable[int]) -> Received:
        """The same for many at once: however large the gap before them, it costs no more than their number."""
        beyond = {*self.beyond, *(one for one in serials if one > self.through)}
        through = self.through
        while through + 1 in beyond:
            through += 1
        return Received(through, frozenset(one for one in beyond if one > through))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The peer has stored these messages of the journal `journal`. It says nothing about acceptance."""

    journal: int
    through: int
    beyond: tuple[int, ...] = ()

    def covers(self, serial: int) -> bool:
        return serial <= self.through or serial in self.beyond


def receipt(journal: int, received: Received) -> Receipt:
    """What the receiver tells the sender. It repeats all it has ever stored, so that a lost receipt costs nothing."""
    return Receipt(journal, received.through, tuple(sorted(received.beyond)))


def confirmed(serials: Collection[int], got: Receipt) -> list[int]:
    """Which of these serials the receipt speaks of, ascending."""
    return sorted(serial for serial in serials if got.covers(serial))


def refusals(known: Mapping[str, str], told: Mapping[str, str], *, whole: bool) -> dict[str, str]:
    """What changes in what the sender knows of refusals (message id → code) by what a receipt tells of them.

    The receipt repeats every refusal that still stands, so what it leaves out is refused no longer (code ""), unless
    there are more than it has room for (not `whole`).
    """
    changed = {name: code for name, code in told.items() if known.get(name) != code}
    return changed | {name: "" for name in known if whole and name not in told}
