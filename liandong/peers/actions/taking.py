"""Take in what another node says: first keep it, then let it take effect; what it waits for wakes it up.

A message that was kept is never lost: it is applied, was here already, waits for what must come before it, or is set
in front of a person with the reason and what to do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from liandong.identity.errors import NotItsDesk
from liandong.intake.errors import DocumentTooLarge, MirrorConflict
from liandong.intake.models import Order
from liandong.kernel import clock, trace
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import Conflict, LiandongError
from liandong.kernel.mover import move, move_all
from liandong.kernel.notices import tell
from liandong.kernel.seals import sm3
from liandong.peers import notices
from liandong.peers.actions.applying import apply, inside, say_beside_it, without_bytes
from liandong.peers.actions.journals import hear_journal, must_be_first, outside
from liandong.peers.attachments import WHOLE, part_of, waits_with
from liandong.peers.errors import MessageUnknown, SerialTaken
from liandong.peers.intray import Verdict
from liandong.peers.keeping import Entry, closed
from liandong.peers.messages import ATTACHMENT, NOTE, STEP, Message
from liandong.peers.models import Incoming, Peer, Refusal
from liandong.peers.states import INCOMING
from liandong.transfer.errors import ChainBroken, HistoryForked, NotYet
from liandong.transfer.models import Transfer

log = logging.getLogger("liandong.peers")

UNFIT = (DataError, IntegrityError, KeyError, TypeError, ValueError)
ASK_AGAIN = "核对后可在此重试；确属对方差错的，请对方更正后重新发送。"
# Of these the signed envelope is kept, to be shown to others as evidence.
PROVES = frozenset({STEP, NOTE})
# Why a message is dead → what the person in front of it can do.
WHAT_TO_DO: dict[type[LiandongError], str] = {
    HistoryForked: "保留证据，与对端核对该步（附记）的校验值；必要时提请审计，不要重试。",
    ChainBroken: "保留证据，与对端核对校验值，可能被改动或损坏；请对方重新发送。",
    MirrorConflict: "核对两侧同一编号的单；由对端更正后重新发送。",
    NotItsDesk: "核对节点表中该台所在的节点；一致时请与对端核查来源。",
    SerialTaken: "保留两份证据，与对端核对该流水号；对端可能由备份恢复而未启用新的报文序列，不要重试。",
    MessageUnknown: "联系系统管理员升级本节点，升级后重试。",
    DocumentTooLarge: "请对方换一份较小的材料；确需接收的，放宽上限后在此重试，同一材料的其余部分随之接收。",
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
    hear_journal(peer=message.source, journal=message.journal)
    row = keep_message(message=message)
    if row.state == "stored":
        work(row)
    return row


def keep_message(*, message: Message) -> Incoming:
    """Keep the message; the same one again finds its row. From here on a receipt may be given."""
    (name,) = keep_messages(messages=[message])
    peer, number, digest = name
    return Incoming.objects.get(peer=peer, message=number, digest=digest)


@transaction.atomic
def keep_messages(*, messages: Sequence[Message]) -> list[tuple[str, str, bytes]]:
    """Keep many at once. Returns by what each is known: who sent it, its id, the digest of its data.

    What is void or contradicts by its outside is kept as that.
    """
    names = [(one.source, one.id, sm3(canonical(one.data))) for one in messages]
    numbers = [one.id for one in messages]
    known = dict[tuple[str, str, bytes], Incoming]()
    for row in Incoming.objects.filter(message__in=numbers, peer__in={one.source for one in messages}).defer("raw"):
        known[row.peer, row.message, bytes(row.digest)] = row
    new = {name: message for name, message in zip(names, messages, strict=True) if name not in known}
    for name in dict.fromkeys(names):
        if name in known:
            _once_more(known[name])
    if new:
        odd = _judged(new)
        tell(notices.INCOMING)
        # Of two deliveries at once the second finds what the first has kept.
        Incoming.objects.bulk_create([_kept(one, name[2]) for name, one in new.items()], ignore_conflicts=True)
        for source in {one.source for one in messages}:
            Refusal.objects.filter(peer=source, message__in=[one.id for one in new.values()]).delete()
        for (source, number, digest), verdict in odd.items():
            _end(Incoming.objects.get(peer=source, message=number, digest=digest), verdict)
    return names


def _judged(new: Mapping[tuple[str, str, bytes], Message]) -> dict[tuple[str, str, bytes], Verdict]:
    """Those that their outside says more of than to look inside."""
    known = {
        source: outside(source, [one for one in new.values() if one.source == source])
        for source in {one.source for one in new.values()}
    }
    found = {name: known[one.source].judge(one, name[2]) for name, one in new.items()}
    return {name: verdict for name, verdict in found.items() if verdict.decision in ("void", "conflict")}


def _end(row: Incoming, verdict: Verdict) -> None:
    """It takes no effect: its journal has ended, or another content is kept under its serial."""
    if row.state != "stored":
        return
    if verdict.decision == "void":
        move(row, INCOMING, "end", changes={"why": verdict.why, "settled_at": clock.now()})
        return
    try:
        must_be_first(row)
    except SerialTaken as taken:
        die(row, taken)


def _kept(message: Message, digest: bytes) -> Incoming:
    entry = Entry(message.kind, message.subject, message.id, message.urgent, message.data)
    return Incoming(
        peer=message.source,
        message=message.id,
        journal=message.journal,
        serial=message.serial,
        kind=message.kind,
        subject=message.subject,
        part_of=part_of(message.data) if message.kind == ATTACHMENT else "",
        urgent=message.urgent,
        document=closed(entry, message.source, settings.SEAL_KEY),
        digest=digest,
        raw=message.raw if message.raw and message.kind in PROVES else None,
        traceparent=message.traceparent,
        state="stored",
        arrived_at=clock.now(),
    )


def _once_more(row: Incoming) -> None:
    """Somebody at the peer was told that it is refused and sent it again: what stood in its way may be mended."""
    if row.state in ("dead", "set_aside"):
        try:
            move(row, INCOMING, "retry", changes=FORGOTTEN)
        except Conflict:
            log.debug("%s: somebody here lets it try just now", row)


def wake(came: Sequence[str]) -> list[Incoming]:
    """What waited for any of these. Rows that somebody else holds are being woken."""
    waiting = Incoming.objects.filter(state="waiting", waits_for__in=came).order_by("-urgent", "serial", "id")
    with transaction.atomic():
        rows = list(waiting.select_for_update(skip_locked=True)) if came else []
        move_all(rows, INCOMING, "wake", changes={"waits_for": ""})
    return rows


def work(row: Incoming) -> None:
    """Let a kept message take effect, and then what waited for it, and what waited for that."""
    ready = [row]
    while ready:
        row = ready.pop(0)
        with trace.following(row.traceparent):
            settled = _settle(row)
            log.info("对端 %s：流水号 %s 的报文：%s", row.peer, row.serial, INCOMING.states[row.state])
        ready += wake(settled)


def _settle(row: Incoming) -> list[str]:
    """One message, one transaction. Returns what others may have waited for; nothing where it took no effect."""
    try:
        with transaction.atomic():
            # Of two workers at the same message the second finds it settled.
            if Incoming.objects.select_for_update().get(pk=row.pk).state != "stored":
                return []
            if row.version > 0:
                must_be_first(row)
            came = list(apply(row, inside(row)))
            if row.version > 0:  # it was dead before, or waited: the peer may have heard that it is refused
                owe(row.peer)
            left = {"document": without_bytes(row)} if row.kind == ATTACHMENT else {}
            move(row, INCOMING, "apply" if came else "repeat", changes={"settled_at": clock.now(), **left})
            return came
    except NotYet as why:
        return _wait(row, str(why.extra["waits_for"]))
    except (LiandongError, *UNFIT) as why:
        die(row, why)
        if row.kind == ATTACHMENT and row.state == "dead" and isinstance(why, LiandongError):
            say_beside_it(row, why.message)
    return []


def _wait(row: Incoming, waits_for: str) -> list[str]:
    with transaction.atomic():
        move(row, INCOMING, "wait", changes={"waits_for": waits_for})
    if has_come(waits_for):
        # It came between our look and our wait, and did not find us waiting.
        return [waits_for]
    return []


def has_come(waits_for: str) -> bool:
    what, _, name = waits_for.partition(":")
    if what == "step":
        number, _, seq = name.rpartition(":")
        return Transfer.objects.filter(number=number, seq__gte=int(seq)).exists()
    if what == "end":
        return Transfer.objects.filter(number=name, ended_at__isnull=False).exists()
    return Order.objects.filter(number=name).exists()


def owe(peer: str) -> None:
    """What became of a message is told with the next receipt."""
    Peer.objects.filter(code=peer).update(owes_receipt=True)


def die(row: Incoming, why: Exception) -> None:
    """Set it in front of a person; but of a document that is refused one part alone, and the others wait with it."""
    with transaction.atomic():
        owe(row.peer)  # and of two parts of a document the second looks when the first is dead
        if isinstance(why, WHOLE) and _another_is_dead(row):
            move(row, INCOMING, "wait", changes={"waits_for": waits_with(row.part_of)})
            return
        move(row, INCOMING, "die", changes={**_fault(why), "settled_at": clock.now()})


def _another_is_dead(row: Incoming) -> bool:
    """Whether another part of the same document is dead for all of them, and stays so until this transaction ends."""
    if not row.part_of:
        return False
    codes = [one.code for one in WHOLE]
    dead = Incoming.objects.filter(peer=row.peer, part_of=row.part_of, code__in=codes, state__in=("dead", "set_aside"))
    # One that somebody has under the hand may be taken just now, and would wake nobody who comes to wait after that.
    return dead.exclude(pk=row.pk).select_for_update(skip_locked=True).values_list("pk").first() is not None


def _fault(why: Exception) -> dict[str, Any]:
    """Why a message is dead, for the person in front of it."""
    if not isinstance(why, LiandongError):
        # Whatever else a message can be wrong in: it must not stop those behind it.
        said, evidence = "内容与本节点的记录不相容，不能存入。", {"trouble": type(why).__name__}
        return {"code": "unfit", "why": said, "what_to_do": ASK_AGAIN, "evidence": evidence}
    to_do = next((text for kind, text in WHAT_TO_DO.items() if isinstance(why, kind)), ASK_AGAIN)
    field = f"（{why.field}）" if why.field else ""
    evidence = {name: str(value) for name, value in why.extra.items()}
    return {"code": why.code, "why": f"{why.message}{field}"[:200], "what_to_do": to_do, "evidence": evidence}
