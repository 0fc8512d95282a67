"""What is inside a kept message takes effect: whose word it is, and which verb of the areas below that calls for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import DataError, transaction

from liandong.audit.by import peer_of
from liandong.identity.queries import is_here, node_of
from liandong.intake.actions import keep_piece, mirror_order, note_refusal, take_down_coming
from liandong.intake.models import Order
from liandong.kernel.errors import LiandongError
from liandong.peers.actions.giving import may_be_taken_back, own_word, take_back
from liandong.peers.actions.tables import keep_tables
from liandong.peers.attachments import Part, read_part, taken
from liandong.peers.codetables import CODES, LIST
from liandong.peers.errors import MessageUnknown
from liandong.peers.keeping import Entry, closed, opened
from liandong.peers.messages import ATTACHMENT, MATTER, NOTE, PROOF, STEP, first_seen, read_matter, read_note, read_step
from liandong.peers.models import Incoming
from liandong.transfer.actions import keep_foreign_note, take_foreign_step
from liandong.transfer.errors import NotYet
from liandong.transfer.models import Transfer

log = logging.getLogger("liandong.peers")


def inside(row: Incoming) -> dict[str, Any]:
    """The data of a message that is kept."""
    return opened(row.document, row.peer, row.kind, row.subject, row.message, settings.SEAL_KEY)


def apply(row: Incoming, data: dict[str, Any]) -> Iterable[str]:
    """Let it take effect; yields the names of what is here now, nothing when all of it was. `data`: what is inside."""
    if row.kind == MATTER:
        told = read_matter(data)
        desk = told.order["desk"]
        if is_here(desk) and may_be_taken_back(told):
            came = take_back(peer=row.peer, told=told)
        else:
            came = mirror_order(by=peer_of(row.peer, desk), node=row.peer, told=told)
        if came:
            yield f"order:{told.order['number']}"
    elif row.kind == STEP:
        yield from _apply_step(row.peer, data)
    elif row.kind == NOTE:
        note = read_note(data)
        if keep_foreign_note(
            by=peer_of(row.peer, note.author, note.person),
            node=_home(row.peer, note.author, NOTE, data),
            uid=note.uid,
            number=note.transfer,
            kind=note.kind,
            at=note.at,
            after_seq=note.after_seq,
            body=note.body,
        ):
            yield f"note:{note.uid}"
    elif row.kind == ATTACHMENT:
        yield from _apply_part(row.peer, read_part(data))
    elif row.kind in (CODES, LIST):
        if keep_tables(peer=row.peer, kind=row.kind, data=data):
            yield f"{row.kind}:{row.peer}"
    else:
        raise MessageUnknown("不能处理这一类报文，可能由更新版本的系统发出。")


def _home(peer: str, author: str, kind: str, data: Mapping[str, Any]) -> str:
    """The node whose word it is: the peer's, or ours that comes back from it. Raises NotOurWord."""
    if PROOF not in data or not is_here(author):
        return peer
    own_word(kind, data)
    return node_of(author)


def _apply_part(peer: str, part: Part) -> Iterable[str]:
    """A part of a document, or that it was taken down."""
    told = part.told
    if not Order.objects.filter(number=told.order).exists():
        raise NotYet(waits_for=f"order:{told.order}")
    by = peer_of(peer, told.desk, told.person)
    if part.removed is not None:
        removed = {"at": part.removed.at, "why": part.removed.why, "name": part.removed.person}
        new = take_down_coming(by=by, node=peer, told=told, removed=removed)
    else:
        new = keep_piece(by=by, node=peer, told=told, n=part.n, data=part.data)
    if new:
        yield f"part:{told.sm3.hex()[:16]}:{part.n}"
        yield taken(told)


def without_bytes(row: Incoming) -> bytes:
    """What is left of a part in the journal when it has taken effect: its bytes stand in their place."""
    data = inside(row)
    left = {name: value for name, value in data.items() if name != "bytes"}
    return closed(Entry(row.kind, row.subject, row.message, row.urgent, left), row.peer, settings.SEAL_KEY)


def say_beside_it(row: Incoming, why: str) -> None:
    """Beside the order people read what cannot be taken of its documents, and not only on the page of dead messages."""
    try:
        part = read_part(inside(row))
        note_refusal(by=peer_of(row.peer, part.told.desk, part.told.person), node=row.peer, told=part.told, why=why)
    except (LiandongError, DataError) as trouble:
        log.warning("%s: nothing said of a refused document: %s", row.peer, trouble)


def _apply_step(peer: str, data: dict[str, object]) -> Iterable[str]:
    told = read_step(data)
    step = told.step
    home, seen = _home(peer, step.author, STEP, data), first_seen(told)
    unseen = seen is not None and not Order.objects.filter(number=told.origin_order).exists()
    with transaction.atomic() if unseen else nullcontext():
        if seen is not None and unseen:
            # Nobody waits for the words of a danger: they are filled in when the matter's own message comes.
            mirror_order(by=peer_of(peer, step.author), node=peer, told=seen)
        new = take_foreign_step(
            by=peer_of(peer, step.author, step.person),
            node=home,
            step=step,
            digest=told.digest,
            origin_order=told.origin_order,
            target_order=told.target_order,
        )
    if unseen:
        yield f"order:{told.origin_order}"
    if not new:
        return
    yield f"step:{step.transfer}:{step.seq}"
    if step.seq > 1 and Transfer.objects.filter(number=step.transfer, ended_at__isnull=False).exists():
        yield f"end:{step.transfer}"
