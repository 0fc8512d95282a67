"""Links whose line is TCP: https between the nodes, and the joint database. A proxy stands before whoever is called."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from config import embedded
from config.pair import HTTPS, Side, secure
from liandong.peers.channels import certs
from liandong.peers.channels.middb.commands import ddl
from liandong.peers.channels.middb.links import POSTGRESQL
from liandong.peers.channels.tls import client_context
from tests.faults.proxy import Proxy
from tests.faults.space import Space, Wire

LINES = 100  # messages a request
SHOWN_WITHIN = 10.0  # seconds until a listener takes a new certificate
FOLDER, FILE = "certs", "channels.toml"


class Line:
    """What both have: a proxy for each node that calls, which may be cut or slow."""

    kind = ""

    def __init__(self, root: Path, sides: tuple[Side, Side]) -> None:
        self.root, self.sides = root, sides
        self.proxies: dict[str, Proxy] = {}

    def given(self, side: Side) -> Mapping[str, str]:
        return side.env(self.kind)

    def space(self, side: Side) -> Space | None:
        return None

    def peer(self, side: Side) -> Side:
        return self.sides[1 - self.sides.index(side)]

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.close()

    def carry(self, *directions: str) -> None:
        let = directions or tuple(side.code for side in self.sides)
        for side, peer in (self.sides, self.sides[::-1]):
            self.proxies[side.code].let(there=side.code in let, back=self.answered(peer, let))

    def answered(self, peer: Side, let: Sequence[str]) -> bool:
        """Whether a caller hears what it is answered, when only these nodes are heard."""
        return peer.code in let

    def cut(self) -> None:
        for proxy in self.proxies.values():
            proxy.let(there=False, back=False)

    def slow(self, pace: float) -> None:
        for proxy in self.proxies.values():
            proxy.let(pace=pace)

    def mark(self) -> None:
        return

    def disordered(self) -> list[str]:
        return []


class HttpsLink(Line):
    """`config.pair.secure`, with the proxies in between."""

    kind = HTTPS
    can = frozenset(
        {
            "cut-one-way",
            "cut-both",
            "cut-and-kill",
            "backlog",
            "slow",
            "expired",
            "other-certificate",
            "replay",
            "hundredfold",
        }
    )

    def __init__(self, root: Path, sides: tuple[Side, Side]) -> None:
        super().__init__(root, sides)
        secure(sides)
        for side in sides:
            file = side.state / FILE
            text = file.read_text(encoding="utf-8")
            port = int(text.rsplit(":", 1)[1].strip().rstrip("'"))
            self.proxies[side.code] = Proxy(port)
            file.write_text(text.replace(f"https://127.0.0.1:{port}", self._address(side)), encoding="utf-8")

    def open(self) -> None:
        return

    def say(self, side: Side, lines: Sequence[bytes]) -> None:
        """As the node itself would: with its certificate."""
        parts = urlsplit(self._address(side))
        context = client_context(certs.files_in(self.root / FOLDER, side.code))
        link = http.client.HTTPSConnection("127.0.0.1", parts.port, timeout=30, context=context)
        try:
            for start in range(0, len(lines), LINES):
                body = b"".join(line + b"\n" for line in lines[start : start + LINES])
                link.request("POST", "/peers/v1/messages", body, {"Content-Type": "application/x-ndjson"})
                link.getresponse().read()
        finally:
            link.close()

    def expire(self, side: Side, *, days: int = -1) -> None:
        """Give the node a certificate that ended yesterday, or a good one, and break what is connected."""
        certs.make_node(self.root / FOLDER, side.code, datetime.now(UTC), days=days)
        self._shown(side)

    def take_for(self, side: Side, other: str) -> None:
        """Give the node the certificate of another, of the same authority."""
        files = certs.make_node(self.root / FOLDER, other, datetime.now(UTC))
        own = certs.files_in(self.root / FOLDER, side.code)
        for there, here in ((files.key, own.key), (files.certificate, own.certificate)):
            here.write_bytes(there.read_bytes())
        self._shown(side)

    def _shown(self, side: Side) -> None:
        """Wait until the node's listener shows what lies in its files, and break what is connected."""
        there = ("127.0.0.1", self.proxies[self.peer(side).code].to)
        files = certs.files_in(self.root / FOLDER, side.code)
        until = time.monotonic() + SHOWN_WITHIN
        while time.monotonic() < until:
            with suppress(OSError):
                if ssl.get_server_certificate(there, timeout=2).strip() == files.certificate.read_text().strip():
                    break
            time.sleep(0.1)
        for proxy in self.proxies.values():
            proxy.drop()

    def _address(self, side: Side) -> str:
        return f"https://127.0.0.1:{self.proxies[side.code].port}"


