"""https with certificates on both sides: messages are pushed to a peer, or lie here until it fetches them.

The paths and answers are those of docs/protocols/linkage.md. An answer of 2xx means that the other side has committed;
the receipt that comes with it is handed to the courier as if it had been fetched.
"""

from __future__ import annotations

import http.client
import logging
import ssl
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from liandong.kernel.errors import LiandongError
from liandong.kernel.jsontext import parse_json
from liandong.peers.channels import Parcel
from liandong.peers.channels.calling import Answer, Caller
from liandong.peers.channels.deployment import Line
from liandong.peers.channels.own import Laid, Own
from liandong.peers.channels.tls import Files, files_of, trouble_of
from liandong.peers.errors import ChannelDown

log = logging.getLogger("liandong.peers")

MESSAGES, SETTLED = "/peers/v1/messages", "/peers/v1/settled"
PARCEL = "X-Parcel"
# A request holds so much at most: what is urgent and comes next waits for no more than one.
LINES, BYTES = 200, 512 * 1024
ANSWER_BYTES = 16 * 1024 * 1024
TABLE = "https"
CONNECT, DEADLINE = 3.0, 8.0
_ANSWER = "answer-"


@dataclass(frozen=True, slots=True)
class Where:
    """`host`: the name that must stand in the peer's certificate; by default that of the address."""

    address: str
    host: str
    connect: float
    deadline: float
    pull: bool


class Https:
    """The channel to a peer that can be reached from here. `name` is the channel's in the deployment."""

    def __init__(self, name: str, where: Where, files: Files, laid: Laid) -> None:
        parts = urlsplit(where.address)
        self._name, self._where, self._laid = name, where, laid
        self._caller = Caller(parts.hostname or "", parts.port or 443, where.host, where.connect, files)
        self._path = parts.path.rstrip("/")
        self._came: deque[tuple[str, bytes]] = deque()
        self._answers = 0
        self._fetched: dict[str, bytes] = {}

    @property
    def certified_until(self) -> datetime | None:
        return self._caller.certified_until

    def send(self, peer: str, envelopes: Sequence[bytes]) -> None:
        with self._caller.until(self._where.deadline):
            for batch in batches(envelopes):
                body = b"".join(one + b"\n" for one in batch)
                self._heard(peer, self._ask("POST", MESSAGES, body, "application/x-ndjson"))

    def fetch(self, peer: str) -> Iterator[Parcel]:
        while self._came:
            name, raw = self._came[0]
            yield Parcel(name, [raw])
        while self._where.pull:
            with self._caller.until(self._where.deadline):
                found = self._ask("GET", MESSAGES)
            if found.status == http.client.NO_CONTENT:
                return
            name = found.header(PARCEL)
            self._fetched = {name: found.body}
            yield Parcel(name, found.body.splitlines())

    def settle(self, peer: str, name: str) -> None:
        if name.startswith(_ANSWER):
            self._came.popleft()
            return
        with self._caller.until(self._where.deadline):
            self._ask("POST", SETTLED, orjson.dumps({"parcel": name}), "application/json")

    def quarantine(self, peer: str, name: str, why: str) -> None:
        content = self._came[0][1] if name.startswith(_ANSWER) else self._fetched.get(name, b"")
        self._laid.keep_apart(peer, self._name, name, why, content)
        self.settle(peer, name)

    def set_apart(self, peer: str) -> int:
        return self._laid.apart(peer, self._name)

    def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """The answer, when it is 2xx. Raises ChannelDown."""
        try:
            found = self._caller.ask(method, self._path + path, body, kind, most=ANSWER_BYTES)
        except (OSError, ssl.SSLError, http.client.HTTPException, ValueError) as why:
            said = "对端没有按时答复" if self._caller.cut else trouble_of(why)
            raise ChannelDown(f"{said}（{self._where.address}）。报文留在本节点，稍后自动再发。") from why
        if not 200 <= found.status < 300:
            raise ChannelDown(f"对端没有接收（{found.status}，{self._where.address}）：{_told(found.body)}")
        return found

    def _heard(self, peer: str, answer: Answer) -> None:
        said = _answer(answer.body)
        refused = said.get("refused") or []
        if refused:
            # They stay in the journal and become stuck orders; the other side keeps them as evidence.
            log.error(
                "对端 %s 拒收 %d 件报文，首件原因：%s", peer, len(refused), orjson.dumps(refused[0]).decode()[:300]
            )
        if isinstance(said.get("receipt"), dict):
            self._answers += 1
            self._came.append((f"{_ANSWER}{self._answers}", orjson.dumps(said["receipt"])))


class Fetched:
    """The channel to a peer that can't be reached from here: what goes to it lies here until it comes for it."""

    def __init__(self, name: str, laid: Laid) -> None:
        self._name, self._laid = name, laid

    def send(self, peer: str, envelopes: Sequence[bytes]) -> None:
        self._laid.lay(peer, envelopes)

    def fetch(self, peer: str) -> Iterable[Parcel]:
        return ()  # it brings what it has to say

    def settle(self, peer: str, name: str) -> None:
        raise NotImplementedError  # nothing was ever fetched

    def quarantine(self, peer: str, name: str, why: str) -> None:
        raise NotImplementedError  # likewise

    def set_apart(self, peer: str) -> int:
        return self._laid.apart(peer, self._name)


def open_https(line: Line, own: Own) -> Https | Fetched:
    """The channel of a line of the deployment. Raises DeploymentUnfit."""
    line.only("address", "host", "connect", "deadline", "pull", "certificate_name")
    if own.https is None:
        raise line.unfit(f"使用这种通道须有 [{TABLE}] 一节，写明本节点的证书")
    own.https.only("listen", "certificate", "key", "ca")
    files = files_of(own.https)
    if not line.has("address"):
        if line.flag("pull", default=False):
            raise line.unfit("没有“address”就不能“pull”：不知道向哪里去取")
        return Fetched(line.name, own.laid)
    address = line.text("address")
    try:
        parts = urlsplit(address)
        fit = parts.scheme == "https" and bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        fit = False
    if not fit:
        raise line.unfit("“address”应写作 https://主机:端口")
    where = Where(
        address,
        line.text("host", parts.hostname),
        line.number("connect", CONNECT, least=0.1, most=60),
        line.number("deadline", DEADLINE, least=0.1, most=600),
        line.flag("pull", default=False),
    )
    return Https(line.name, where, files, own.laid)


def peer_with(names: Iterable[str], lines: Iterable[Line]) -> Line | None:
    """Whose certificate it is that has these names: that of the line which names it, by default by its node's code."""
    given = set(names)
    for line in lines:
        if line.kind == TABLE and line.text("certificate_name", line.peer) in given:
            return line
    return None


def batches(envelopes: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch, size = list[bytes](), 0
    for one in envelopes:
        if batch and (len(batch) == LINES or size + len(one) > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one) + 1
    if batch:
        yield batch


def _answer(body: bytes) -> dict[str, Any]:
    """What a 2xx says. One that says nothing readable still says that all is durable."""
    try:
        found = parse_json(body, ANSWER_BYTES)
    except LiandongError:
        log.warning("an answer of 2xx that is no JSON: %r", body[:100])
        return {}
    return found if isinstance(found, dict) else {}


def _told(body: bytes) -> str:
    """The message of a problem document."""
    try:
        found = parse_json(body, ANSWER_BYTES)
    except LiandongError:
        return "没有说明原因"
    message = found.get("message") if isinstance(found, dict) else None
    return message[:150] if isinstance(message, str) and message else "没有说明原因"
