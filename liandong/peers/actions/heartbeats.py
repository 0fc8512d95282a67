"""Heartbeats: this node says to a peer that it is there, and keeps what the peer says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.db.models import Count, Min, Q

from liandong.identity.queries import life
from liandong.kernel import clock
from liandong.kernel.ids import uuid7
from liandong.kernel.queries import troubles
from liandong.peers.actions.deposits import chain_for, hear_chain
from liandong.peers.envelope import SPOKEN, Heading, build
from liandong.peers.keyring import Keyring
from liandong.peers.models import Outgoing, Peer
from liandong.peers.pace import Pace, beats

# What works on a node as a whole, in the order in which it is told.
ABILITIES = ("transfer.offer", "transfer.accept")


def heartbeat_for(peer: str, keys: Keyring, pace: Pace) -> list[bytes]:
    """A signed heartbeat for the peer when it is time for one; nothing before. `was_said` after it went."""
    now = clock.now()
    state = Peer.objects.get(code=peer)
    if not beats(state.beat_at, now, pace):
        return []
    heading = Heading(str(uuid7(now)), keys.me, peer, 0, now, keys.signing, journal=state.journal)
    data = {**_data(peer), "chain": chain_for(state, life_number())}
    return [build("heartbeat", data, heading, keys.own)]


def life_number() -> int:
    """The life this node is in; 0 before the first backup was put back."""
    found = life()
    return 0 if found is None else found.number


def was_said(peer: str) -> None:
    Peer.objects.filter(code=peer).update(beat_at=clock.now())


def hear_heartbeat(*, peer: str, data: Mapping[str, Any]) -> None:
    """Keep what the peer says of itself; the latest word counts."""
    said = {name: value for name, value in data.items() if name != "chain"}
    Peer.objects.filter(code=peer).update(said=said, said_at=clock.now())
    if "chain" in data:
        hear_chain(peer=peer, chain=data["chain"], life=life_number())


def _data(peer: str) -> dict[str, Any]:
    unstored = Q(peer=peer, stored_at=None)
    found = Outgoing.objects.filter(unstored).aggregate(waiting=Count("id"), oldest=Min("made_at"))
    oldest = {} if found["oldest"] is None else {"oldest_at": found["oldest"]}
    return {
        "state": "degraded" if any(troubles().values()) else "online",
        "versions": {"software": software(), "messages": dict(SPOKEN)},
        "abilities": list(ABILITIES),
        "queue": {"waiting": found["waiting"], **oldest},
    }


@lru_cache(maxsize=1)
def software() -> str:
    """The version of this installation; "0" where it runs out of an unpacked tree."""
    try:
        return version("liandong")
    except PackageNotFoundError:
        return "0"
