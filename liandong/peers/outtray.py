"""去件: which of the messages for a peer go out now. Pure.

Nothing is ever given up: a message without receipt is sent again for ever, at the capped pace, and found by rule
(`stuck`). A message leaves the tray by a receipt and in no other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from liandong.peers.pace import Pace
from liandong.peers.receipts import Receipt, confirmed


@dataclass(frozen=True, slots=True)
class Row:
    """One message in the journal for one peer: `raw` never changes, whatever number of times it is sent."""

    serial: int
    kind: str
    subject: str
    urgent: bool
    raw: bytes
    made_at: datetime
    next_try_at: datetime
    tries: int = 0


def due(rows: Iterable[Row], now: datetime, pace: Pace) -> list[Row]:
    """The rows of the next batch, in the order in which they go: urgent ones first, then by serial."""
    ready = [row for row in rows if row.next_try_at <= now]
    ready.sort(key=lambda row: (not row.urgent, row.serial))
    return ready[: pace.window]


def tried(row: Row, now: datetime, pace: Pace, chance: float) -> Row:
    """The row after it was sent once more; it waits for a receipt before it is sent again."""
    tries = row.tries + 1
    return _at(row, now + pace.wait(tries, chance), tries)


def woken(row: Row, now: datetime) -> Row:
    """The row when the channel has come back: due at once, with a short wait again after that."""
    return row if row.next_try_at <= now else _at(row, now, 0)


def _at(row: Row, next_try_at: datetime, tries: int) -> Row:
    # Spelled out: `dataclasses.replace` takes ten times as long, and a backlog has many rows.
    return Row(row.serial, row.kind, row.subject, row.urgent, row.raw, row.made_at, next_try_at, tries)


def stored(rows: Iterable[Row], got: Receipt, journal: int) -> list[int]:
    """Serials that may leave the tray. A receipt for another journal than the present one speaks of none of them."""
    if got.journal != journal:
        return []
    return confirmed([row.serial for row in rows], got)


def stuck(rows: Iterable[Row], now: datetime, pace: Pace) -> list[Row]:
    """已发未收: rows that lie without receipt for too long, oldest first."""
    return sorted((row for row in rows if now - row.made_at >= pace.stuck), key=lambda row: row.serial)


def backlog(rows: Sequence[Row], now: datetime) -> tuple[int, float]:
    """How many messages wait, and for how many seconds the oldest has."""
    return len(rows), max(((now - row.made_at).total_seconds() for row in rows), default=0.0)
