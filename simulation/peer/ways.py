"""How an imitated node reaches its peer: by the channels the real ones have, and by what goes wrong on each of them.

A way is told of faults by `bear`; each knows its own (`OWN_FAULTS` of `faults.py`) beside those of any line.
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import urlsplit

from liandong.kernel.errors import Invalid, LiandongError
from liandong.peers.channels import Channel
from liandong.peers.channels.calling import Answer, Caller
from liandong.peers.channels.ferry import IN, MARKER, MESSAGES, OUT, SET, Ferry
from liandong.peers.channels.https import ANSWER_BYTES, SETTLED, Fetched, Https, Where
from liandong.peers.channels.middb import MidDb
from liandong.peers.channels.middb.links import Address, Link, Trouble, connected
from liandong.peers.channels.middb.statements import Statements
from liandong.peers.channels.tls import Files, trouble_of
from liandong.peers.errors import ChannelDown
from simulation.peer.door import Door
from simulation.peer.endpoint import Identity
from simulation.peer.faults import Faults
from simulation.peer.laid import LaidHere

FERRY, HTTPS, MIDDB = "ferry", "https", "middb"
PATIENCE = timedelta(minutes=1)
WORKPLACE = "counterpart"
AWAY = frozenset({502, 503, 504})  # what stands before a door says so while nobody is behind it
AT_ONCE = 1000
Judge = Callable[[bytes], object]  # raises the LiandongError for which an envelope is not taken


class NoWay(Invalid):
    code = "no_way"
    message = "不认识的对端地址：应为对端的摆渡目录（其中有 in 和 out）、https:// 地址或中间数据库的地址。"


class Way(Protocol):
    """`kind`: FERRY, HTTPS, MIDDB; "" for a line that is none of them."""

    kind: str

    def send(self, envelopes: Sequence[bytes]) -> None:
        """Hand over together. Raises ChannelDown."""
        ...

    def fetch(self) -> list[bytes]:
        """What has come; it does not come again of itself. Raises ChannelDown."""
        ...


class ByChannel:
    """Any channel of the house. What `judge` raises sets a parcel apart; its lines are heard all the same."""

    kind = ""

    def __init__(self, channel: Channel, peer: str, judge: Judge = len) -> None:
        self._channel, self._peer, self._judge = channel, peer, judge
        self._happens: Callable[[float], bool] = lambda share: False
        self._faults = Faults()
        self.unreadable: list[str] = []

    def bear(self, faults: Faults, dice: Random) -> None:
        """Go wrong from now on as the faults of this kind of channel will have it."""
        self._faults = faults
        self._happens = lambda share: share > 0 and dice.random() < share

    def look(self) -> None:
        """Whether the channel is there; nothing is said and nothing taken. Raises ChannelDown, saying why it is not."""
        self._channel.set_apart(self._peer)

    def send(self, envelopes: Sequence[bytes]) -> None:
        if envelopes:
            self._channel.send(self._peer, envelopes)

    def fetch(self) -> list[bytes]:
        found: list[bytes] = []
        for parcel in self._channel.fetch(self._peer):
            found += parcel.envelopes
            wrong = {} if parcel.why else self._wrong(parcel.envelopes)
            said = [parcel.why] if parcel.why else [f"第{line}行：{why}" for line, why in wrong.items()]
            self.unreadable += said
            for line, why in wrong.items() if parcel.each else ():
                self._channel.quarantine(self._peer, parcel.each[line - 1], why)
            if said and not parcel.each:
                self._channel.quarantine(self._peer, parcel.name, "\n".join(said))
            else:
                self._channel.settle(self._peer, parcel.name)
            if len(found) >= AT_ONCE:
                break  # a peer that gives the same for ever must not hold us
        return found

    def _wrong(self, envelopes: Sequence[bytes]) -> dict[int, str]:
        """Line, from 1 on → why it is not taken."""
        found = {}
        for number, raw in enumerate(envelopes, start=1):
            try:
                self._judge(raw)
            except LiandongError as why:
                found[number] = f"{why.message}（{why.code}）"
        return found

    def close(self) -> None:
        """Nothing goes any more."""


class ByFolder(ByChannel):
    """We are the gate and the node behind it at once, so that one folder and no carrier is enough.

    `place` is the drop folder that the peer keeps for us: what it wrote lies in `out`, what it shall read goes to `in`.
    """

    kind = FERRY

    def __init__(self, place: Path, me: str, peer: str, judge: Judge = len) -> None:
        work = place / WORKPLACE / peer
        work.mkdir(parents=True, exist_ok=True)
        for ours, theirs in ((OUT, IN), (IN, OUT)):
            (place / theirs).mkdir(exist_ok=True)
            if not (work / ours).is_symlink():
                (work / ours).symlink_to(os.path.relpath(place / theirs, work), target_is_directory=True)
        super().__init__(Ferry(work.parent, me, lambda: PATIENCE), peer, judge)
        self.place, self._me = place, me
        self._halves: dict[Path, bytes] = {}

    def send(self, envelopes: Sequence[bytes]) -> None:
        """With the fault `half` the marker is there before the messages are whole; the next turn brings the rest."""
        self._complete()
        if envelopes and self._happens(self._faults.half):
            for name, parts in self.drafted(envelopes).items():
                whole = parts[MESSAGES]
                self.put(name, {**parts, MESSAGES: whole[: len(whole) // 2]})
                self._halves[self.place / IN / f"{name}{MESSAGES}"] = whole
        else:
            super().send(envelopes)

    def fetch(self) -> list[bytes]:
        self._complete()
        return super().fetch()

    def drafted(self, envelopes: Sequence[bytes]) -> dict[str, dict[str, bytes]]:
        """The batches that `send` would write: name → suffix → content. Nothing is written."""
        with TemporaryDirectory() as root:
            (Path(root) / self._peer).mkdir()
            Ferry(Path(root), self._me, lambda: PATIENCE).send(self._peer, envelopes)
            out = Path(root) / self._peer / OUT
            names = sorted(file.name.removesuffix(MARKER) for file in out.glob(f"*{MARKER}"))
            return {name: {suffix: (out / f"{name}{suffix}").read_bytes() for suffix in SET} for name in names}

    def put(self, name: str, parts: dict[str, bytes]) -> None:
        """Write these files of a batch before the peer's eyes, in the order given."""
        for suffix, content in parts.items():
            (self.place / IN / f"{name}{suffix}").write_bytes(content)

    def _complete(self) -> None:
        for file, whole in self._halves.items():
            # Where the peer has set it apart there is nothing to complete.
            if file.exists():
                file.write_bytes(whole)
        self._halves = {}


