"""The journals between this node and a peer: what a message is by its outside, and how a journal begins and ends.

A node that was put back to a backup has forgotten which serials it gave. So it begins a journal with a greater number,
and what was said in one before that takes no effect any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db.models import F

from liandong.kernel import clock
from liandong.kernel.ids import uuid7
from liandong.peers import intray
from liandong.peers.errors import SerialTaken
from liandong.peers.journal import numbered
from liandong.peers.messages import Message
from liandong.peers.models import Incoming, Outgoing, Peer

log = logging.getLogger("liandong.peers")

SAME = 1000  # rows of a journal that are numbered anew by one statement


@dataclass
class Outside:
    """What is known here of a peer's journals, for judging a batch of its messages by their outside.

    `theirs`: the latest of them; `kept`: the digests of what is kept under serials of the batch.
    """

    theirs: int
    kept: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def judge(self, message: Message, digest: bytes) -> intray.Verdict:
        """By the pure rule; what is to be kept counts as kept from here on."""
        before = self.kept.get((message.journal, message.serial))
        verdict = intray.envelope(
            receiver=message.receiver,
            here=settings.NODE,
            journal=message.journal,
            current=self.theirs,
            digest=digest,
            before=before,
            has=before is not None,
        )
        if before is None:
            self.kept[message.journal, message.serial] = digest
        return verdict


def outside(peer: str, messages: Iterable[Message]) -> Outside:
    """What must be known to judge these numbered messages: two questions, however many they are."""
    asked = {(one.journal, one.serial) for one in messages}
    rows = Incoming.objects.filter(
        peer=peer, journal__in={journal for journal, _ in asked}, serial__in={serial for _, serial in asked}
    )
    found = Outside(latest_journal(peer))
    for journal, serial, digest in rows.order_by("-id").values_list("journal", "serial", "digest"):
        found.kept[journal, serial] = bytes(digest)  # of two the first that came
    return found


def latest_journal(peer: str) -> int:
    """The number of the peer's journal to us that holds now."""
    return Peer.objects.filter(code=peer).values_list("theirs", flat=True).first() or 0


def must_be_first(row: Incoming) -> None:
    """Raises SerialTaken for a message under whose serial another content came before it."""
    before = Incoming.objects.filter(peer=row.peer, journal=row.journal, serial=row.serial, pk__lt=row.pk)
    first = before.order_by("id").values_list("digest", flat=True).first()
    if row.serial and first is not None and bytes(first) != bytes(row.digest):
        raise SerialTaken(ours=bytes(first).hex(), theirs=bytes(row.digest).hex())


def hear_journal(*, peer: str, journal: int) -> None:
    """A message of this journal came. A greater number than known ends those before it: what of them has taken no
    effect yet takes none any more, since the peer may have forgotten it.
    """
    if not Peer.objects.filter(code=peer, theirs__lt=journal).exists():
        return
    now = clock.now()
    unsettled = Incoming.objects.filter(peer=peer, journal__lt=journal, state__in=("stored", "waiting"))
    ended = unsettled.update(state="void", version=F("version") + 1, waits_for="", why=intray.ENDED, settled_at=now)
    Peer.objects.filter(code=peer, theirs__lt=journal).update(theirs=journal, stored_through=0)
    log.warning("对端 %s 启用新的报文序列 %s，先前序列中未处理的 %d 件不再生效", peer, journal, ended)


def begin_journal(*, peer: str) -> int:
    """Begin the journal to the peer anew: what lay without receipt in the old one goes in the new one, under new ids.

    Returns its number.
    """
    now = clock.now()
    row = Peer.objects.select_for_update().get(code=peer)
    row.journal, row.serial = max(row.journal + 1, numbered(now)), 0
    row.save(update_fields=["journal", "serial"])
    unstored = Outgoing.objects.filter(peer=peer, serial__isnull=False, stored_at__isnull=True)
    while again := list(unstored.order_by("id").only("id")[:SAME]):
        _unnumber(again, now)
    return int(row.journal)


def _unnumber(rows: list[Outgoing], now: datetime) -> None:
    for row in rows:
        row.message, row.serial, row.raw, row.tries, row.next_try_at = uuid7(now), None, None, 0, now
        row.refused, row.refused_at = "", None
    fields = ["message", "serial", "raw", "tries", "next_try_at", "refused", "refused_at"]
    Outgoing.objects.bulk_update(rows, fields)
