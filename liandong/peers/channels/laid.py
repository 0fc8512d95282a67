"""What lies here for a peer that fetches it itself, and the evidence of what could not be taken in.

Both tables belong to the channels: who lays down does not know who comes, and what comes twice lies here once.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from django.conf import settings
from django.db import transaction

from liandong.kernel import clock
from liandong.kernel.ids import uuid7
from liandong.kernel.seals import seal_bytes, sm3
from liandong.peers.models import Laid, SetApart

AT_ONCE, MOST_BYTES = 500, 4 * 1024 * 1024
MOST_APART = 1000  # of a peer and channel that nobody has looked at; who sends more unfit things is known by then


def lay(peer: str, envelopes: Sequence[bytes]) -> None:
    """Keep for the peer to fetch; what lies there already lies there once."""
    now = clock.now()
    rows = [
        Laid(peer=peer, digest=sm3(raw), raw=raw, urgent=orjson.loads(raw).get("urgent") is True, laid_at=now)
        for raw in envelopes
    ]
    Laid.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def lying(peer: str) -> tuple[str, list[bytes]]:
    """A parcel under a new name, the urgent first; empty when nothing lies here. The same again until it is taken."""
    found, size = list[Laid](), 0
    for row in Laid.objects.select_for_update().filter(peer=peer).order_by("-urgent", "id")[:AT_ONCE].iterator():
        size += len(row.raw) + 1
        if found and size > MOST_BYTES:
            break
        found.append(row)
    name = uuid7(clock.now()).hex
    Laid.objects.filter(pk__in=[row.pk for row in found]).update(parcel=name)
    return name, [bytes(row.raw) for row in found]


def taken(peer: str, name: str) -> int:
    """The peer keeps what was in the parcel. Returns how many; none for a name that was given anew since."""
    return Laid.objects.filter(peer=peer, parcel=name).delete()[0] if name else 0


def keep_apart(peer: str, channel: str, name: str, why: str, content: bytes) -> None:
    """Keep what could not be taken in, with the reason; the same is kept once. Sealed: it may hold personal data."""
    if apart(peer, channel) >= MOST_APART:
        return
    sealed = seal_bytes(settings.SEAL_KEY, content, bound_to=bound(peer))
    row = SetApart(
        peer=peer, channel=channel, name=name[:120], why=why, content=sealed, digest=sm3(content), at=clock.now()
    )
    SetApart.objects.bulk_create([row], ignore_conflicts=True)


def apart(peer: str, channel: str) -> int:
    """How much lies apart that nobody has looked at."""
    return SetApart.objects.filter(peer=peer, channel=channel, seen_at=None).count()


def bound(peer: str) -> bytes:
    """What the evidence is sealed to."""
    return f"apart:{peer}".encode()
