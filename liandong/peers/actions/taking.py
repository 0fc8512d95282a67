"""Take in what another node says: first keep it, then let it take effect; what it waits for wakes it up.

A message that was kept is never lost: it is applied, was here already, waits for what must come before it, or is set
in front of a person with the reason and what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from liandong.audit.by import peer_of
from liandong.identity.errors import NotItsDesk
from liandong.intake.actions import keep_piece, mirror_order, note_refusal, take_down_coming
from liandong.intake.errors import MirrorConflict
from liandong.intake.models import Order
from liandong.kernel import clock, trace
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import Conflict, LiandongError
from liandong.kernel.mover import move
from liandong.kernel.notices import tell
from liandong.kernel.seals import sm3
from liandong.peers import notices
from liandong.peers.actions.tables import keep_tables
from liandong.peers.attachments import Part, read_part
from liandong.peers.codetables import CODES, LIST
from liandong.peers.errors import MessageUnknown
from liandong.peers.keeping import Entry, closed, opened
from liandong.peers.messages import ATTACHMENT, MATTER, NOTE, STEP, Message, read_matter, read_note, read_step
from liandong.peers.models import Incoming, Peer, Refusal
from liandong.peers.states import INCOMING
from liandong.transfer.actions import keep_foreign_note, take_foreign_step
from liandong.transfer.errors import ChainBroken, HistoryForked, NotYet
from liandong.transfer.models import Transfer

log = logging.getLogger("liandong.peers")

ASK_AGAIN = "核对后可在此重试；确属对方差错的，请对方更正后重新发送。"
# Of these the signed envelope is kept, to be shown to others as evidence.
PROVES = frozenset({STEP, NOTE})
# Why a message is dead → what the person in front of it can do.
WHAT_TO_DO: dict[type[LiandongError], str] = {
    HistoryForked: "保留证据，与对端核对该步（附记）的校验值；必要时提请审计，不要重试。",
    ChainBroken: "保留证据，与对端核对校验值，可能被改动或损坏；请对方重新发送。",
    MirrorConflict: "核对两侧同一编号的单；由对端更正后重新发送。",
    NotItsDesk: "核对节点表中该台所在的节点；一致时请与对端核查来源。",
    MessageUnknown: "联系系统管理员升级本节点，升级后重试。",
}


# What a message that tries once more no longer is.
FORGOTTEN: dict[str, Any] = {
    "why": "",
    "code": "",
    "what_to_do": "",
    "evidence": {},
    "aside_by": "",
    "aside_at": None,
    "aside_note": "",
}


def take_in(*, message: Message) -> Incoming:
    """Keep the message and let it take effect, with all that waited for it. Returns its row as it is then."""
    row = keep_message(message=message)
    if row.state == "stored":
        work(row)
    return row


@transaction.atomic
def keep_message(*, message: Message) -> Incoming:
    """Keep the message; the same one again finds its row. From here on a receipt may be given."""
    digest = sm3(canonical(message.data))
    known = Incoming.objects.filter(peer=message.source, message=message.id, digest=digest).first()
    if known is not None:
        return _once_more(known)
    entry = Entry(message.kind, message.subject, message.id, message.urgent, message.data)
    row = Incoming(
        peer=message.source,
        message=message.id,
        serial=message.serial,
        kind=message.kind,
        subject=message.subject,
        urgent=message.urgent,
        document=closed(entry, message.source, settings.SEAL_KEY),
        digest=digest,
        raw=message.raw if message.raw and message.kind in PROVES else None,
        traceparent=message.traceparent,
        state="stored",
        arrived_at=clock.now(),
    )
    tell(notices.INCOMING)
    # Of two deliveries at once the second finds what the first has kept.
    Incoming.objects.bulk_create([row], ignore_conflicts=True)
    Refusal.objects.filter(peer=message.source, message=message.id).delete()
    return Incoming.objects.get(peer=message.source, message=message.id, digest=digest)


def _once_more(row: Incoming) -> Incoming:
    """Somebody at the peer was told that it is refused and sent it again: what stood in its way may be mended."""
    if row.state in ("dead", "set_aside"):
        try:
            move(row, INCOMING, "retry", changes=FORGOTTEN)
        except Conflict:
            row.refresh_from_db()  # somebody here lets it try just now
    return row


def settle_stored(*, limit: int = 100) -> int:
    """Let messages take effect that were kept and left lying, by a crash or because the database went away."""
    rows = list(Incoming.objects.filter(state="stored").order_by("-urgent", "serial", "id")[:limit])
    for row in rows:
        work(row)
    return len(rows)


def work(row: Incoming) -> None:
    """Let a kept message take effect, and then what waited for it, and what waited for that."""
    ready = [row]
    while ready:
        row = ready.pop(0)
        with trace.following(row.traceparent):
            settled = _settle(row)
            log.info("对端 %s：流水号 %s 的报文：%s", row.peer, row.serial, INCOMING.states[row.state])
        for came in settled:
            waiting = Incoming.objects.filter(state="waiting", waits_for=came).order_by("-urgent", "serial", "id")
            for other in waiting:
                with transaction.atomic():
                    move(other, INCOMING, "wake", changes={"waits_for": ""})
                ready.append(other)


def _settle(row: Incoming) -> list[str]:
    """One message, one transaction. Returns what others may have waited for; nothing where it took no effect."""
    try:
        with transaction.atomic():
            # Of two workers at the same message the second finds it settled.
            if Incoming.objects.select_for_update().get(pk=row.pk).state != "stored":
                return []
            came = list(_apply(row))
            if row.version > 0:  # it was dead before, or waited: the peer may have heard that it is refused
                _owe(row.peer)
            left = {"document": _without_bytes(row)} if row.kind == ATTACHMENT else {}
            move(row, INCOMING, "apply" if came else "repeat", changes={"settled_at": clock.now(), **left})
            return came
    except NotYet as why:
        return _wait(row, str(why.extra["waits_for"]))
    except LiandongError as why:
        to_do = next((text for kind, text in WHAT_TO_DO.items() if isinstance(why, kind)), ASK_AGAIN)
        field = f"（{why.field}）" if why.field else ""
        _die(row, why.code, f"{why.message}{field}", to_do, {name: str(value) for name, value in why.extra.items()})
        if row.kind == ATTACHMENT:
            _say_beside_it(row, why.message)
    except (DataError, IntegrityError, KeyError, TypeError, ValueError) as why:
        # Whatever else a message can be wrong in: it must not stop those behind it.
        _die(row, "unfit", "内容与本节点的记录不相容，不能存入。", ASK_AGAIN, {"trouble": type(why).__name__})
    return []


def _wait(row: Incoming, waits_for: str) -> list[str]:
    with transaction.atomic():
        move(row, INCOMING, "wait", changes={"waits_for": waits_for})
    if _has_come(waits_for):
        # It came between our look and our wait, and did not find us waiting.
        return [waits_for]
    return []


def _has_come(waits_for: str) -> bool:
    what, _, name = waits_for.partition(":")
    if what == "step":
        number, _, seq = name.rpartition(":")
        return Transfer.objects.filter(number=number, seq__gte=int(seq)).exists()
    if what == "end":
        return Transfer.objects.filter(number=name, ended_at__isnull=False).exists()
    return Order.objects.filter(number=name).exists()


def _owe(peer: str) -> None:
    """What became of a message is told with the next receipt."""
    Peer.objects.filter(code=peer).update(owes_receipt=True)


def _die(row: Incoming, code: str, why: str, to_do: str, evidence: dict[str, str]) -> None:
    with transaction.atomic():
        _owe(row.peer)
        changes = {"code": code, "why": why[:200], "what_to_do": to_do, "evidence": evidence, "settled_at": clock.now()}
        move(row, INCOMING, "die", changes=changes)


def _apply(row: Incoming) -> Iterable[str]:
    """Let it take effect; yields the names of what is here now, nothing when all of it was."""
    data = opened(row.document, row.peer, row.kind, row.subject, row.message, settings.SEAL_KEY)
    if row.kind == MATTER:
        told = read_matter(data)
        desk = told.order["desk"]
        if mirror_order(by=peer_of(row.peer, desk), node=row.peer, told=told):
            yield f"order:{told.order['number']}"
    elif row.kind == STEP:
        yield from _apply_step(row.peer, data)
    elif row.kind == NOTE:
        note = read_note(data)
        if keep_foreign_note(
            by=peer_of(row.peer, note.author, note.person),
            node=row.peer,
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


def _without_bytes(row: Incoming) -> bytes:
    """What is left of a part in the journal when it has taken effect: its bytes stand in their place."""
    data = opened(row.document, row.peer, row.kind, row.subject, row.message, settings.SEAL_KEY)
    left = {name: value for name, value in data.items() if name != "bytes"}
    return closed(Entry(row.kind, row.subject, row.message, row.urgent, left), row.peer, settings.SEAL_KEY)


def _say_beside_it(row: Incoming, why: str) -> None:
    """Beside the order people read what cannot be taken of its documents, and not only on the page of dead messages."""
    try:
        part = read_part(opened(row.document, row.peer, row.kind, row.subject, row.message, settings.SEAL_KEY))
        note_refusal(by=peer_of(row.peer, part.told.desk, part.told.person), node=row.peer, told=part.told, why=why)
    except (LiandongError, DataError) as trouble:
        log.warning("%s: nothing said of a refused document: %s", row.peer, trouble)


def _apply_step(peer: str, data: dict[str, object]) -> Iterable[str]:
    told = read_step(data)
    step = told.step
    if not take_foreign_step(
        by=peer_of(peer, step.author, step.person),
        node=peer,
        step=step,
        digest=told.digest,
        origin_order=told.origin_order,
        target_order=told.target_order,
    ):
        return
    yield f"step:{step.transfer}:{step.seq}"
    if Transfer.objects.filter(number=step.transfer, ended_at__isnull=False).exists():
        yield f"end:{step.transfer}"
