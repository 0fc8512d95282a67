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
from liandong.peers.messages import ATTACHMENT
from liandong.peers.models import Incoming, Outgoing, Peer, Refusal
from liandong.peers.queries import row_of, unstored
from liandong.peers.receipts import Receipt, Received, refusals

log = logging.getLogger("liandong.peers")

BEYOND = 10_000  # as many as a receipt's schema has room for; the rest is told when the gap has closed


MOMENT = 13  # characters of a UUID of version 7 that say when it was made
REFUSED = 1000  # the same of its `refused`, the newest first


def hear_receipt(*, peer: str, message: str, data: Mapping[str, Any]) -> int:
    """Mark what the peer says that it has, and what takes no effect there. `message`: the receipt's id.

    Returns how many messages are stored now. Raises ReceiptAhead.
    """
    got = Receipt(data.get("journal", 0), data["stored_through"], tuple(data["stored"]))
    ours = Peer.objects.get(code=peer)
    if got.journal < ours.journal:
        return 0  # of a journal that has ended: all of it is told anew
    if got.journal > ours.journal or max(got.through, *got.beyond, 0) > ours.serial:
        raise ReceiptAhead(given=ours.serial, told=got.through)
    rows = unstored(peer).filter(Q(serial__lte=got.through) | Q(serial__in=got.beyond)).defer("document", "raw")
    serials = outtray.stored([row_of(row) for row in rows], got, ours.journal)
    _hear_refusals(peer, message, {one["id"]: one["code"] for one in data["refused"]})
    told = Outgoing.objects.filter(peer=peer, journal=ours.journal, serial__in=serials)
    # The bytes of a document stand in the document; should a part have to go once more, it is sealed anew.
    told.filter(kind=ATTACHMENT).update(raw=None)
    return told.update(stored_at=clock.now())


def _hear_refusals(peer: str, receipt: str, told: Mapping[str, str]) -> None:
    """Refusals come and go; a receipt that was overtaken by a later one says nothing of them any more."""
    written = receipt[:MOMENT]
    if Peer.objects.filter(code=peer, receipt__lte=written).update(receipt=written) == 0:
        return
    known = Outgoing.objects.filter(peer=peer).exclude(refused="").values_list("message", "refused")
    changed = refusals({str(name): code for name, code in known}, told, whole=len(told) < REFUSED)
    for name, code in changed.items():
        moment = clock.now() if code else None
        Outgoing.objects.filter(peer=peer, message=name).update(refused=code, refused_at=moment)
    fresh = [code for code in changed.values() if code]
    if fresh:
        log.error("对端 %s 拒收 %d 件报文，首件原因：%s", peer, len(fresh), fresh[0])


def refuse(*, peer: str, refused: Mapping[str, str]) -> bool:
    """Keep that messages (id → code) were set apart unkept. Returns whether the peer is to be told by a receipt.

    One that is kept already is none: what came under its id just now was made by somebody else, or on the way.
    """
    kept = set(Incoming.objects.filter(peer=peer, message__in=refused).values_list("message", flat=True))
    rows = [
        Refusal(peer=peer, message=m, code=code[:40], at=clock.now()) for m, code in refused.items() if m not in kept
    ]
    if rows:
        Refusal.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["peer", "message"], update_fields=["code", "at"]
        )
    return bool(refused)


def _refused(peer: str) -> list[dict[str, str]]:
    """What takes no effect here: kept and dead, or set apart unkept."""
    # What somebody here has put aside is no less without effect.
    unfit = Q(state="dead") | Q(state="set_aside")
    dead = Incoming.objects.filter(unfit, peer=peer).order_by("-id").values_list("message", "code")[:REFUSED]
    apart = Refusal.objects.filter(peer=peer).order_by("-at", "-id").values_list("message", "code")[:REFUSED]
    found = {**dict(apart), **dict(dead)}
    return [{"id": name, "code": code} for name, code in list(found.items())[:REFUSED]]


def receipt_for(peer: str, keys: Keyring) -> bytes:
    """All that was ever stored of the peer's journal, as a signed message; a lost receipt costs nothing."""
    state = Peer.objects.get(code=peer)
    rows = Incoming.objects.filter(peer=peer, journal=state.theirs, serial__gt=state.stored_through)
    found = Received(state.stored_through).add_all(rows.values_list("serial", flat=True))
    if found.through != state.stored_through:
        # Of two that write a receipt at once neither takes back what the other has found.
        still = Peer.objects.filter(code=peer, theirs=state.theirs, stored_through__lt=found.through)
        still.update(stored_through=found.through)
    of = {"journal": state.theirs} if state.theirs else {}
    data = {**of, "stored_through": found.through, "stored": sorted(found.beyond)[:BEYOND], "refused": _refused(peer)}
    moment = clock.now()
    heading = Heading(str(uuid7(moment)), keys.me, peer, 0, moment, keys.signing, journal=state.journal)
    return build("receipt", data, heading, keys.own)