class ByHttps(ByChannel):
    """We call the peer where it has an address (`call`), and it calls us where we listen."""

    kind = HTTPS

    def __init__(self, me: Identity, files: Files, judge: Judge) -> None:
        self.laid, self.files = LaidHere(), files
        self.where: Where | None = None
        super().__init__(Fetched(HTTPS, self.laid), me.peer, judge)
        self.door: Door | None = None
        # A certificate of the same authority for another name, for whoever tries whether it is told apart.
        self.other: Files | None = None

    def listen(self, host: str, port: int, names: Sequence[str]) -> int:
        """Open a door for who has a certificate of one of these names. Returns the port. Raises ChannelDown."""
        self.door = Door(names, self._judge, self.laid, self._mischief)
        self.door.open(host, port, self.files)
        return self.door.port

    def call(self, where: Where) -> None:
        """From now on what is said goes to the peer, and does not lie here until it comes."""
        self.where = where
        self._channel = Https(HTTPS, where, self.files, self.laid)

    def look(self) -> None:
        """The peer answers, whatever it answers; one that only comes to us has come."""
        if self.where is None:
            if self.door is None or not self.door.knocked:
                raise ChannelDown("对方还没有来连本方的接入地址。")
            return
        try:
            # A method that nothing is done by, at an address that a gate in between lets through.
            found = self.ask("GET", SETTLED)
        except (OSError, http.client.HTTPException, ValueError) as why:
            raise ChannelDown(f"{trouble_of(why)}（{self.where.address}）。") from why
        if found.status in AWAY:
            raise ChannelDown(f"对端尚不能应答（{found.status}，{self.where.address}）。")

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", files: Files | None = None) -> Answer:
        """One request to the peer's door by a connection of its own; the answer, whatever its status.

        Raises OSError, HTTPException, ValueError, ChannelDown (own files).
        """
        assert self.where is not None
        parts = urlsplit(self.where.address)
        name, port = parts.hostname or "", parts.port or 443
        caller = Caller(name, port, self.where.host, self.where.connect, files or self.files)
        try:
            with caller.until(self.where.deadline):
                return caller.ask(method, parts.path.rstrip("/") + path, body, kind, most=ANSWER_BYTES)
        finally:
            caller.close()

    def fetch(self) -> list[bytes]:
        pushed = self.door.came() if self.door is not None else []
        return [*pushed, *super().fetch()]

    def close(self) -> None:
        if self.door is not None:
            self.door.close()

    def _mischief(self) -> str:
        if self._happens(self._faults.busy):
            return "busy"
        return "cut" if self._happens(self._faults.cut) else ""


class ByDatabase(ByChannel):
    """The joint database, of which we are the other side."""

    kind = MIDDB

    def __init__(self, address: Address, me: str, peer: str, side: str, judge: Judge = len) -> None:
        self._database = MidDb(address, me, side)
        super().__init__(self._database, peer, judge)
        self.address, self.side, self._me = address, side, me
        self.says = Statements.of(side)
        self._open: Link | None = None

    def look(self) -> None:
        try:
            with closing(connected(self.address)) as link:
                link.rows(self.says.count, (self._me, self._peer))
        except Trouble as why:
            raise ChannelDown(why.message) from why

    def send(self, envelopes: Sequence[bytes]) -> None:
        """With the fault `late` the rows of one turn are committed after those of the next, under smaller numbers."""
        rows = [_writable(one) for one in envelopes]
        if self._open is None and rows and self._happens(self._faults.late):
            try:
                self._open = self.late(rows)
            except Trouble as why:
                raise ChannelDown(why.message) from why
            return
        super().send(rows)
        if self._open is not None:
            with suppress(Trouble):
                self._open.release()
            self._open.close()
            self._open = None

    def late(self, envelopes: Sequence[bytes]) -> Link:
        """The rows are written and seen by nobody until `release`. Raises Trouble."""
        link = connected(self.address)
        for one in envelopes:
            link.hold(self.says.write, self.row(one))
        return link

    def row(self, envelope: bytes, receiver: str = "") -> tuple[str, str, bool, str]:
        return self._me, receiver or self._peer, False, envelope.decode()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._database.close()


def _writable(envelope: bytes) -> bytes:
    """A column of text cannot hold what a spoilt line may bring."""
    return envelope.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}").encode()


def folder(place: Path, me: str, peer: str, judge: Judge = len) -> ByFolder:
    """The other end of the peer's drop folder for us. Raises NoWay."""
    if not place.is_dir():
        raise NoWay(f"没有摆渡目录{place}：请先建立，并在对端配置为本节点的摆渡目录。")
    return ByFolder(place, me, peer, judge)
