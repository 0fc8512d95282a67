"""Two of the nodes with nothing between them but a joint database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from liandong.peers.channels import Way
from liandong.peers.channels.middb.links import POSTGRESQL
from tests.ferries import PAIR, Ferries
from tests.joint import Joint, Opened

TABLE = dict(zip(PAIR, ("gov_to_police", "police_to_gov"), strict=True))


@dataclass(frozen=True)
class Row:
    """A row as the journeys over files look at what lies in a folder."""

    name: str
    content: bytes

    def read_bytes(self) -> bytes:
        return self.content


@dataclass
class Joined(Ferries):
    """The two nodes with nothing between them but the joint database."""

    joint: Joint = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.channels = {code: self.joint.channel(code, code) for code in PAIR}

    def ways(self, code: str) -> list[Way]:
        return [Way("middb", self.channels[code])]

    def gate(self) -> int:
        return 0

    def files(self, code: str, which: str, channel: str = "") -> Any:
        """`done` and `quarantine`: what the node has taken and refused; `out`: what it has written, as it is read."""
        if which == "out":
            found = self.joint.run(f"SELECT id, envelope FROM {TABLE[code]} ORDER BY urgent DESC, id")
        else:
            found = self.joint.run(
                f"SELECT o.id, o.envelope FROM {TABLE[PAIR[1 - PAIR.index(code)]]} o JOIN handled h"
                " ON h.row_id = o.id AND h.row_at = o.written_at WHERE h.node = %s AND h.outcome = %s ORDER BY h.id",
                (code, "taken" if which == "done" else "refused"),
            )
        return [Row(f"{number}.jsonl", text.encode()) for number, text in found]

    def checked(self, code: str) -> list[str]:
        peer, file = PAIR[1 - PAIR.index(code)], self.root / code / "channels.toml"
        there = self.joint.addresses[code]
        secret = self.root / code / "dsn"
        secret.touch(mode=0o600)
        secret.write_text(
            f"{there.family}://{there.user}:{there.password}@{there.host}:{there.port}/{there.database}\n"
        )
        file.write_text(f'[[peers.{peer}]]\nkind = "middb"\nside = "{code}"\ntls = "off"\ndsn = {{ file = "dsn" }}\n')
        before, settings.CHANNELS = settings.CHANNELS, str(file)
        try:
            return super().checked(code)
        finally:
            settings.CHANNELS = before


def opened(joint: Joint, nodes: Any, root: Path) -> Iterator[Joined]:
    joint.clear()
    before = settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR
    made = Joined(nodes.databases, nodes.clock, root=root, joint=joint)
    yield made
    for channel in made.channels.values():
        channel.close()
    settings.KEYS, settings.PEER_KEYS, settings.FERRY_DIR = before


@pytest.fixture
def joined(nodes: Any, tmp_path: Path, joints: Opened) -> Iterator[Joined]:
    """Over PostgreSQL, which is always there."""
    yield from opened(joints(POSTGRESQL), nodes, tmp_path)
