"""Who comes to the door of other nodes, and until when the certificate is good that it comes with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from liandong.peers.channels.registry import sender_with
from liandong.peers.channels.tls import ends_in, names_in
from liandong.peers.models import ChannelState


def who_comes(certificate: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """The peer's code and the channel it comes by; None for a certificate of nobody. Raises DeploymentUnfit.

    A peer that only calls us shows its certificate nowhere else.
    """
    found = sender_with(list(names_in(certificate)))
    ends = ends_in(certificate)
    if found is not None and ends is not None:
        _note(*found, ends)
    return found


def _note(peer: str, channel: str, ends: datetime) -> None:
    """One look for each call, and a write for each new certificate."""
    mine = ChannelState.objects.filter(peer=peer, channel=channel)
    if not mine.filter(certified_until=ends).exists():
        mine.update_or_create(peer=peer, channel=channel, defaults={"certified_until": ends})
