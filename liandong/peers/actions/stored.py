"""Receipts: what the peer has stored leaves the journal, and what is stored here is told to the peer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from liandong.kernel import clock
from liandong.kernel.ids import uuid7
from liandong.peers import outtray
from liandong.peers.envelope import Heading, build
from liandong.peers.errors import ReceiptAhead
from liandong.peers.keyring import Keyring
from liandong.peers.models import Incoming, Outgoing, Peer
from liandong.peers.queries import row_of, unstored
from liandong.peers.receipts import Receipt, Received

log = logging.getLogger("liandong.peers")

BEYOND = 10_000  # as many as a receipt's schema has room for; the rest is told when the gap has closed


def hear_receipt(*, peer: str, data: Mapping[str, Any]) -> int:
    """Mark what the peer says that it has. Returns how many messages that were. Raises ReceiptAhead."""
    got = Receipt(0, data["stored_through"], tuple(data["stored"]))
    given = Peer.objects.get(code=peer).serial
    if max(got.through, *got.beyond, 0) > given:
        raise ReceiptAhead(given=given, told=got.through)
    rows = unstored(peer).filter(Q(serial__lte=got.through) | Q(serial__in=got.beyond)).defer("document", "raw")
    serials = outtray.stored([row_of(row) for row in rows], got, journal=0)
    if data["refused"]:
        log.error("对端 %s 拒收 %d 件报文，首件原因：%s", peer, len(data["refused"]), data["refused"][0]["code"])
    return Outgoing.objects.filter(peer=peer, serial__in=serials).update(stored_at=clock.now())


def receipt_for(peer: str, keys: Keyring) -> bytes:
    """All that was ever stored of the peer's journal, as a signed message; a lost receipt costs nothing."""
    state = Peer.objects.get(code=peer)
    serials = Incoming.objects.filter(peer=peer, serial__gt=state.stored_through).values_list("serial", flat=True)
    found = Received(state.stored_through).add_all(serials)
    if found.through != state.stored_through:
        Peer.objects.filter(code=peer).update(stored_through=found.through)
    data = {"stored_through": found.through, "stored": sorted(found.beyond)[:BEYOND], "refused": []}
    moment = clock.now()
    return build("receipt", data, Heading(str(uuid7(moment)), keys.me, peer, 0, moment, keys.signing), keys.own)
