"""Documents of a matter go to its circle in parts, behind everything else.

What is posted is that a document is to go (`Consignment`). Its parts enter the journal a few at a time, when those
before them have their receipts: a lost part goes again by itself, and no backlog of bytes is in anybody's way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import F

from liandong.identity.queries import is_here
from liandong.intake.documents import Announced
from liandong.intake.filetypes import TYPES
from liandong.intake.models import Document, Matter
from liandong.kernel import clock, trace
from liandong.kernel.errors import LiandongError
from liandong.kernel.ids import uuid7
from liandong.peers.attachments import ATTACHMENT, UNDER_WAY, Removed, mark, part_data
from liandong.peers.keeping import Entry, closed
from liandong.peers.models import Consignment, Outgoing, Peer
from liandong.peers.queries.attachments import announced, desk_of, own_documents, second_digest

log = logging.getLogger("liandong.peers")


def consign(matter: Matter, circle: Iterable[str]) -> int:
    """Let the documents added here go to the circle, and say what was taken down since. Returns how many are new."""
    found = {one.pk: one for one in own_documents(matter) if is_here(desk_of(one))}
    if not found:
        return 0
    known = {(one.peer, one.document_id): one for one in Consignment.objects.filter(document__in=found)}
    there = [one for one in found.values() if not hasattr(one, "removal")]
    moment = clock.now()
    new = [
        Consignment(
            peer=peer,
            document=one,
            parts=one.pieces,
            urgent=matter.danger_at is not None,
            made_at=moment,
        )
        for peer in sorted(circle)
        for one in there
        if (peer, one.pk) not in known
    ]
    Consignment.objects.bulk_create(new, ignore_conflicts=True)
    for (_, document), row in known.items():
        if hasattr(found[document], "removal") and not row.removed:
            _take_back(row, found[document])
    return len(new)


def _take_back(row: Consignment, document: Document) -> None:
    """No more parts go, and the peer hears that it was taken down."""
    if row.begun:
        _post_removal(row, document)
    Consignment.objects.filter(pk=row.pk).update(removed=True, begun=row.parts)


def _post_removal(row: Consignment, document: Document) -> None:
    gone = document.removal
    told = announced(document, bytes(row.sha256 or b"") or bytes(32))
    removed = Removed(gone.at, gone.why, str(gone.by.get("name") or ""))
    Outgoing.objects.bulk_create([_outgoing(row, document, told, 0, removed)], ignore_conflicts=True)


def _outgoing(
    row: Consignment, document: Document, told: Announced, part: int, removed: Removed | None = None
) -> Outgoing:
    moment, order = clock.now(), document.order
    data = part_data(told, TYPES[document.media].media_type, part, removed)
    entry = Entry(
        ATTACHMENT, order.matter.number, mark(order.number, bytes(document.sm3), document.nth, part), False, data
    )
    return Outgoing(
        peer=row.peer,
        message=uuid7(moment),
        kind=entry.kind,
        subject=entry.subject,
        mark=entry.mark,
        urgent=False,
        document=closed(entry, row.peer, settings.SEAL_KEY),
        traceparent=trace.current(),
        made_at=moment,
        next_try_at=moment,
    )


@transaction.atomic
def top_up(*, peer: str, most: int = UNDER_WAY) -> int:
    """Put parts into the journal until `UNDER_WAY` of them are under way, `most` at once. Returns how many that were.

    What a part is refused for concerns all of its document: the others wait until that is settled.
    """
    waiting = Consignment.objects.filter(peer=peer, begun__lt=F("parts"))
    if not waiting.exists():
        return 0
    Peer.objects.get_or_create(code=peer)
    kept = Peer.objects.select_for_update().get(code=peer)
    room = min(UNDER_WAY - parts_under_way(peer), most)
    made: list[Outgoing] = []
    for row in waiting.select_related("document__order__matter").order_by("-urgent", "id").iterator():
        if room <= len(made):
            break
        made += _parts_of(row, room - len(made))
    for serial, one in enumerate(made, start=kept.serial + 1):
        one.serial, one.journal = serial, kept.journal
    Outgoing.objects.bulk_create(made)
    kept.serial += len(made)
    kept.save(update_fields=["serial"])
    return len(made)


def _parts_of(row: Consignment, room: int) -> list[Outgoing]:
    """The next parts of a document; none of one that is broken here or refused there."""
    document = row.document
    begins = mark(document.order.number, bytes(document.sm3), document.nth)
    sent = Outgoing.objects.filter(
        peer=row.peer, kind=ATTACHMENT, subject=document.order.matter.number, mark__startswith=begins
    )
    if sent.exclude(refused="").exists():
        return []
    if row.sha256 is None:
        try:
            row.sha256 = second_digest(document)
        except LiandongError as why:
            log.error("对端 %s：材料 %s 不能发出：%s", row.peer, document.pk, why.message)
            return []
    told = announced(document, bytes(row.sha256))
    last = min(row.begun + room, row.parts)
    made = [_outgoing(row, document, told, part) for part in range(row.begun + 1, last + 1)]
    Consignment.objects.filter(pk=row.pk).update(begun=last, sha256=row.sha256)
    return made


def parts_under_way(peer: str) -> int:
    """How many parts have no receipt yet."""
    return Outgoing.objects.filter(peer=peer, kind=ATTACHMENT, stored_at=None).count()
