"""How an imitated node reaches its peer: by whatever channel the real ones have.

DIR is the drop folder that the peer keeps for us: what it wrote lies in `out`, what it shall read goes to `in`. We are
the gate and the node behind it at once, so that one folder and no carrier is enough.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from liandong.kernel.errors import Invalid
from liandong.peers.channels import Channel
from liandong.peers.channels.ferry import IN, OUT, Ferry
from simulation.peer.endpoint import Identity

PATIENCE = timedelta(minutes=1)
WORKPLACE = "counterpart"


class NoWay(Invalid):
    code = "no_way"
    message = "不认识的对端地址：应为对端的摆渡目录（其中有 in 和 out）。"


class Way(Protocol):
    def send(self, envelopes: Sequence[bytes]) -> None:
        """Hand over together. Raises ChannelDown."""
        ...

    def fetch(self) -> list[bytes]:
        """What has come; it does not come again of itself. Raises ChannelDown."""
        ...


class ByChannel:
    """Any channel of the house. What cannot be read is set apart where the channel does that, and counted."""

    def __init__(self, channel: Channel, peer: str) -> None:
        self._channel, self._peer = channel, peer
        self.unreadable: list[str] = []

    def send(self, envelopes: Sequence[bytes]) -> None:
        if envelopes:
            self._channel.send(self._peer, envelopes)

    def fetch(self) -> list[bytes]:
        found: list[bytes] = []
        for parcel in self._channel.fetch(self._peer):
            if parcel.why:
                self.unreadable.append(parcel.why)
                self._channel.quarantine(self._peer, parcel.name, parcel.why)
                continue
            found += parcel.envelopes
            self._channel.settle(self._peer, parcel.name)
        return found


def folder(place: Path, me: str, peer: str) -> ByChannel:
    """The other end of the peer's drop folder for us. Raises NoWay."""
    if not place.is_dir():
        raise NoWay(f"没有摆渡目录{place}：请先建立，并在对端配置为本节点的摆渡目录。")
    work = place / WORKPLACE / peer
    work.mkdir(parents=True, exist_ok=True)
    for ours, theirs in ((OUT, IN), (IN, OUT)):
        (place / theirs).mkdir(exist_ok=True)
        if not (work / ours).is_symlink():
            (work / ours).symlink_to(os.path.relpath(place / theirs, work), target_is_directory=True)
    return ByChannel(Ferry(work.parent, me, lambda: PATIENCE), peer)


def way_to(address: str, me: Identity) -> Way:
    """The way to the peer that the address names. Raises NoWay."""
    if "://" in address:
        raise NoWay(f"暂不支持“{address.partition('://')[0]}”通道，请给出对端的摆渡目录。")
    return folder(Path(address), me.code, me.peer)