class WireLink(HttpsLink):
    """https on a wire between two networks of our own. Nothing is refused or broken there: packets vanish."""

    can = frozenset({"lost-there", "lost-back", "lost-both"})

    def __init__(self, root: Path, sides: tuple[Side, Side]) -> None:
        Line.__init__(self, root, sides)
        self.wire = Wire()
        secure(sides)
        for number, side in enumerate(sides):
            mine, theirs = self.wire.addresses[number], self.wire.addresses[1 - number]
            certs.make_node(root / FOLDER, side.code, datetime.now(UTC), hosts=[mine])
            file = side.state / FILE
            text = file.read_text(encoding="utf-8").replace("https://127.0.0.1", f"https://{theirs}")
            file.write_text(text.replace("127.0.0.1", mine), encoding="utf-8")

    def space(self, side: Side) -> Space:
        return self.wire.spaces[self.sides.index(side)]

    def carry(self, *directions: str) -> None:
        self.wire.hear(*(number for number, side in enumerate(self.sides) if not directions or side.code in directions))

    def cut(self) -> None:
        self.wire.hear()

    def close(self) -> None:
        self.wire.close()


class MiddbLink(Line):
    """A PostgreSQL of its own between the two, which is not that of either."""

    kind = "middb"
    can = frozenset({"cut-one-way", "cut-both", "cut-and-kill", "backlog", "slow", "replay", "hundredfold"})

    def __init__(self, root: Path, sides: tuple[Side, Side]) -> None:
        super().__init__(root, sides)
        (root / "joint").mkdir(mode=0o711)
        self._server = embedded.start(root / "joint", attach=False)
        try:
            self._prepare()
        except BaseException:
            self._server.stop()
            raise

    def _prepare(self) -> None:
        server = urlsplit(self._server.url)
        assert server.port is not None
        with psycopg.connect(self._server.url, autocommit=True) as owner:
            owner.execute("CREATE DATABASE joint ENCODING 'UTF8' TEMPLATE template0")
        with psycopg.connect(server._replace(path="/joint").geturl(), autocommit=True) as owner:
            owner.execute(ddl(POSTGRESQL).encode())
            for side in self.sides:
                owner.execute(f"ALTER ROLE liandong_{side.code} LOGIN PASSWORD 'pair-{side.code}'".encode())
        for side, peer in (self.sides, self.sides[::-1]):
            self.proxies[side.code] = Proxy(server.port)
            secret = side.state / "middb.dsn"
            secret.touch(mode=0o600)
            secret.write_text(self._dsn(side))
            table = f'kind = "middb"\nside = "{side.code}"\ntls = "off"\ndsn = {{ file = "middb.dsn" }}\n'
            (side.state / FILE).write_text(f"[[peers.{peer.code}]]\n{table}connect_seconds = 3\nwait_seconds = 5\n")

    def _dsn(self, side: Side) -> str:
        return f"postgresql://liandong_{side.code}:pair-{side.code}@127.0.0.1:{self.proxies[side.code].port}/joint"

    def open(self) -> None:
        return

    def close(self) -> None:
        super().close()
        self._server.stop()

    def answered(self, peer: Side, let: Sequence[str]) -> bool:
        return True  # what it is answered is the database's, not the peer's

    def say(self, side: Side, lines: Sequence[bytes]) -> None:
        """As the node itself would: with its user."""
        (peer,) = (other for other in self.sides if other is not side)
        table = f"{side.code}_to_{peer.code}"
        query = f"INSERT INTO {table} (sender, receiver, urgent, envelope) VALUES (%s, %s, %s, %s)".encode()
        rows = [(side.code, peer.code, False, line.decode("utf-8", "replace").replace("\0", "?")) for line in lines]
        with psycopg.connect(self._dsn(side)) as user, user.cursor() as cursor:
            cursor.executemany(query, rows)
