"""Rules broken on purpose, by name. The storm must notice each within a few seeds, or it is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from liandong.peers import acts, arrivals, correspondence, filing, intray, journal, outtray, receipts, standings
from liandong.peers.intray import DUPLICATE, Verdict
from liandong.peers.receipts import Receipt
from liandong.transfer import replica, responsibility, states
from simulation.network import memory, world

Change = tuple[Any, str, Any]


def _signature() -> list[Change]:
    return [(memory, "trusted", lambda *_: True)]


def _author() -> list[Change]:
    return [(memory.KeyedPost, "proves", lambda *_: True)]


def _duplicates() -> list[Change]:
    right = intray.envelope
    note = intray.note

    def outside(**known: Any) -> Verdict:
        return right(**{**known, "has": False})

    def inside(**known: Any) -> Verdict:
        return note(**{**known, "held": None})

    return [(intray, "envelope", outside), (intray, "note", inside)]


def _gaps() -> list[Change]:
    """What comes too early is thrown away, although its receipt was given."""
    right = intray.step

    def hasty(*given: Any, **known: Any) -> Verdict:
        verdict = right(*given, **known)
        return DUPLICATE if verdict.decision == "wait" else verdict

    return [(intray, "step", hasty)]


def _award_ends_duty() -> list[Change]:
    right = replica._duty
    return [(replica, "_duty", lambda r, verb: (False, True) if verb == "award" else right(r, verb))]


def _offer_ends_duty() -> list[Change]:
    right = replica._duty
    return [(replica, "_duty", lambda r, verb: (False, True) if verb == "offer" else right(r, verb))]


def _danger_refused() -> list[Change]:
    kinds = {**states.KINDS, "danger": replace(states.KINDS["danger"], refusable=True)}
    return [(states, "KINDS", kinds)]


def _receipt_first() -> list[Change]:
    """The receipt goes out while what it speaks of may still be lost."""
    right = world.World._read

    def early(self: Any, place: Any, raws: list[bytes]) -> None:
        for raw in raws:
            message = place.node.post.open(raw)
            if message is not None and message["serial"]:
                data = {"journal": message["journal"], "through": 0, "beyond": [message["serial"]]}
                said = place.node.say(message["source"], "receipt", message["source"], data)
                self.wire.throw(place.code, message["source"], said, self.now)
        right(self, place, raws)

    return [(world.World, "_read", early)]


def _gives_up() -> list[Change]:
    right = outtray.due
    return [(journal, "due", lambda rows, now, pace: right((r for r in rows if r.tries < 3), now, pace))]


def _in_turn() -> list[Change]:
    """The urgent waits its turn."""

    def due(rows: Any, now: datetime, pace: Any) -> list[outtray.Row]:
        return sorted((r for r in rows if r.next_try_at <= now), key=lambda r: r.serial)[: pace.window]

    return [(journal, "due", due)]


def _receipt_one_more() -> list[Change]:
    right = receipts.receipt
    more: Callable[..., Receipt] = lambda number, got: replace(right(number, got), through=got.through + 1)  # noqa: E731
    return [(journal, "receipt", more)]


def _backup_unnoticed() -> list[Change]:
    return [(correspondence.Correspondence, "restored", lambda self, now: None)]


def _acts_at_once() -> list[Change]:
    """A restored node begins a new life, but does not wait for what its peers know."""
    return [(filing.Filing, "held_back", lambda self, matter: False)]


def _old_journal() -> list[Change]:
    """What a restored node said in its former life is still taken when it comes late."""
    right = intray.envelope

    def lenient(**known: Any) -> Verdict:
        return right(**{**known, "current": min(known["current"], known["journal"])})

    return [(intray, "envelope", lenient)]


def _danger_waits() -> list[Change]:
    right = arrivals.Arrivals._take_step

    def patient(self: Any, data: Any, now: datetime) -> Verdict:
        if data["seq"] == 1 and self.matter(data["body"]["matter"]) is None:
            return Verdict("wait", "")
        return right(self, data, now)

    return [(arrivals, "_TAKERS", {**arrivals._TAKERS, "step": patient})]


def _clock_only_at_the_other() -> list[Change]:
    def alone(held: Any, own: Any) -> Any:
        return {c: at for c, at in standings_clocks(held, own).items() if standings.acts_here(c, held, own)}

    standings_clocks = standings.clocks_here
    return [(filing, "clocks_here", alone)]


def _parent_believed() -> list[Change]:
    """Who took a matter is followed from above only, also where what lies above is known late."""

    def from_above(first: str, transfers: Any) -> tuple[str, ...]:
        given = tuple(transfers)
        known = {t.transfer for t in given}
        return responsibility.follow_all(
            first, tuple(t if t.parent in known else replace(t, parent=None) for t in given)
        )

    return [(standings, "responsible", from_above)]


def _half_told() -> list[Change]:
    """A newcomer to a matter is told only what comes from now on."""
    return [(journal.Journal, "introduce", lambda *_: None)]


def _count_again() -> list[Change]:
    """A restored node counts its numbers on as if nothing had happened."""
    right = acts.Acts._next

    def counted(self: Any, what: str, now: datetime) -> str:
        return right(self, what, now).replace(f"-{self.store.get('meta', 'life') or 0}-", "-0-")

    return [(acts.Acts, "_next", counted)]


MUTATIONS: dict[str, Callable[[], list[Change]]] = {
    "no-signature-check": _signature,
    "no-author-check": _author,
    "no-duplicate-check": _duplicates,
    "no-gap-wait": _gaps,
    "duty-ends-at-award": _award_ends_duty,
    "duty-ends-at-offer": _offer_ends_duty,
    "danger-refused": _danger_refused,
    "receipt-before-commit": _receipt_first,
    "gives-up": _gives_up,
    "urgent-in-turn": _in_turn,
    "receipt-one-more": _receipt_one_more,
    "backup-unnoticed": _backup_unnoticed,
    "restored-acts-at-once": _acts_at_once,
    "old-journal-taken": _old_journal,
    "numbers-counted-again": _count_again,
    "clock-only-at-the-other": _clock_only_at_the_other,
    "parent-believed": _parent_believed,
    "newcomer-half-told": _half_told,
}


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The rules with one of them broken. Raises KeyError for an unknown name."""
    changes = MUTATIONS[name]()
    before = [(place, attribute, getattr(place, attribute)) for place, attribute, _ in changes]
    for place, attribute, value in changes:
        setattr(place, attribute, value)
    try:
        yield
    finally:
        for place, attribute, value in before:
            setattr(place, attribute, value)
