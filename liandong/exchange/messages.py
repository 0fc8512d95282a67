"""Reading what other systems send: bytes to checked messages, by the published standard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liandong.exchange.problems import BatchEmpty, KeyUnfit
from liandong.intake.accepting import Incoming, Key, from_message
from liandong.kernel.errors import Invalid
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


def fit_key(given: str | None) -> str:
    """The Idempotency-Key as sent; "" for none. Raises KeyUnfit, also for one that was sent empty."""
    if given is None:
        return ""
    if not _KEY.fullmatch(given):
        raise KeyUnfit(header="Idempotency-Key")
    return given


def line_key(key: str, line: int) -> str:
    """The key of one line of a batch: with a blank, which no key of a single order has, so they never meet."""
    return f"{key} {line}" if key else ""


def read_order(raw: bytes, system: str, key: str) -> Asked:
    """Read one order. Raises BadJson and its kin, Unfit (every complaint with its field)."""
    message = parse_json(raw, ORDER_BYTES)
    ACCEPT.require(message)
    if "settled" in message and not message.keys().isdisjoint(("handover", "danger")):
        raise Invalid("当场办结的单不能同时移交或报险情。", field="/settled")
    return Asked(message, from_message(message), Key(system, key, sm3(raw) if key else b""))


def lines_of(raw: bytes) -> list[tuple[int, bytes]]:
    """The lines of an NDJSON body with their numbers from 1; blank ones are counted and left out.

    Raises BatchEmpty, TooLarge.
    """
    lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise BatchEmpty
    if len(lines) > BATCH_LINES:
        raise TooLarge(f"一批最多{BATCH_LINES}件，本次{len(lines)}件，请拆分后再发送。", limit=BATCH_LINES)
    return lines
