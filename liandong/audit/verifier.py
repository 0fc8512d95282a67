"""Recomputes the whole trail from its rows. Pure and stand-alone: it needs the rows and SM3, not the application.

Rows are taken as streams, so a trail of any length is verified in little memory: one bit an event, one chain at a
time. Rows must come out of one snapshot of the database, or events written meanwhile look like forgeries.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from liandong.audit.findings import Fault, Findings, Wrong
from liandong.audit.trail import GENESIS, HASH_BYTES, link, merkle_root, seal_hash
from liandong.kernel.canonical import moment


class EventRow(NamedTuple):
    id: int
    at: datetime
    kind: str
    subject: str
    person: int | None
    party: str
    body: str
    prev: bytes
    hash: bytes


class SealRow(NamedTuple):
    """A seal, and beside it the hashes that the events it lists have now (`present`: id → hash)."""

    number: int
    at: datetime
    events: Any  # a list of ids, unless somebody changed it
    leaves: bytes
    root: bytes
    prev: bytes
    hash: bytes
    present: Mapping[int, bytes]


def verify(
    seals: Iterable[SealRow],
    events: Iterable[EventRow],
    waiting: Collection[int],
    *,
    now: datetime,
    patience: timedelta,
    deposited: Mapping[int, bytes] | None = None,
) -> Findings:
    """Recompute every hash and say what was counted and what is broken first.

    `seals` come by number, `events` by (subject, id); `waiting` are the ids in the sealer's queue. An event waiting
    longer than `patience` is a fault. `deposited` maps seal numbers to hashes kept outside of the database: the only
    defence against somebody who rewrites everything.
    """
    found = Findings(waiting=len(waiting))
    sealed = _Ids()
    for fault in _seal_faults(seals, dict(deposited or {}), sealed, found):
        found.add(fault)
    unseen = set(waiting)
    for subject, chain in groupby(events, key=lambda event: event.subject):
        found.subjects += 1
        prev = GENESIS
        for event in chain:
            found.events += 1
            wrong = _wrong_with(event, prev)
            if wrong is None and event.id not in sealed:
                wrong = _wrong_with_waiting(event, unseen, now - patience)
            unseen.discard(event.id)
            if wrong is not None:
                found.add(Fault("event", event.id, wrong, subject))
            prev = event.hash
    for missing in unseen:
        found.add(Fault("event", missing, Wrong.MISSING))
    return found


def verify_subject(
    events: Iterable[EventRow],
    sealed: Mapping[int, SealRow | None],
    waiting: Collection[int],
    *,
    now: datetime,
    patience: timedelta,
) -> Findings:
    """Recompute the chain of one subject, `events` by id from its first one.

    `sealed` holds, for each event whose binding is asked, the seal that lists it (None: no seal does). An event cut
    off the end of the chain leaves no trace here: the seals of its time do, see `verify_span`.
    """
    found = Findings(waiting=len(waiting))
    prev = GENESIS
    for event in events:
        found.events, found.subjects = found.events + 1, 1
        wrong = _wrong_with(event, prev)
        if wrong is None and event.id in sealed:
            wrong = _wrong_with_binding(event, sealed[event.id], waiting, now - patience)
        if wrong is not None:
            found.add(Fault("event", event.id, wrong, event.subject))
        prev = event.hash
    for seal in {seal.number: seal for seal in sealed.values() if seal is not None}.values():
        found.seals += 1
        if not _seal_holds(seal, listed_ids(seal.events), _leaves(seal)):
            found.add(Fault("seal", seal.number, Wrong.SEAL_BODY))
    return found


def verify_span(
    events: Iterable[tuple[EventRow, bytes]],
    seals: Iterable[SealRow],
    waiting: Collection[int],
    *,
    start: tuple[int, bytes],
    last: int,
    reach: int,
    now: datetime,
    patience: timedelta,
) -> Findings:
    """Recompute the events of a span, each given with the hash it must follow, and the seals of that time.

    `seals` come by number after `start` (number and hash of the seal before them); beyond the number `last` they are
    taken only as long as an event of the span has not been found in one, at most `reach` more.
    """
    found = Findings(waiting=len(waiting))
    loose: dict[int, EventRow] = {}
    subjects: set[str] = set()
    for event, prev in events:
        found.events += 1
        subjects.add(event.subject)
        wrong = _wrong_with(event, prev)
        if wrong is None:
            loose[event.id] = event
        else:
            found.add(Fault("event", event.id, wrong, event.subject))
    found.subjects = len(subjects)

    def needed() -> Iterator[SealRow]:
        for seal in seals:
            if seal.number > last + reach or (seal.number > last and all(event in waiting for event in loose)):
                return
            yield seal
            for event in listed_ids(seal.events):
                loose.pop(event, None)

    for fault in _seal_faults(needed(), {}, _Ids(), found, start):
        found.add(fault)
    for event in loose.values():
        wrong = _wrong_with_waiting(event, waiting, now - patience)
        if wrong is not None:
            found.add(Fault("event", event.id, wrong, event.subject))
    return found


def _wrong_with_binding(
    event: EventRow, seal: SealRow | None, waiting: Collection[int], oldest: datetime
) -> Wrong | None:
    if seal is None:
        return _wrong_with_waiting(event, waiting, oldest)
    bound = dict(zip(listed_ids(seal.events), _leaves(seal), strict=False))
    return None if bound.get(event.id) == event.hash else Wrong.RESEALED


def _wrong_with(event: EventRow, prev: bytes) -> Wrong | None:
    if link(event.prev, event.body) != event.hash:
        return Wrong.BODY
    if not _columns_agree(event):
        return Wrong.COLUMNS
    return None if event.prev == prev else Wrong.LINK


def _columns_agree(event: EventRow) -> bool:
    try:
        told = json.loads(event.body)
        by = told["by"]
        party = by["desk"] or by["unit"] or "-"
        repeated = (told["at"], told["kind"], told["subject"], by["person"], party)
    except (ValueError, KeyError, TypeError):
        return False  # whoever forged the body did not even keep its form
    return repeated == (moment(event.at), event.kind, event.subject, event.person, event.party)


def _wrong_with_waiting(event: EventRow, waiting: Collection[int], oldest: datetime) -> Wrong | None:
    if event.id not in waiting:
        return Wrong.UNQUEUED
    return Wrong.LATE if event.at < oldest else None


def _seal_faults(
    seals: Iterable[SealRow],
    deposited: dict[int, bytes],
    sealed: _Ids,
    found: Findings,
    start: tuple[int, bytes] = (0, GENESIS),
) -> Iterator[Fault]:
    number, prev = start
    for seal in seals:
        found.seals += 1
        if seal.number != number + 1:
            yield Fault("seal", number + 1, Wrong.SEAL_MISSING)
        elif seal.prev != prev:
            yield Fault("seal", seal.number, Wrong.SEAL_LINK)
        if deposited.pop(seal.number, seal.hash) != seal.hash:
            yield Fault("seal", seal.number, Wrong.NOT_DEPOSITED)
        ids, leaves = listed_ids(seal.events), _leaves(seal)
        if not _seal_holds(seal, ids, leaves):
            yield Fault("seal", seal.number, Wrong.SEAL_BODY)
        yield from _event_faults(seal, ids, leaves)
        for event in ids:
            sealed.add(event)
        number, prev = seal.number, seal.hash
        found.head = (seal.number, seal.hash)
    for lost in deposited:
        yield Fault("seal", lost, Wrong.NOT_DEPOSITED)


def listed_ids(events: Any) -> list[int]:
    """The ids a seal lists; none when somebody made something else of the list (its hash then fails too)."""
    if isinstance(events, list) and all(type(event) is int and 0 < event < 1 << 63 for event in events):
        return events
    return []


def _leaves(seal: SealRow) -> list[bytes]:
    return [seal.leaves[at : at + HASH_BYTES] for at in range(0, len(seal.leaves), HASH_BYTES)]


def _seal_holds(seal: SealRow, ids: list[int], leaves: list[bytes]) -> bool:
    return (
        len(leaves) == len(ids) > 0
        and merkle_root(leaves) == seal.root
        and seal.number > 0
        and seal_hash(seal.number, seal.at, seal.root, seal.prev, ids) == seal.hash
    )


def _event_faults(seal: SealRow, ids: list[int], leaves: list[bytes]) -> Iterator[Fault]:
    for event, leaf in zip(ids, leaves, strict=False):
        present = seal.present.get(event)
        if present is None:
            yield Fault("event", event, Wrong.MISSING)
        elif present != leaf:
            yield Fault("event", event, Wrong.RESEALED)


class _Ids:
    """A set of row ids at one bit each, in pages, so that one forged huge id costs one page."""

    PAGE_BITS = 1 << 15

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> None:
        page, bit = divmod(number, self.PAGE_BITS)
        bits = self._pages.get(page)
        if bits is None:
            bits = self._pages[page] = bytearray(self.PAGE_BITS // 8)
        bits[bit >> 3] |= 1 << (bit & 7)

    def __contains__(self, number: int) -> bool:
        page, bit = divmod(number, self.PAGE_BITS)
        bits = self._pages.get(page)
        return bits is not None and bool(bits[bit >> 3] >> (bit & 7) & 1)
