"""Reading what other systems send: bytes to checked messages, by the published standard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liandong.exchange.problems import KeyUnfit
from liandong.intake.accepting import Incoming, Key, from_message
from liandong.kernel.jsontext import TooLarge, parse_json
from liandong.kernel.schemas import Schema
from liandong.kernel.seals import sm3

# One order with 10,000 ideographs and every field filled is below 64 KiB; what is larger is not an order.
ORDER_BYTES = 128 * 1024
BATCH_BYTES = 16 * 1024 * 1024
BATCH_LINES = 1000

ACCEPT = Schema.load("liandong.intake", "order-accept")
_KEY = re.compile(r"[\x21-\x7e]{1,150}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One order asked for. `at_once`: it asks for a hand-over too, tells of a danger, or belongs to another."""

    message: Mapping[str, Any]
    incoming: Incoming
    key: Key

    @property
    def at_once(self) -> bool:
        wishes = not self.message.keys().isdisjoint(("handover", "danger", "related"))
        return wishes or self.incoming.urgency == "danger"


def read_order(raw: bytes, system: str, key: str) -> Asked:
    """Read one order. `key` is the Idempotency-Key, empty for none.

    Raises BadJson and its kin, Unfit (every complaint with its field), KeyUnfit.
    """
    if key and not _KEY.fullmatch(key):
        raise KeyUnfit(header="Idempotency-Key")
    message = parse_json(raw, ORDER_BYTES)
    ACCEPT.require(message)
    return Asked(message, from_message(message), Key(system, key, sm3(raw) if key else b""))


def lines_of(raw: bytes) -> list[bytes]:
    """The lines of an NDJSON body, blank ones left out. Raises TooLarge."""
    lines = [line for line in raw.split(b"\n") if line.strip()]
    if len(lines) > BATCH_LINES:
        raise TooLarge(f"一批最多{BATCH_LINES}件，本次{len(lines)}件，请拆分后再发送。", limit=BATCH_LINES)
    return lines
