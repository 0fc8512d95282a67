"""What may go wrong on the way, on demand: `drop=0.1,duplicate,reorder,delay=5s,forge,silent,slow`. Pure, seeded.

Some go wrong on one kind of channel only (`OWN_FAULTS`): `half` files, a door that is `busy` or is `cut` off before its
answer, rows that are committed `late`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from liandong.kernel.errors import Invalid

# Name → the share that is meant when none is given.
SHARES = {"drop": 0.1, "duplicate": 0.5, "reorder": 1.0, "forge": 0.2} | {
    "half": 0.5, "busy": 0.3, "cut": 0.3, "late": 0.5
}  # fmt: skip
# Fault → the kind of channel on which it happens.
OWN_FAULTS = {"half": "ferry", "busy": "https", "cut": "https", "late": "middb"}
SLOWER = 10
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class FaultUnknown(Invalid):
    code = "fault_unknown"
    message = (
        "没有这种故障：可用 drop、duplicate、reorder、forge（可加 =比例）、delay=时长、silent、slow；"
        "摆渡另有 half，https 另有 busy、cut，中间数据库另有 late。"
    )


@dataclass(frozen=True, slots=True)
class Faults:
    """`silent`: nothing is ever said. `slow`: people take ten times as long."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    forge: float = 0.0
    half: float = 0.0
    busy: float = 0.0
    cut: float = 0.0
    late: float = 0.0
    delay: timedelta = timedelta(0)
    silent: bool = False
    slow: bool = False


def read(text: str, kind: str = "") -> Faults:
    """The faults of a command line, for a channel of this kind. Raises FaultUnknown."""
    found: dict[str, object] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = part.partition("=")
        if kind and OWN_FAULTS.get(name, kind) != kind:
            raise FaultUnknown(f"故障“{name}”只在{OWN_FAULTS[name]}通道上有，本次的通道是{kind}。", field=part)
        if name in SHARES:
            found[name] = _share(value, part) if value else SHARES[name]
        elif name in ("silent", "slow") and not value:
            found[name] = True
        elif name == "delay":
            found[name] = _span(value, part)
        else:
            raise FaultUnknown(field=part)
    return Faults(**found)  # type: ignore[arg-type]


def _share(value: str, part: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise FaultUnknown(f"故障“{part}”的比例应为0至1的小数。", field=part)
    return share


def _span(value: str, part: str) -> timedelta:
    digits = value.rstrip("hms")
    try:
        return timedelta(seconds=float(digits) * _UNITS[value[len(digits) :] or "s"])
    except (ValueError, KeyError, OverflowError):
        raise FaultUnknown(f"故障“{part}”的时长应写作 5s、500ms、2m。", field=part) from None


@dataclass
class Storm:
    """Lets messages through as the faults will have it; what is delayed comes later."""

    faults: Faults
    dice: Random
    held: list[tuple[datetime, bytes]] = field(default_factory=list)

    def passed(self, raws: Sequence[bytes], now: datetime) -> list[bytes]:
        """What goes now of these and of what was held up before."""
        if self.faults.silent:
            return []
        self.held += [(now + self.faults.delay, raw) for raw in raws]
        ready = [raw for at, raw in self.held if at <= now]
        self.held = [(at, raw) for at, raw in self.held if at > now]
        going = [raw for raw in ready if not self._happens(self.faults.drop)]
        going += [raw for raw in going if self._happens(self.faults.duplicate)]
        going = [self._forged(raw) if self._happens(self.faults.forge) else raw for raw in going]
        if self._happens(self.faults.reorder):
            self.dice.shuffle(going)
        return going

    def _happens(self, share: float) -> bool:
        return share > 0 and self.dice.random() < share

    def _forged(self, raw: bytes) -> bytes:
        """One bit is another one; never a line end, which a batch could not carry."""
        while True:
            changed = bytearray(raw)
            changed[self.dice.randrange(len(raw))] ^= 1 << self.dice.randrange(8)
            if b"\n" not in changed:
                return bytes(changed)
