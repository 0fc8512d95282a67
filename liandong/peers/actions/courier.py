"""The courier (信使): carries the journal to the peers and what they say into the house, a turn at a time.

What came is kept before its receipt goes out, and a message leaves the journal by a receipt only. So wherever a turn
breaks off, the next one does what is missing, and what is done twice does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import DataError, connection, transaction
from django.db.models import F

from liandong.identity.queries import other_nodes
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.kernel.keys import FolderKeys, KeyUnknown, publics
from liandong.peers.actions.heartbeats import hear_heartbeat
from liandong.peers.actions.screens import tell_screens
from liandong.peers.actions.sending import give
from liandong.peers.actions.stored import hear_receipt, refuse
from liandong.peers.actions.taking import keep_message
from liandong.peers.actions.ways import Ways
from liandong.peers.channels import Channel, Parcel, Way
from liandong.peers.channels.deployment import DeploymentUnfit
from liandong.peers.channels.registry import channels_of
from liandong.peers.envelope import UNNUMBERED, Envelope, opened, parse, read
from liandong.peers.errors import ChannelDown, DataUnfit, OtherSource
from liandong.peers.keyring import Keyring, known_keys
from liandong.peers.messages import Message
from liandong.peers.models import Peer
from liandong.peers.queries import pace

log = logging.getLogger("liandong.peers")

LINES = 500  # taken by one channel in one turn, about: what is urgent and wants to go out does not wait for more
REASONS = 20  # written beside what is set apart; beyond them nobody reads on
_LOCK = 0x6C646A


def turn(peer: str) -> int:
    """One round to a peer over the channels the deployment gives it. Returns how much was done."""
    try:
        channels = channels_of(peer)
    except DeploymentUnfit as why:
        before, _ = Peer.objects.get_or_create(code=peer)
        _note(peer, why.message)
        tell_screens(before, 0)
        return 0
    return carry(peer=peer, channels=channels)


def keyring() -> Keyring:
    """The keys as they stand in their folders now. Raises KeyUnknown, Sm2KeyUnfit, KeyOfTwoNodes."""
    own = FolderKeys(settings.KEYS)
    ids = own.ids()
    signing = settings.SIGNING_KEY or (ids[-1] if ids else "")
    if signing not in ids:
        raise KeyUnknown("本节点没有签名密钥，暂不能收发：请先生成密钥，并把公钥交给对端。")
    own.public(signing)  # read now: else each message would be found unfit for it
    entered = {one.code: publics(settings.PEER_KEYS / one.code) for one in other_nodes()}
    return Keyring(settings.NODE, own, signing, known_keys(entered))


def carry(*, peer: str, channels: Sequence[Way]) -> int:
    """One turn to one peer: keep what came by any channel, hand over what is due by the first that works.

    Returns how much was done, 0 when not possible. Why a channel fails stands in `ChannelState`, why nothing goes
    through at all in `Peer.trouble`.
    """
    Peer.objects.get_or_create(code=peer)
    with _alone(peer) as mine:
        if not mine:
            return 0
        before = Peer.objects.get(code=peer)
        done = _round(before, channels)
        tell_screens(before, done)
        return done


def _round(before: Peer, channels: Sequence[Way]) -> int:
    peer = before.code
    if before.paused_until is not None and before.paused_until > clock.now():
        return 0
    try:
        keys = keyring()
    except LiandongError as why:
        _note(peer, why.message)
        return 0
    ways = Ways(peer, channels)
    if not [*ways]:
        return 0
    done, wrong = _there_and_back(peer, ways, keys)
    down = ways.note()
    _note(peer, "；".join(dict.fromkeys([*wrong, *([down] if down else [])])), pause=bool(wrong))
    return done


def _there_and_back(peer: str, ways: Ways, keys: Keyring) -> tuple[int, list[str]]:
    """How much was done, and what has nothing to do with the channels and keeps it from being done."""
    done, wrong = 0, list[str]()
    # What goes out does not wait for what can't come in.
    for way in ways:
        try:
            taken = _take(peer, way.channel, keys)
        except ChannelDown as why:
            ways.down(way, why)
        except LiandongError as why:
            wrong.append(why.message)
        else:
            done += taken
            if taken:
                ways.came(way)
    try:
        done += give(peer, ways, keys)
    except ChannelDown:
        log.debug("%s: nothing goes out now", peer)  # the state of each channel says why
    except LiandongError as why:
        wrong.append(why.message)
    return done, wrong


@contextmanager
def _alone(peer: str) -> Iterator[bool]:
    """Of several workers one has the peer. The lock is the connection's: it ends with a process that is killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK, peer])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [_LOCK, peer])


