"""The ways by which messages leave the house and come into it. One contract; each way is a file of this folder.

A channel knows envelopes as bytes only. It delivers at least once, in any order, and promises nothing more: what was
handed over is sent again until the peer's receipt names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Parcel:
    """Envelopes that came together, under the channel's own name for them. `why`, in Chinese: it cannot be read.

    `each`: names of the single ones, where the channel can set one apart and settle the rest.
    """

    name: str
    envelopes: Sequence[bytes] = ()
    why: str = ""
    each: Sequence[str] = ()


class Channel(Protocol):
    """`peer` is a node's code. Every method raises ChannelDown when nothing goes through now."""

    def send(self, peer: str, envelopes: Sequence[bytes]) -> None:
        """Hand over. When it returns, all of it is out of our hands and durable there; when it raises, none may be."""
        ...

    def fetch(self, peer: str) -> Iterable[Parcel]:
        """What has come, whole, and was neither settled nor set apart. The same again as long as it is neither."""
        ...

    def settle(self, peer: str, name: str) -> None:
        """All of the parcel is kept, save what was set apart alone; it need not come again."""
        ...

    def quarantine(self, peer: str, name: str, why: str) -> None:
        """Set the parcel apart for a person, with the reason (Chinese); it does not come again."""
        ...

    def set_apart(self, peer: str) -> int:
        """How many parcels lie in quarantine and nobody has taken away."""
        ...


@dataclass(frozen=True, slots=True)
class Apart:
    """A parcel in quarantine: its name, when it was set apart (None where the note is broken), and why, in Chinese."""

    name: str
    at: datetime | None
    why: str


@runtime_checkable
class KeepsApart(Protocol):
    """A channel that can also say what lies in its quarantine; the others only count."""

    def apart(self, peer: str, most: int) -> list[Apart]:
        """The newest first. Raises ChannelDown."""
        ...


@runtime_checkable
class SeesCertificate(Protocol):
    """A channel that has seen the peer's certificate."""

    @property
    def certified_until(self) -> datetime | None:
        """When it ends; None before the first handshake."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """One channel to one peer, under the name by which its state is kept and shown."""

    name: str
    channel: Channel
