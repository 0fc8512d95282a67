"""What the exchange keeps: the journals to and from the peers, their channels, and what two accounts say."""

from liandong.peers.models.accounts import Difference, Link, Reconciliation, Word
from liandong.peers.models.journal import (
    ChannelState,
    Consignment,
    Incoming,
    Laid,
    Outgoing,
    Peer,
    Refusal,
    SetApart,
    Tables,
    Told,
)

__all__ = [
    "ChannelState",
    "Consignment",
    "Difference",
    "Incoming",
    "Laid",
    "Link",
    "Outgoing",
    "Peer",
    "Reconciliation",
    "Refusal",
    "SetApart",
    "Tables",
    "Told",
    "Word",
]
