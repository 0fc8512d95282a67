"""Reads of the exchange between nodes; what is asked here is for the node itself, not for a person."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import QuerySet

from liandong.identity.queries import this_node
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.peers import outtray
from liandong.peers.keeping import opened
from liandong.peers.messages import Message
from liandong.peers.models import ChannelState, Incoming, Outgoing, Peer
from liandong.peers.pace import Pace, Standing, condition, pace_of


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


def unstored(peer: str) -> QuerySet[Outgoing]:
    """What the peer has not said that it has, the urgent first."""
    rows = Outgoing.objects.filter(peer=peer, serial__isnull=False, stored_at__isnull=True)
    return rows.order_by("-urgent", "serial")


def dead() -> QuerySet[Incoming]:
    """What could not be taken in, the newest first."""
    return Incoming.objects.filter(state="dead").order_by("-id")


def pace() -> Pace:
    """How fast this node speaks, by the rows in force now. Raises ParameterMissing."""
    now = clock.now()
    return pace_of(lambda name: rulebook().parameter(name, now))


def row_of(row: Outgoing) -> outtray.Row:
    """A numbered message as the pure tray sees it. Without its bytes: it decides without them."""
    return outtray.Row(
        serial=row.serial or 0,
        kind=row.kind,
        subject=row.subject,
        urgent=row.urgent,
        raw=b"",
        made_at=row.made_at,
        next_try_at=row.next_try_at or row.made_at,
        tries=row.tries,
    )


def refused_there(peer: str) -> QuerySet[Outgoing]:
    """对端拒收: what takes no effect at the peer, the latest first; `send_again` lets one go once more."""
    return Outgoing.objects.filter(peer=peer).exclude(refused="").order_by("-id")


def standing(peer: str) -> Standing:
    """How it stands with the peer, by when it was heard and what it said of itself; "unknown" before the first time."""
    row = Peer.objects.filter(code=peer).first()
    if row is None:
        return Standing(peer, "unknown")
    said = row.said
    state, versions, queue = said.get("state", ""), said.get("versions", {}), said.get("queue", {})
    return Standing(
        peer=peer,
        condition=condition(row.heard_at, clock.now(), pace(), state),
        heard_at=row.heard_at,
        said=state,
        said_at=row.said_at,
        software=versions.get("software", ""),
        messages=versions.get("messages", {}),
        abilities=tuple(said.get("abilities", ())),
        waiting=queue.get("waiting", 0),
        oldest_at=queue.get("oldest_at", ""),
        trouble=row.trouble,
    )


def troubled() -> Iterable[Peer]:
    """The peers to whom nothing goes through."""
    return Peer.objects.exclude(trouble="").order_by("code")


def stuck(peer: str) -> int:
    """已发未收: how many messages lie without the peer's receipt for too long."""
    return unstored(peer).filter(made_at__lte=clock.now() - pace().stuck).count()


def channel_states(peer: str) -> list[ChannelState]:
    """How it stands with each channel to the peer that was ever tried."""
    return list(ChannelState.objects.filter(peer=peer).order_by("channel"))
