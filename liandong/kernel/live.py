"""What open screens hear of: ids and topics, never words. Pure; `telling` writes it, `hearing` hands it on."""

from __future__ import annotations

from dataclasses import dataclass

CHANNEL = "liandong_live"
ACCOUNT = "person:"  # begins a notice that speaks of an account and not of messages

# What a topic is about; `topic(DANGER, "110")` is followed by the screens of that desk.
ORDERS, TRANSFERS, MATTER, DANGER = "orders", "transfers", "matter", "danger"
# The traffic with another node, for who looks after it; whether it can be reached, for everybody who hands over.
PEERS, REACH = "peers", "reach"
EVERYWHERE = "*"


def topic(what: str, whose: str) -> str:
    """`what:whose`; followed with `EVERYWHERE` by who may see all of them."""
    return f"{what}:{whose}"


@dataclass(frozen=True, slots=True)
class Message:
    """What is told of one fact. Who follows one of the `topics` hears it, given the right `needs` if any."""

    kind: str
    topics: tuple[str, ...]
    matter: str = ""
    order: str = ""
    transfer: str = ""
    danger: bool = False
    needs: str = ""
