"""What a channel needs of the node at this end. It is handed over: no channel asks settings or a database for it.

So a channel works as well for a program that is no node, as the simulated peer and the conformance kit are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from liandong.peers.channels.deployment import Line


class Laid(Protocol):
    """Where lies what a peer fetches, and what could not be taken in. A node's is `channels/laid.py`."""

    def lay(self, peer: str, envelopes: Sequence[bytes]) -> None:
        """Keep for the peer to fetch; what lies there already lies there once."""
        ...

    def keep_apart(self, peer: str, channel: str, name: str, why: str, content: bytes) -> None:
        """Keep what could not be taken in, with the reason (Chinese)."""
        ...

    def apart(self, peer: str, channel: str) -> int:
        """How much lies apart."""
        ...


@dataclass(frozen=True, slots=True)
class Own:
    """`parameter`: a dated row of the city as it is now. `https`: the table `[https]` of the deployment file."""

    node: str
    laid: Laid
    parameter: Callable[[str], float]
    ferry_folder: str = ""
    https: Line | None = None
