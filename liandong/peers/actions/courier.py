"""The courier (信使): carries the journal to the peers and what they say into the house, a turn at a time.

What came is kept before its receipt goes out, and a message leaves the journal by a receipt only. So wherever a turn
breaks off, the next one does what is missing, and what is done twice does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection
from django.db.models import F

from liandong.kernel import clock
from liandong.kernel.errors import LiandongError
from liandong.peers.actions.keys import keyring
from liandong.peers.actions.parts import give_parts
from liandong.peers.actions.receiving import Refused, receive
from liandong.peers.actions.screens import tell_screens
from liandong.peers.actions.sending import give
from liandong.peers.actions.ways import Ways
from liandong.peers.channels import Channel, Parcel, Way
from liandong.peers.channels.deployment import DeploymentUnfit
from liandong.peers.channels.registry import channels_of
from liandong.peers.errors import ChannelDown
from liandong.peers.keyring import Keyring
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
        done += give_parts(peer, ways, keys)
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
        wrong = [] if parcel.why else _kept(peer, parcel, keys)
        said = [parcel.why] if parcel.why else [one.chinese for one in wrong]
        if said:
            Peer.objects.filter(code=peer).update(refused=F("refused") + len(said))
            log.error("对端 %s：%d 处不能接收，已隔离：%s：%s", peer, len(said), parcel.name, said[0])
        for one in wrong if parcel.each else ():
            channel.quarantine(peer, parcel.each[one.line - 1], one.reason)
        if said and not parcel.each:
            channel.quarantine(peer, parcel.name, "\n".join(said[:REASONS]))
        else:
            channel.settle(peer, parcel.name)
        done, lines = done + 1, lines + len(parcel.envelopes)
        if lines >= LINES:
            break
    return done


def _kept(peer: str, parcel: Parcel, keys: Keyring) -> list[Refused]:
    """Make durable all that is in order, with the debt of a receipt. Returns what is not."""
    refused, _ = receive(peer=peer, envelopes=parcel.envelopes, keys=keys, debt=True)
    return refused