def _note(peer: str, trouble: str, *, pause: bool = True) -> None:
    """Keep why nothing goes through, and log it once; or that it goes again. `pause`: it is no channel's trouble."""
    now = clock.now()
    before = Peer.objects.get(code=peer)
    if trouble:
        since = before.trouble_at or now
        if pause and before.trouble != trouble[:300]:
            log.error("对端 %s：%s", peer, trouble)
        paused = now + pace().first if pause else None
        Peer.objects.filter(code=peer).update(trouble=trouble[:300], trouble_at=since, paused_until=paused)
    elif before.trouble:
        log.warning("对端 %s：通道已恢复", peer)
        Peer.objects.filter(code=peer).update(trouble="", trouble_at=None, paused_until=None)


def _take(peer: str, channel: Channel, keys: Keyring) -> int:
    """Keep what came. What cannot be trusted or read is set apart with its reason, and counted."""
    done = lines = 0
    for parcel in channel.fetch(peer):
        wrong = [parcel.why] if parcel.why else _keep(peer, parcel, keys)
        if wrong:
            channel.quarantine(peer, parcel.name, "\n".join(wrong[:REASONS]))
            Peer.objects.filter(code=peer).update(refused=F("refused") + len(wrong))
            log.error("对端 %s：%d 处不能接收，已隔离：%s：%s", peer, len(wrong), parcel.name, wrong[0])
        else:
            channel.settle(peer, parcel.name)
        done, lines = done + 1, lines + len(parcel.envelopes)
        if lines >= LINES:
            break
    return done


def _keep(peer: str, parcel: Parcel, keys: Keyring) -> list[str]:
    """Make durable all that is in order, in one transaction with the debt of a receipt. Returns what is not."""
    wrong, came, refused = list[str](), list[tuple[int, Message]](), dict[str, str]()
    for number, raw in enumerate(parcel.envelopes, start=1):
        try:
            came.append((number, _read(raw, peer, keys)))
        except LiandongError as why:
            wrong.append(f"第{number}行：{why.message}（{why.code}）")
            refused |= dict.fromkeys(_named(raw, peer, keys.me), why.code)
    with transaction.atomic():
        owes = refuse(peer=peer, refused=refused)
        for number, message in came:
            try:
                owes |= _hear(message)
            except LiandongError as why:
                wrong.append(f"第{number}行：{why.message}（{why.code}）")
            except DataError:
                wrong.append(f"第{number}行：内容不能存入本节点。")
        heard = {"heard_at": clock.now()} if came else {}
        debt = {"owes_receipt": True} if owes else {}
        if heard or debt:
            Peer.objects.filter(code=peer).update(**heard, **debt)
    return wrong


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
        raw=raw,
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


def _hear(message: Message) -> bool:
    """Returns whether a receipt is owed for it: for one that is here already too, as its receipt was lost."""
    if message.kind not in UNNUMBERED:
        keep_message(message=message)
        return True
    with transaction.atomic():
        if message.kind == "receipt":
            hear_receipt(peer=message.source, message=message.id, data=message.data)
        else:
            hear_heartbeat(peer=message.source, data=message.data)
    return False
