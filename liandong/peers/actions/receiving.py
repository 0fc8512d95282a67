"""What a peer says is kept here, by whichever channel it came; what is not in order is named line by line."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DataError, transaction
from django.db.models import F

from liandong.kernel import clock, trace
from liandong.kernel.errors import LiandongError
from liandong.peers.actions.heartbeats import hear_heartbeat
from liandong.peers.actions.journals import hear_journal, latest_journal
from liandong.peers.actions.keys import keyring
from liandong.peers.actions.lives import notice
from liandong.peers.actions.reconciling import heard_again, keep_word
from liandong.peers.actions.stored import hear_receipt, receipt_for, refuse
from liandong.peers.actions.taking import keep_messages
from liandong.peers.channels import laid
from liandong.peers.envelope import UNNUMBERED, Envelope, opened, parse, read
from liandong.peers.errors import DataUnfit, OtherSource, ReceiptAhead, Unstorable
from liandong.peers.keyring import Keyring
from liandong.peers.messages import Message
from liandong.peers.models import Peer
from liandong.peers.queries import standing

log = logging.getLogger("liandong.peers")


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not taken."""

    line: int
    why: LiandongError

    @property
    def reason(self) -> str:
        return f"{self.why.message}（{self.why.code}）"

    @property
    def chinese(self) -> str:
        return f"第{self.line}行：{self.reason}"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a body that a peer has pushed: all else than `refused` is durable. `receipt`: signed, for it."""

    taken: int
    refused: Sequence[Refused]
    receipt: bytes | None


def take_pushed(*, peer: str, channel: str, envelopes: Sequence[bytes]) -> Pushed:
    """Keep what a peer has pushed, and write the receipt that goes back with the answer.

    No debt is noted for it: where the answer is lost the peer sends once more. Raises KeyUnknown, Sm2KeyUnfit,
    KeyOfTwoNodes.
    """
    Peer.objects.get_or_create(code=peer)
    keys = keyring()
    refused, owes = receive(peer=peer, envelopes=envelopes, keys=keys, debt=False)
    for one in refused:
        laid.keep_apart(peer, channel, f"line {one.line}", one.chinese, envelopes[one.line - 1])
    if refused:
        Peer.objects.filter(code=peer).update(refused=F("refused") + len(refused))
        log.error("对端 %s：%d 件不能接收，已隔离：%s", peer, len(refused), refused[0].chinese)
    return Pushed(len(envelopes) - len(refused), refused, receipt_for(peer, keys) if owes else None)


def receive(*, peer: str, envelopes: Sequence[bytes], keys: Keyring, debt: bool) -> tuple[list[Refused], bool]:
    """Make durable all that is in order, in one transaction, with the `debt` of a receipt if that is wanted.

    Returns what is not in order, and whether there is something a receipt is due for.
    """
    refused, came, named = list[Refused](), list[tuple[int, Message]](), dict[str, str]()
    for number, raw in enumerate(envelopes, start=1):
        try:
            came.append((number, _read(raw, peer, keys)))
        except LiandongError as why:
            refused.append(Refused(number, why))
            named |= dict.fromkeys(_named(raw, peer, keys.me), why.code)
    with transaction.atomic():
        owes = refuse(peer=peer, refused=named)
        if came:
            hear_journal(peer=peer, journal=max(message.journal for _, message in came))
        to_keep = [(number, message) for number, message in came if message.kind not in UNNUMBERED]
        unkept = _keep(to_keep)
        owes |= len(unkept) < len(to_keep)
        refused += unkept
        theirs = latest_journal(peer)
        for number, message in came:
            try:
                _hear(message, theirs)
            except LiandongError as why:
                refused.append(Refused(number, why))
                if isinstance(why, ReceiptAhead):
                    notice(peer=peer, why="回执的流水号超过本节点已编的号")
            except DataError:
                refused.append(Refused(number, Unstorable()))
        if came and standing(peer).condition == "offline":
            heard_again(peer=peer)
        heard = {"heard_at": clock.now()} if came else {}
        owed = {"owes_receipt": True} if owes and debt else {}
        if heard or owed:
            Peer.objects.filter(code=peer).update(**heard, **owed)
    return sorted(refused, key=lambda one: one.line), owes


def _read(raw: bytes, peer: str, keys: Keyring) -> Message:
    envelope = read(raw, me=keys.me, known=keys.known, keys=keys.own)
    if envelope.source != peer:
        raise OtherSource(source=envelope.source)
    _must_be_understood(envelope)
    return Message(
        id=envelope.id,
        source=envelope.source,
        receiver=envelope.receiver,
        serial=envelope.serial,
        kind=envelope.kind,
        subject=envelope.subject,
        urgent=envelope.urgent,
        data=opened(envelope, keys.own),
        traceparent=trace.read(envelope.traceparent),
        raw=raw,
        journal=envelope.journal,
    )


def _named(raw: bytes, peer: str, me: str) -> list[str]:
    """The id by which a message that is refused says which one of the peer's journal to us it is, if it does."""
    try:
        envelope = parse(raw)
    except LiandongError:
        return []  # why it is refused is said by the caller
    meant = envelope.source == peer and envelope.receiver == me and envelope.kind not in UNNUMBERED
    return [envelope.id] if meant else []


def _must_be_understood(envelope: Envelope) -> None:
    """What is not kept but acted on at once cannot wait for an upgrade of this node. Raises DataUnfit."""
    if envelope.kind in UNNUMBERED and envelope.complaints:
        raise DataUnfit(envelope.complaints)


def _keep(messages: Sequence[tuple[int, Message]]) -> list[Refused]:
    """Keep them all at once, or one by one where one of them cannot be stored. Returns those, by their lines."""
    if not messages:
        return []
    try:
        with transaction.atomic():
            keep_messages(messages=[message for _, message in messages])
    except (LiandongError, DataError) as why:
        if len(messages) > 1:
            return [refused for one in messages for refused in _keep([one])]
        return [Refused(messages[0][0], why if isinstance(why, LiandongError) else Unstorable())]
    return []


def _hear(message: Message, theirs: int) -> None:
    """What is not kept but acted on at once. What the peer said before its journal `theirs` is not true any more."""
    if message.kind not in UNNUMBERED or message.journal < theirs:
        return
    with transaction.atomic():
        if message.kind == "receipt":
            hear_receipt(peer=message.source, message=message.id, data=message.data)
        elif message.kind == "heartbeat":
            hear_heartbeat(peer=message.source, data=message.data)
        else:
            keep_word(peer=message.source, data=message.data)
