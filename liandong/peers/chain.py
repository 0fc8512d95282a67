"""An exported chain of steps, checked from the file alone: order, hashes, links, state table, signatures. Pure.

A line is a step message: the whole envelope, or only its data. Nothing of a node or a database is asked, so that
whoever holds the file can judge it, today or in ten years.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from liandong.kernel.errors import LiandongError
from liandong.kernel.jsontext import parse_json
from liandong.kernel.keys import Verifier
from liandong.kernel.schemas import Schema
from liandong.peers.envelope import MESSAGE_BYTES, PACKAGE, PeerKey, parse, verify
from liandong.peers.errors import DataUnfit, HashWrong, HeadMissing, KeyOfTwoNodes, NotAStep, NotSigned, TwoNodes
from liandong.transfer.replica import Replica, Step, apply
from liandong.transfer.states import TRANSFER

Document = Mapping[str, Any]

# Not all that Python calls blank: one bit makes a tab of another kind out of the end of a line, and must be seen.
_BLANKS = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Findings:
    """What the lines show. `broken_line` counts from 1; 0 while nothing is broken. `signed`: signatures verified."""

    steps: int = 0
    transfer: str = ""
    state: str = ""
    head: str = ""
    signed: int = 0
    broken_line: int = 0
    code: str = ""
    why: str = ""

    @property
    def intact(self) -> bool:
        return not self.broken_line

    @property
    def chinese(self) -> str:
        """One sentence for whoever sits at the terminal."""
        if self.broken_line:
            return f"核验不通过：第{self.broken_line}行，{self.why}之前的{self.steps}步完好。"
        signed = f"{self.signed}步签名有效" if self.signed else "未核验签名"
        state = TRANSFER.states[self.state]
        return f"核验通过：移交{self.transfer}共{self.steps}步，现状“{state}”，{signed}，链头{self.head}。"


def step_data(step: Step) -> dict[str, Any]:
    """The data of the message for a step: what its hash covers, and the hash."""
    content: dict[str, Any] = parse_json(step.content(), MESSAGE_BYTES)
    return {**content, "hash": step.digest().hex()}


def check_chain(
    lines: Iterable[bytes], keys: Verifier, publics: Mapping[str, str] | None = None, head: str = ""
) -> Findings:
    """Walk the lines and stop at the first that is broken; empty lines are counted and passed over.

    `publics`: public keys by key id; given, every line must be an envelope signed by one of them, and each desk by one
    node only. `head`: a hash that was deposited earlier and must be found in the chain (64 hexadecimal digits).
    """
    walk, number, found = _Walk(keys, publics), 0, Findings()
    for number, line in enumerate(lines, start=1):
        if not line.strip(_BLANKS):
            continue
        try:
            found = walk.on(line.strip(_BLANKS))
        except LiandongError as why:
            return replace(found, broken_line=number, code=why.code, why=why.message)
    if not found.steps:
        return replace(found, broken_line=max(1, number), code=NotAStep.code, why="文件中没有步。")
    if head and head.lower() not in walk.heads:
        return replace(found, broken_line=number, code=HeadMissing.code, why=HeadMissing.message)
    return found


class _Walk:
    def __init__(self, keys: Verifier, publics: Mapping[str, str] | None) -> None:
        self._keys, self._publics = keys, publics
        self._replica: Replica | None = None
        self._nodes: dict[str, str] = {}
        self._keyed: dict[str, str] = {}
        self._signed = 0
        self.heads: set[str] = set()

    def on(self, line: bytes) -> Findings:
        """The findings after one more line. Raises the reason why it does not follow."""
        data = self._data(line)
        complaints = Schema.load(PACKAGE, "step").check(data)
        if complaints:
            raise DataUnfit(complaints)
        step = Step.read(data)
        if step.digest().hex() != data["hash"]:
            raise HashWrong(field="/hash")
        if self._replica is None:
            self._replica = Replica(step.transfer, step.kind, step.author, str(step.body.get("target", "")))
        self._replica = after = apply(self._replica, step)
        self.heads.add(after.head.hex())
        return Findings(after.seq, after.transfer, after.state or "", after.head.hex(), self._signed)

    def _data(self, line: bytes) -> Document:
        document = parse_json(line, MESSAGE_BYTES)
        if not isinstance(document, dict) or not ("specversion" in document or "verb" in document):
            raise NotAStep
        if "specversion" not in document:
            if self._publics is not None:
                raise NotSigned
            return document
        envelope = parse(line)
        if envelope.kind != "step":
            raise NotAStep
        if self._publics is not None:
            # Who a key belongs to is told by who handed the file of it over, not by the chain.
            known = {name: PeerKey(envelope.source, public) for name, public in self._publics.items()}
            verify(envelope, known, self._keys)
            self._signed += 1
            # Else one node could write a whole chain alone, with its own key under the names of two.
            if self._keyed.setdefault(envelope.keyid, envelope.source) != envelope.source:
                raise KeyOfTwoNodes("同一密钥为两个节点签名。", keyid=envelope.keyid)
            if self._nodes.setdefault(str(envelope.data.get("author")), envelope.source) != envelope.source:
                raise TwoNodes
        return envelope.data
