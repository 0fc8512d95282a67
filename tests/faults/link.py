"""What lies between the two nodes of a pair, by kind of channel, and how it is spoiled.

The file ferry has its gate, a process that is stopped, slowed and killed. Other kinds say what they can in `can`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import psutil

from config.guarded import open_log, spawn
from config.pair import Side
from config.statedir import BASE_DIR
from liandong.kernel.canonical import canonical
from liandong.peers.channels.ferry import DONE, IN, MANIFEST, MARKER, MESSAGES, Ferry
from tests.faults.space import Space

SLOW = 0.05  # seconds a piece of a file takes when somebody wants to catch the gate half-way
GATE_GONE = 10.0


class Link(Protocol):
    """`sides` are in the order of nodes.csv. `can`: the faults that this kind of link knows besides those of nodes."""

    kind: str
    sides: tuple[Side, Side]
    can: frozenset[str]

    def given(self, side: Side) -> Mapping[str, str]:
        """What `liandong up` of this side is given in its environment."""
        ...

    def space(self, side: Side) -> Space | None:
        """The network this side's node is in, where it has one of its own."""
        ...

    def open(self) -> None: ...

    def close(self) -> None:
        """Leave no process behind. May be called twice."""
        ...

    def carry(self, *directions: str) -> None:
        """From now on let through only what these nodes send; both when none is named."""
        ...

    def cut(self) -> None:
        """Let nothing through."""
        ...

    def mark(self) -> None:
        """What was carried until now is not to come again."""
        ...

    def disordered(self) -> list[str]:
        """What was carried in which a danger stands behind something ordinary, as far as it can be seen."""
        ...

    def say(self, side: Side, lines: Sequence[bytes]) -> None:
        """Have these lines come to the other node as messages of this one."""
        ...


class FerryLink:
    """Drop folders, and the gate between them as a process."""

    kind = "ferry"
    can = frozenset(
        {
            "cut-one-way",
            "cut-both",
            "cut-and-kill",
            "backlog",
            "gate-kill",
            "gate-kill-rash",
            "disk-full",
            "replay",
            "hundredfold",
        }
    )

    def __init__(self, root: Path, sides: tuple[Side, Side]) -> None:
        self.root, self.sides = root, sides
        self._gate: subprocess.Popen[bytes] | None = None
        self._old: dict[Path, set[str]] = {}

    def given(self, side: Side) -> Mapping[str, str]:
        return side.env(self.kind)

    def space(self, side: Side) -> Space | None:
        return None

    def open(self) -> None:
        self.carry()

    def carry(self, *directions: str) -> None:
        self.gate(directions or tuple(side.code for side in self.sides))

    def gate(self, directions: Iterable[str], *options: str) -> None:
        """Run it in place of the one that runs."""
        self.close()
        command = [sys.executable, "-m", "tests.faults.gate", str(self.root), *directions, *options]
        with open_log(self.root / "gate.log") as log:
            self._gate = spawn(command, log=log, cwd=BASE_DIR)

    def cut(self) -> None:
        self.close()

    def close(self) -> None:
        if self._gate is not None:
            self._gate.kill()
            self._gate.wait(GATE_GONE)
            self._gate = None

    def kill_half_way(self) -> bool:
        """kill -9 the gate if it is within a copy just now."""
        if self._gate is None:
            return False
        with suppress(psutil.NoSuchProcess):
            if any(f"/{IN}/" in one.path for one in psutil.Process(self._gate.pid).open_files()):
                self.close()
                return True
        return False

    def folder(self, side: Side, which: str) -> Path:
        """A folder of what `side` has from its peer."""
        return side.ferry(self.peer(side).code) / which

    def peer(self, side: Side) -> Side:
        return self.sides[1 - self.sides.index(side)]

    def disordered(self) -> list[str]:
        """Batches in which a danger stands behind something ordinary."""
        return [str(file) for folder in self._settled() for file in folder.glob(f"*{MESSAGES}") if _disordered(file)]

    def mark(self) -> None:
        """What was carried until now is not `again`'s."""
        self._old = {folder: _names(folder) for folder in self._settled()}

    def again(self, times: int) -> int:
        """Each under a name of its own, so that they lie there all at once."""
        put = 0
        for folder in self._settled():
            for name in sorted(_names(folder) - self._old.get(folder, set()))[:MOST_AGAIN]:
                for number in range(times):
                    put += _put_again(folder, name, f"{name}-{number}")
        return put

    def say(self, side: Side, lines: Sequence[bytes]) -> None:
        Ferry(side.state / "ferry", side.code, lambda: timedelta(hours=1)).send(self.peer(side).code, lines)

    def _settled(self) -> Sequence[Path]:
        return [self.folder(side, DONE) for side in self.sides]


MOST_AGAIN = 10  # parcels of each direction


def _disordered(file: Path) -> bool:
    told = [json.loads(line) for line in file.read_bytes().splitlines() if line.startswith(b"{")]
    urgent = [one.get("urgent", False) for one in told if one.get("peerseq")]
    return urgent != sorted(urgent, reverse=True)


def _names(folder: Path) -> set[str]:
    return {file.name.removesuffix(MARKER) for file in folder.glob(f"*{MARKER}")}


def _put_again(folder: Path, name: str, fresh: str) -> int:
    """The same messages, manifest and marker, as a gate may bring them again."""
    to = folder.parent / IN
    (to / f"{fresh}{MESSAGES}").write_bytes((folder / f"{name}{MESSAGES}").read_bytes())
    manifest = json.loads((folder / f"{name}{MANIFEST}").read_bytes())
    (to / f"{fresh}{MANIFEST}").write_bytes(canonical({**manifest, "name": fresh}))
    (to / f"{fresh}{MARKER}").touch()
    return 1
