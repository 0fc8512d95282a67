"""What is due of the journal goes to a peer: numbered, built and signed once, handed to a channel, noted as tried."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from random import SystemRandom

from django.db import connection
from django.db.models import QuerySet

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import uuid7
from liandong.peers import outtray
from liandong.peers.actions.heartbeats import heartbeat_for, was_said
from liandong.peers.actions.post import number_waiting
from liandong.peers.actions.stored import receipt_for
from liandong.peers.actions.ways import Ways
from liandong.peers.envelope import Heading, build
from liandong.peers.errors import SealUnfit
from liandong.peers.keyring import Keyring
from liandong.peers.messages import ATTACHMENT
from liandong.peers.models import Outgoing, Peer, Word
from liandong.peers.queries import message_of, pace, row_of, unstored

log = logging.getLogger("liandong.peers")

AT_ONCE = 500  # numbered in one turn, the urgent first
GOING = 200  # handed over in one turn at most: a danger that is posted meanwhile waits for no more of a backlog
WORDS = 10  # of the reconciliation in one turn: each may be large, and no danger waits for them
# So often sent without a receipt, a message goes by a second channel too: the first may take all and bring nothing.
DOUBTED, DOUBTED_URGENT = 3, 1
_chance = SystemRandom().random


def give(peer: str, ways: Ways, keys: Keyring) -> int:
    """Hand over a receipt if one is owed, a heartbeat if it is time, and what is due, the urgent first. Returns how
    many messages went.

    Raises ChannelDown, and whatever keeps all messages from being written (PeerKeyMissing, KeyUnknown); then nothing
    counts as tried.
    """
    number_waiting(peer=peer, limit=AT_ONCE)
    rows = _due(peer)
    owed = Peer.objects.get(code=peer).owes_receipt
    beat, words = heartbeat_for(peer, keys, pace()), _words(peer)
    journal = Peer.objects.values_list("journal", flat=True).get(code=peer) if words else 0
    ready = written(rows, keys, peer)
    receipt = [receipt_for(peer, keys)] if owed else []
    going = [*map(_raw, ready), *(_word(word, keys, journal) for word in words), *beat]
    if receipt or going:
        again = [_raw(row) for row in ready if row.tries >= (DOUBTED_URGENT if row.urgent else DOUBTED)]
        ways.send(receipt, going, again)
    if owed:
        Peer.objects.filter(code=peer).update(owes_receipt=False)
    if beat:
        was_said(peer)
    Word.objects.filter(pk__in=[word.pk for word in words]).delete()
    tried(rows)
    return len(receipt) + len(going)


def _words(peer: str) -> list[Word]:
    return list(Word.objects.filter(peer=peer, came=False).order_by("id")[:WORDS])


def _word(word: Word, keys: Keyring, journal: int) -> bytes:
    """A message of the reconciliation; it has no place in the journal."""
    heading = Heading(str(uuid7(word.at)), keys.me, word.peer, 0, word.at, keys.signing, journal=journal)
    return build("digest", word.data, heading, keys.own)


def _raw(row: Outgoing) -> bytes:
    return bytes(row.raw or b"")


def _due(peer: str) -> list[Outgoing]:
    now, how = clock.now(), pace()
    found = {row.serial: row for row in _but_parts(peer).filter(next_try_at__lte=now)[: min(how.window, GOING)]}
    return [found[one.serial] for one in outtray.due([row_of(row) for row in found.values()], now, how)]


def _but_parts(peer: str) -> QuerySet[Outgoing]:
    """Parts of documents go behind everything else (`attaching.py`)."""
    return unstored(peer).exclude(kind=ATTACHMENT)


def written(rows: Sequence[Outgoing], keys: Keyring, peer: str) -> list[Outgoing]:
    """The rows that have their envelope. One is made once and kept before it goes: sealed anew it would be another.

    Save what the peer could not open and has not kept: that was sealed for a key that is not the peer's.
    """
    recipient = keys.recipient(peer)
    new, broken = list[Outgoing](), set[int]()
    for row in rows:
        if row.raw is not None and row.refused != SealUnfit.code:
            continue
        message = message_of(row)
        heading = Heading(
            id=message.id,
            source=keys.me,
            receiver=peer,
            serial=message.serial,
            at=row.made_at,
            keyid=keys.signing,
            urgent=message.urgent,
            traceparent=message.traceparent,
            journal=message.journal,
        )
        try:
            row.raw = build(message.kind, message.data, heading, keys.own, recipient)
            new.append(row)
        except LiandongError as why:
            # One that cannot be written must not stop those behind it; it stays, and is a stuck order in time.
            log.error("对端 %s：流水号 %s 的报文不能写成信封：%s", peer, row.serial, why)
            broken.add(row.pk)
    if new:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, [[row.pk for row in new], [row.raw for row in new]])
    return [row for row in rows if row.pk not in broken]


_KEEP = """
UPDATE peers_outgoing AS message SET raw = new.raw
FROM unnest(%s::bigint[], %s::bytea[]) AS new (id, raw) WHERE message.id = new.id
"""


def tried(rows: Sequence[Outgoing]) -> None:
    if not rows:
        return
    now, how = clock.now(), pace()
    after = [outtray.tried(row_of(row), now, how, _chance()) for row in rows]
    tries, again = [one.tries for one in after], [one.next_try_at for one in after]
    with connection.cursor() as cursor:
        cursor.execute(_TRIED, [now, [row.pk for row in rows], tries, again])


_TRIED = """
UPDATE peers_outgoing AS message
SET tries = new.tries, next_try_at = new.next_try_at, sent_at = coalesce(message.sent_at, %s)
FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS new (id, tries, next_try_at) WHERE message.id = new.id
"""
