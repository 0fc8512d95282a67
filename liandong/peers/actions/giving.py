"""What a node forgot by a restored backup comes back to it from who was told of it (ADR 0023).

Its steps and notes come back under its own signature, in the envelope in which it sent them. Its orders come back as
they were told last; it takes those only while it is held back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from liandong.audit.by import peer_of
from liandong.identity.queries import held_back_since, node_of
from liandong.intake.actions.mirrors import take_back_order
from liandong.intake.models import Matter, Order
from liandong.intake.queries.heldback import is_held_back
from liandong.intake.queries.mirrors import snapshot_of
from liandong.intake.snapshots import Snapshot
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import LiandongError
from liandong.kernel.seals import sm3
from liandong.peers.actions.keys import keyring
from liandong.peers.actions.post import post_entries
from liandong.peers.envelope import PeerKey, parse, verify
from liandong.peers.errors import NotOurWord
from liandong.peers.keeping import Entry
from liandong.peers.ledger import Name
from liandong.peers.messages import MATTER, PROOF, STEP, matter_data
from liandong.peers.models import Incoming, Peer, Told


def give_back(peer: str, name: Name) -> bool:
    """Let the peer have what a desk of its own wrote and it has not. Returns whether it is told; not where there is no
    envelope of it here, and of an order not where the peer has not said that it was put back to a backup.
    """
    kind, subject, mark = name
    entry = _order(peer, mark) if kind == MATTER else _proven(peer, kind, subject, mark)
    if entry is None:
        return False
    post_entries(peer, [entry])
    return True


def _proven(peer: str, kind: str, subject: str, mark: str) -> Entry | None:
    """The step or note in the envelope in which the peer once told us of it."""
    rows = Incoming.objects.filter(peer=peer, kind=kind, subject=subject, raw__isnull=False)
    told = rows.filter(state__in=("applied", "duplicate")).order_by("-id").values_list("raw", flat=True)
    for raw in told:
        document = parse(bytes(raw or b"")).document
        data = document["data"]
        if PROOF not in data and str(data["seq" if kind == STEP else "id"]) == mark:
            return Entry(kind, subject, mark, document.get("urgent") is True, {**data, PROOF: document})
    return None


def _order(peer: str, number: str) -> Entry | None:
    order = Order.objects.select_related("matter").filter(number=number, mirrored__isnull=False).first()
    if order is None or node_of(order.desk) != peer or not Peer.objects.filter(code=peer, answered__gt=0).exists():
        return None
    data = matter_data(snapshot_of(order, order.mirrored or 0))
    mark = f"{number}:{order.mirrored}"
    return Entry(MATTER, order.matter.number, mark, order.matter.danger_at is not None, data)


def own_word(kind: str, data: Mapping[str, Any]) -> None:
    """Whether what comes back to us as our own word is that. Raises NotOurWord when we have not signed it."""
    said = {name: value for name, value in data.items() if name != PROOF}
    keys = keyring()
    try:
        envelope = parse(canonical(data.get(PROOF)))
        ours = PeerKey(keys.me, keys.own.public(envelope.keyid))
        verify(envelope, {envelope.keyid: ours}, keys.own)
    except (LiandongError, TypeError):
        raise NotOurWord from None
    if envelope.kind != kind or canonical(envelope.data) != canonical(said):
        raise NotOurWord


def may_be_taken_back(told: Snapshot) -> bool:
    """Whether what is told of an order of ours may be true: it is known as ours, or we have forgotten much."""
    return held_back_since() is not None or Order.objects.filter(number=told.order["number"], mirrored=None).exists()


@transaction.atomic
def take_back(*, peer: str, told: Snapshot) -> bool:
    """An order of ours as the peer was told of it last. False when as much is known, or nothing was forgotten."""
    number = told.order["number"]
    matter = Matter.objects.filter(number=told.matter["number"]).first()
    forgotten = held_back_since() is not None if matter is None else is_held_back(matter)
    known = Told.objects.filter(order=number).values_list("version", flat=True).first() or 0
    if not forgotten or known >= told.version:
        return False
    order = take_back_order(by=peer_of(peer, told.order["desk"]), node=peer, told=told)
    digest = sm3(canonical(matter_data(snapshot_of(order, 0))))
    Told.objects.update_or_create(order=number, defaults={"version": told.version, "digest": digest})
    return True
