"""Reads of the exchange between nodes; what is asked here is for the node itself, not for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Min, Q, QuerySet

from liandong.identity.queries import desks, is_here, node_of, this_node
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.peers import outtray
from liandong.peers.keeping import opened
from liandong.peers.messages import ATTACHMENT, Message
from liandong.peers.models import ChannelState, Difference, Incoming, Outgoing, Peer, Reconciliation
from liandong.peers.pace import Pace, Standing, condition, pace_of
from liandong.peers.queries.attachments import with_bytes
from liandong.peers.standstill import Case, Stuck, standstill
from liandong.transfer.models import Transfer


def message_of(row: Outgoing) -> Message:
    """A message of the journal as it is sent; its id is the same however often that is."""
    node = this_node()
    source = node.code if node is not None else ""
    data = opened(row.document, row.peer, row.kind, row.subject, row.mark, settings.SEAL_KEY)
    return Message(
        id=str(row.message),
        source=source,
        receiver=row.peer,
        serial=row.serial or 0,
        kind=row.kind,
        subject=row.subject,
        urgent=row.urgent,
        data=with_bytes(data) if row.kind == ATTACHMENT else data,
        traceparent=row.traceparent,
        journal=row.journal,
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


def last_reconciliation(peer: str) -> Reconciliation | None:
    """The comparison with the peer that was begun here last; `apart` is empty until it is answered, 0 when equal."""
    return Reconciliation.objects.filter(peer=peer).order_by("-id").first()


def open_differences(peer: str) -> QuerySet[Difference]:
    """What differs from the peer's account and is not mended, the latest first."""
    return Difference.objects.filter(peer=peer, mended_at=None).order_by("-id")


def stuck_orders(peer: str) -> list[Stuck]:
    """停滞: the open hand-overs with the peer that do not get on, each with its cause and owner desk, the oldest first.

    For the node itself; who looks at one asks `transfer.queries.access_transfer`.
    """
    return [one for _, one in stuck_with([peer])]


def stuck_with(peers: Collection[str]) -> list[tuple[str, Stuck]]:
    """The same with several peers, each with the peer's code. One of two of them is told once, with its target's."""
    there = {one.code: node_of(one.code) for one in desks() if node_of(one.code) in peers}
    now, how = clock.now(), pace()
    waiting = Outgoing.objects.filter(peer__in=peers, serial__isnull=False, stored_at__isnull=True)
    waiting = waiting.filter(made_at__lte=now - how.stuck)
    unheard = {
        (peer, subject): since
        for peer, subject, since in waiting.values_list("peer", "subject").annotate(since=Min("made_at")).order_by()
    }
    rows = Transfer.objects.filter(ended_at=None).filter(Q(origin__in=there) | Q(target__in=there))
    # Only these can be standing still; a rule decides which of them are.
    late = Q(due_at__lte=now) | Q(overdue_at__isnull=False)
    answered = Q(state="accepted", target_order__answered_at__isnull=False)
    rows = rows.filter(late | answered | Q(number__in={subject for _, subject in unheard}))
    found = list[tuple[str, Stuck]]()
    for row in rows.select_related("target_order"):
        peer = there.get(row.target) or there[row.origin]
        one = standstill(_case(row, unheard.get((peer, row.number))), now, how)
        if one is not None:
            found.append((peer, one))
    return sorted(found, key=lambda each: (each[1].since, each[1].transfer))


def _case(row: Transfer, unheard_since: datetime | None) -> Case:
    order = row.target_order
    answered = order.answered_at if order is not None and order.state in ("answered", "closed") else None
    return Case(
        transfer=row.number,
        state=row.state,
        origin=row.origin,
        target=row.target,
        author=row.origin if is_here(row.origin) else row.target,
        unstored_since=unheard_since,
        due_at=row.due_at,
        overdue_at=row.overdue_at if row.silent_urges else None,  # it stays for ever; the urges begin anew with a step
        answered_at=answered,
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
