"""隔离: what a peer sent by a channel without folders and could not be taken in, kept as evidence until looked at."""

from __future__ import annotations

from django.conf import settings

from liandong.audit.by import By
from liandong.kernel.errors import NotFound
from liandong.kernel.seals import unseal_bytes
from liandong.peers.channels.laid import bound
from liandong.peers.models import SetApart
from liandong.peers.queries.desk import MANAGE, SHOWN


def access_apart(by: By, *, seen: bool, peer: str = "", before: int | None = None) -> tuple[list[SetApart], int | None]:
    """The latest first, without what came, and the id after which the next page begins. Raises NotAllowed."""
    by.needs(MANAGE)
    rows = SetApart.objects.filter(seen_at__isnull=not seen).defer("content").order_by("-id")
    rows = rows.filter(peer=peer) if peer else rows
    found = list((rows.filter(id__lt=before) if before else rows)[: SHOWN + 1])
    return found[:SHOWN], found[SHOWN - 1].pk if len(found) > SHOWN else None


def access_parcel(by: By, number: int) -> SetApart:
    """One of them. Raises NotAllowed, NotFound."""
    by.needs(MANAGE)
    found = SetApart.objects.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise NotFound
    return found


def content_of(row: SetApart) -> bytes:
    """What came, as it came. Raises SealBroken."""
    return unseal_bytes(settings.SEAL_KEY, row.content, bound_to=bound(row.peer))
