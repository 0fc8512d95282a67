"""What a simulated peer remembers over a restart: every round that changed something, as a line of a file.

Played again with the same seed the rounds lead to the same state. Only envelopes are taken from the file: sealed and
signed anew they would be other messages under the same ids.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson

from liandong.kernel.canonical import moment
from liandong.kernel.errors import Invalid
from simulation.peer.counterpart import Counterpart

TITLE = "【模拟】示例路18号有人反映的事项"


class OtherState(Invalid):
    code = "other_state"
    message = "状态文件属于另一次模拟（种子、节点不同，或已损坏），请另用文件名。"


class Memory:
    """`say` is told what comes in. Raises OtherState when the file is of another peer or seed."""

    def __init__(self, peer: Counterpart, file: Path | None, say: Callable[[str], object]) -> None:
        self.peer, self.say = peer, say
        self._file = file
        head = {"seed": peer.seed, "code": peer.me.code, "peer": peer.me.peer}
        if file is not None and file.exists():
            self._play_again(file, head)
        elif file is not None:
            self._write(head)

    def tick(self, came: Sequence[bytes], now: datetime, *, offers: bool = False) -> list[bytes]:
        """Take in, act, and return what goes; what changed is on the disk before anything goes."""
        before, refused = self.peer.line.serial, len(self.peer.line.refusals)
        going = self._round(came, now, offers=offers)
        for one in self.peer.line.refusals[refused:]:
            self.say(f"拒收：{one.message}（{one.code}）")
        if self._file is not None and (came or going):
            rows = self.peer.line.rows
            new = {str(row.serial): row.raw.decode() for row in rows.values() if row.serial > before}
            # What came is bytes of a stranger: it need not be text.
            line = {"at": moment(now), "in": [raw.decode("latin-1") for raw in came], "new": new, "offers": offers}
            self._write(line)
        return going

    def _round(self, came: Sequence[bytes], now: datetime, *, offers: bool) -> list[bytes]:
        if offers:
            self.peer.offer(TITLE, now)
        self.peer.receive(came, now)
        self.peer.act(now)
        return self.peer.outgoing(now)

    def _play_again(self, file: Path, head: object) -> None:
        try:
            # A line without its end was being written when the power went; nothing had gone yet.
            whole = file.read_bytes().rpartition(b"\n")[0]
            first, *lines = [orjson.loads(line) for line in whole.splitlines()]
            if first != head:
                raise OtherState
            for line in lines:
                came = [text.encode("latin-1") for text in line["in"]]
                self._round(came, datetime.fromisoformat(line["at"]), offers=line["offers"])
                rows = self.peer.line.rows
                for serial, raw in line["new"].items():
                    if int(serial) in rows:
                        rows[int(serial)] = replace(rows[int(serial)], raw=raw.encode())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise OtherState from None

    def _write(self, line: object) -> None:
        if self._file is None:
            return
        with self._file.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
