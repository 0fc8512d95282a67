"""The joint database (中间数据库, S2.2): three tables between two networks, into which nothing but INSERT is done.

Each side writes envelopes to its own table and reads the other's. What became of a row is a row of the third, written
by the reader; what has none is still to be read. So no row is missed that was committed late under a small number, and
no cursor can be lost. See docs/protocols/middb.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import orjson

from liandong.kernel import clock
from liandong.peers.channels import Parcel
from liandong.peers.channels.deployment import Line
from liandong.peers.channels.middb.links import LOST, Address, Link, Trouble, connected
from liandong.peers.channels.middb.statements import GOV, OUTBOX, REFUSED, TAKEN, Statements
from liandong.peers.channels.own import Own
from liandong.peers.envelope import MESSAGE_BYTES
from liandong.peers.errors import ChannelDown

log = logging.getLogger("liandong.peers")

AT_ONCE, AT_ONCE_BYTES = 200, 8 * 1024 * 1024  # written in one transaction
# Read, kept and marked together: each is a commit here and one there. What is urgent and comes next waits for no more.
TOGETHER, TOGETHER_BYTES = 50, 512 * 1024
LISTED = 500
WHY = 2000  # characters of a reason, as wide as its column
# So often all rows are looked at, between them only those of the last hour and what came since.
SWEEP = timedelta(minutes=10)

T = TypeVar("T")


class MidDb:
    """`me` is this node's code, `side` the network it stands in (`gov`, `police`)."""

    def __init__(self, address: Address, me: str, side: str) -> None:
        self._address, self._me = address, me
        self._says = Statements.of(side)
        self._link: Link | None = None
        self._one = threading.RLock()  # a page may ask while the courier is at work
        self._unsettled = dict[str, list[str]]()
        self._floor = dict[str, int]()
        self._swept = dict[str, datetime]()
        self._trouble = ""

    def send(self, peer: str, envelopes: Sequence[bytes]) -> None:
        """Rows in transactions of at most 200 and 8 MiB. Raises ChannelDown."""
        for batch in batches(envelopes):
            rows = [(self._me, peer, _urgent(one), one.decode()) for one in batch]
            self._do(lambda link, rows=rows: link.write(self._says.write, rows))  # type: ignore[misc]

    def fetch(self, peer: str) -> Iterator[Parcel]:
        """Parcels of some rows, the urgent first; each row can be set apart alone. Raises ChannelDown."""
        for group in together(self._listed(peer)):
            if not group.fit:
                yield Parcel(str(group.rows[0]), why=f"报文过大，上限为{MESSAGE_BYTES}字节。")
                continue
            rows = group.rows
            found = dict(self._do(lambda link, rows=rows: link.rows(self._says.reading(len(rows)), rows)))  # type: ignore[misc]
            each = [str(number) for number in rows if number in found]
            if each:
                self._unsettled = {each[0]: each}
                yield Parcel(each[0], [found[int(one)].encode() for one in each], each=each)

    def settle(self, peer: str, name: str) -> None:
        self._handle(self._unsettled.pop(name, [name]), TAKEN, "")

    def quarantine(self, peer: str, name: str, why: str) -> None:
        self._handle([name], REFUSED, why[:WHY])
        self._unsettled = {parcel: [one for one in left if one != name] for parcel, left in self._unsettled.items()}

    def set_apart(self, peer: str) -> int:
        ((count,),) = self._do(lambda link: link.rows(self._says.count, (self._me, peer)))
        return int(count)

    def close(self) -> None:
        with self._one:
            if self._link is not None:
                self._link.close()
            self._link = None

    def _handle(self, names: Sequence[str], outcome: str, why: str) -> None:
        rows = [(self._me, outcome, why, int(name)) for name in names]
        if rows:
            self._do(lambda link: link.write(self._says.handle, rows))

    def _listed(self, peer: str) -> list[tuple[int, int]]:
        now = clock.now()
        sweeps = peer not in self._swept or now - self._swept[peer] >= SWEEP
        floor = 0 if sweeps else self._floor[peer]
        rows = self._do(lambda link: link.rows(self._says.list, (peer, self._me, floor, LISTED)))
        found = [(int(number), int(size)) for number, size in rows]
        if sweeps and len(found) < LISTED:
            ((old,),) = self._do(lambda link: link.rows(self._says.old))
            # Below this all is handled; what is committed there later on is found by the next sweep.
            self._floor[peer] = min([int(old), *(number - 1 for number, _ in found)])
            self._swept[peer] = now
        return found

    def _do(self, work: Callable[[Link], T]) -> T:
        """By the kept connection, or a new one where the kept one has died since. Raises ChannelDown."""
        with self._one:
            kept = self._link is not None
            try:
                try:
                    done = self._worked(work)
                except Trouble as why:
                    if not kept or why.kind not in (LOST, "stopping"):
                        raise
                    # A firewall forgets idle connections. What was written and not confirmed is written twice; be it.
                    done = self._worked(work)
            except Trouble as why:
                if self._trouble != why.message:
                    log.warning("中间数据库 %s：%s（%s）", self._address.host, why.message, why.__cause__)
                self._trouble = why.message
                raise ChannelDown(f"{why.message}报文留在本节点，稍后自动再发。") from why
            self._trouble = ""
            return done

    def _worked(self, work: Callable[[Link], T]) -> T:
        try:
            if self._link is None:
                self._link = connected(self._address)
            return work(self._link)
        except Trouble:
            self.close()
            raise


def open_middb(line: Line, own: Own) -> MidDb:
    """The channel of a line of the deployment. Raises DeploymentUnfit."""
    return MidDb(address_of(line), own.node, side_of(line))


def address_of(line: Line) -> Address:
    """Raises DeploymentUnfit."""
    line.only("dsn", "side", "tls", "ca", "certificate", "key", "connect_seconds", "wait_seconds")
    return Address.of(line)


def side_of(line: Line) -> str:
    """Raises DeploymentUnfit."""
    side = line.text("side", "")
    if side not in OUTBOX:
        raise line.unfit(f"“side”应为{'或'.join(OUTBOX)}（本节点在政务外网一侧写 {GOV}）")
    return side


def batches(envelopes: Sequence[bytes]) -> Iterator[list[bytes]]:
    """In the order given, as few as the limits allow."""
    batch: list[bytes] = []
    size = 0
    for one in envelopes:
        if batch and (len(batch) == AT_ONCE or size + len(one) > AT_ONCE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one)
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are read at once; one that is not `fit` is larger than a message may be, and stands alone."""

    rows: Sequence[int]
    fit: bool = True


def together(listed: Iterable[tuple[int, int]]) -> Iterator[Group]:
    """In the order given. `listed`: number and size."""
    rows, total = list[int](), 0
    for number, size in listed:
        fit = size <= MESSAGE_BYTES
        if rows and (not fit or len(rows) == TOGETHER or total + size > TOGETHER_BYTES):
            yield Group(rows)
            rows, total = [], 0
        if fit:
            rows, total = [*rows, number], total + size
        else:
            yield Group([number], fit=False)
    if rows:
        yield Group(rows)


def _urgent(envelope: bytes) -> bool:
    """Only for the order in which the other side reads; what the message is, its envelope says."""
    try:
        found = orjson.loads(envelope)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and found.get("urgent") is True
