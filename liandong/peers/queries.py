"""Reads of the exchange between nodes; what is asked here is for the node itself, not for a person."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from liandong.identity.queries import this_node
from liandong.peers.keeping import opened
from liandong.peers.messages import Message
from liandong.peers.models import Incoming, Outgoing


def message_of(row: Outgoing) -> Message:
    """A message of the journal as it is sent; its id is the same however often that is."""
    node = this_node()
    source = node.code if node is not None else ""
    return Message(
        id=str(row.message),
        source=source,
        receiver=row.peer,
        serial=row.serial or 0,
        kind=row.kind,
        subject=row.subject,
        urgent=row.urgent,
        data=opened(row.document, row.peer, row.kind, row.subject, row.mark, settings.SEAL_KEY),
    )


def unstored(peer: str) -> Iterable[Outgoing]:
    """What the peer has not said that it has, the urgent first."""
    rows = Outgoing.objects.filter(peer=peer, serial__isnull=False, stored_at__isnull=True)
    return rows.order_by("-urgent", "serial")


def dead() -> Iterable[Incoming]:
    """What could not be taken in, the newest first."""
    return Incoming.objects.filter(state="dead").order_by("-id")
