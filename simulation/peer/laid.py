"""What lies in memory for a peer that fetches it: the same that `liandong/peers/channels/laid.py` is for a node."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import count

import orjson

AT_ONCE = 500


class LaidHere:
    """For one peer. Two threads may ask: the door, and whoever speaks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lies: dict[bytes, str] = {}  # envelope → the parcel it was given in last
        self._names = count(1)
        self.unfit = list[str]()

    def lay(self, peer: str, envelopes: Sequence[bytes]) -> None:
        with self._lock:
            self._lies.update({raw: self._lies.get(raw, "") for raw in envelopes})

    def lying(self) -> tuple[str, list[bytes]]:
        """A parcel under a new name, the urgent first, or nothing. The same again until it is taken."""
        with self._lock:
            found = sorted(self._lies, key=_urgency)[:AT_ONCE]
            name = f"parcel-{next(self._names)}"
            self._lies.update(dict.fromkeys(found, name))
            return name, found

    def taken(self, name: str) -> int:
        """The peer keeps what was in the parcel. None for a name that was given anew since."""
        with self._lock:
            gone = [raw for raw, given in self._lies.items() if given == name]
            for raw in gone:
                del self._lies[raw]
            return len(gone)

    def keep_apart(self, peer: str, channel: str, name: str, why: str, content: bytes) -> None:
        self.unfit.append(why)

    def apart(self, peer: str, channel: str) -> int:
        return len(self.unfit)


def _urgency(raw: bytes) -> bool:
    """The line may have spoilt it: then it is as urgent as any other."""
    try:
        return orjson.loads(raw).get("urgent") is not True
    except (orjson.JSONDecodeError, AttributeError):
        return True
