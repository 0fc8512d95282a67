"""Two nodes with https between them: their real doors under mutual TLS, each at the database of its node."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from liandong.kernel.clock import SystemClock
from liandong.peers.channels import Way
from tests.ferries import PAIR, Ferries
from tests.nodes import Nodes
from tests.tls import serving

_at: ContextVar[str] = ContextVar("node whose door it is")


@dataclass
class Secured(Ferries):
    """`cut`: nodes whose door is shut. `fetching`: nodes that nobody reaches, which fetch what lies for them."""

    ports: dict[str, int] = field(default_factory=dict)
    fetching: frozenset[str] = frozenset()
    shut: set[str] = field(default_factory=set)
    said: list[tuple[str, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        from liandong.peers.channels.certs import make_ca, make_node

        super().__post_init__()
        make_ca(self.root / "certs", SystemClock().now())
        for code in PAIR:
            make_node(self.root / "certs", code, SystemClock().now())

    def gate(self) -> int:
        return 0

    def deployed(self, code: str, more: str = "") -> None:
        """Write the deployment file of a node."""
        peer = PAIR[1 - PAIR.index(code)]
        lines = ["[https]", "listen = '127.0.0.1:1'"]
        for key, file in (("certificate", f"{code}.crt.pem"), ("key", f"{code}.tls.pem"), ("ca", "ca.crt.pem")):
            lines.append(f"{key} = '{self.root / 'certs' / file}'")
        lines += [f"[[peers.{peer}]]", "kind = 'https'"]
        if peer not in self.fetching:
            lines.append(f"address = 'https://127.0.0.1:{self.ports[peer]}'")
            lines.append(f"pull = {'true' if code in self.fetching else 'false'}")
        (self.root / code / "channels.toml").write_text("\n".join([*lines, more]))

    def ways(self, code: str) -> list[Way]:
        from liandong.peers.channels.registry import channels_of

        settings.CHANNELS = str(self.root / code / "channels.toml")
        return list(channels_of(PAIR[1 - PAIR.index(code)]))

    @contextmanager
    def doors(self) -> Iterator[None]:
        """Both doors open, in threads of this process."""
        from liandong.peers.channels.certs import files_in
        from liandong.peers.channels.tls import server_context

        with ExitStack() as stack:
            for code in PAIR:
                context = server_context(files_in(self.root / "certs", code))
                self.ports[code] = stack.enter_context(serving(self._door(code), context))
            for code in PAIR:
                self.deployed(code)
            yield

    def _door(self, code: str) -> Any:
        from liandong.exchange.peerdoor import PEER_ROUTES, unknown

        async def door(scope: Any, receive: Any, send: Any) -> None:
            async def noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    self.said.append((code, f"{scope['method']} {scope['path']}", message["status"]))
                await send(message)

            if code in self.shut:
                scope["wire"].drop()
                return
            _at.set(code)
            await PEER_ROUTES.get(scope["path"], unknown)(scope, receive, noted)

        return door

    async def in_thread(self, work: Any, *given: Any, **named: Any) -> Any:
        """Instead of a connection of its own each door has that of its node; who calls it waits meanwhile."""
        code = _at.get()

        def run() -> Any:
            before = settings.CHANNELS, settings.KEYS, settings.PEER_KEYS
            with self.at(code):
                settings.CHANNELS = str(self.root / code / "channels.toml")
                settings.KEYS, settings.PEER_KEYS = self.root / code / "keys", self.root / code / "peer-keys"
                try:
                    return work(*given, **named)
                finally:
                    settings.CHANNELS, settings.KEYS, settings.PEER_KEYS = before

        return await asyncio.to_thread(run)

    def checked(self, code: str) -> list[str]:
        from config.health import _peers

        with self.at(code):
            settings.CHANNELS = str(self.root / code / "channels.toml")
            return list(_peers())

    def laid(self, code: str) -> int:
        from liandong.peers.models import Laid

        with self.at(code):
            return Laid.objects.count()


@pytest.fixture
def secured(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secured]:
    from liandong.exchange import peerdoor

    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR, settings.CHANNELS
    net = Secured(nodes.databases, nodes.clock, root=tmp_path)
    monkeypatch.setattr(peerdoor, "in_thread", net.in_thread)
    for wrapper in nodes.databases.values():
        wrapper.inc_thread_sharing()
    try:
        with net.doors():
            yield net
    finally:
        for wrapper in nodes.databases.values():
            wrapper.dec_thread_sharing()
        settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR, settings.CHANNELS = before
