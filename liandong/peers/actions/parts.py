"""Parts of documents leave the house behind everything else: one after the other, and only while nothing else waits."""

from __future__ import annotations

from django.db.models import Q

from liandong.kernel import clock
from liandong.peers.actions.attaching import top_up
from liandong.peers.actions.sending import tried, written
from liandong.peers.actions.ways import Ways
from liandong.peers.attachments import ATTACHMENT
from liandong.peers.keyring import Keyring
from liandong.peers.models import Outgoing
from liandong.peers.queries import unstored

IN_A_TURN = 8  # parts that go before the courier looks around again


def give_parts(peer: str, ways: Ways, keys: Keyring) -> int:
    """Hand over parts that are due, one after the other and only while nothing else waits. Returns how many went.

    One that does not get through is tried again later; it says nothing about the channel.
    """
    if others_wait(peer):
        return 0
    gone: list[Outgoing] = []
    due = unstored(peer).filter(kind=ATTACHMENT, next_try_at__lte=clock.now())
    # What has its number must go, and of a document that turns out to be refused nothing more is to go.
    top_up(peer=peer, most=max(0, IN_A_TURN - due.count()))
    due = unstored(peer).filter(kind=ATTACHMENT, next_try_at__lte=clock.now())
    for number in list(due.values_list("pk", flat=True)[:IN_A_TURN]):
        if others_wait(peer):
            break
        row = Outgoing.objects.get(pk=number)
        ready = written([row], keys, peer)
        if not ready:
            continue
        through = ways.behind([bytes(row.raw or b"")])
        tried([row])
        if not through:
            break
        gone.append(row)
    return len(gone)


def others_wait(peer: str) -> bool:
    """Whether anything but parts is to go to the peer now."""
    due = Q(serial=None) | Q(next_try_at__lte=clock.now())
    return Outgoing.objects.filter(due, peer=peer, stored_at=None).exclude(kind=ATTACHMENT).exists()
