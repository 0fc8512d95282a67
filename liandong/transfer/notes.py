"""Which notes may be written when and by whom, and what the next step hears of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from liandong.kernel.errors import Invalid
from liandong.transfer.baton import Heard
from liandong.transfer.errors import NotYours
from liandong.transfer.states import KINDS, TRANSFER

Speaker = Literal["origin", "target", "conference", "supervisor"]
_OPEN = frozenset(TRANSFER.states) - TRANSFER.ends
_ALWAYS = frozenset(TRANSFER.states)


@dataclass(frozen=True, slots=True)
class NoteRule:
    label: str
    speakers: frozenset[Speaker]
    states: frozenset[str]


_PARTIES: frozenset[Speaker] = frozenset({"origin", "target"})
NOTES: dict[str, NoteRule] = {
    "urge": NoteRule("催办", _PARTIES | {"supervisor"}, _OPEN),
    "supplement": NoteRule("补充说明", _PARTIES, _ALWAYS),
    "progress": NoteRule("办理进展", _PARTIES, _OPEN),
    "position": NoteRule("协商意见", frozenset({"target"}), frozenset({"negotiating"})),
    "call_record": NoteRule("通话记录", _PARTIES, _OPEN),
    "arrival": NoteRule("到场", frozenset({"target"}), frozenset({"accepted"})),
    "ruling": NoteRule("联席裁定", frozenset({"conference"}), frozenset({"negotiating"})),
    "discrepancy": NoteRule("数据差异", _PARTIES | {"supervisor"}, _ALWAYS),
    "withdraw": NoteRule("申请撤回", frozenset({"origin"}), frozenset({"offered"})),
}
# A ruling is the conference's; a position or a wish to withdraw binds the desk, so it needs the right to act for it.
_BINDING = {"ruling": "transfer.decide", "position": "transfer.act", "withdraw": "transfer.act"}


def right_to_write(kind: str) -> str:
    """The right a note of this kind needs."""
    return _BINDING.get(kind, "note.add")


POSITIONS = {"target": "同意由本台办理", "joint": "同意共同办理", "no": "不同意由本台办理"}
RULINGS = {"target": "裁定由接收台办理", "origin": "裁定由首接台办理", "joint": "裁定共同办理"}


def check_note(kind: str, speaker: Speaker | None, transfer_kind: str, state: str, body: Mapping[str, Any]) -> None:
    """Raises NotYours, Invalid (with the field) when the note can't be written."""
    rule = NOTES.get(kind)
    if rule is None:
        raise Invalid("没有这一类附记。", field="kind")
    if speaker not in rule.speakers:
        raise NotYours
    if state not in rule.states:
        raise Invalid(f"当前状态为“{TRANSFER.states[state]}”，不能添加这一类附记。", field="kind")
    if kind == "withdraw" and not KINDS[transfer_kind].withdrawable:
        raise Invalid(f"“{KINDS[transfer_kind].label}”不得撤回。", field="kind")
    if kind == "position" and body.get("position") not in POSITIONS:
        raise Invalid("请选择本台意见。", field="position")
    if kind == "ruling" and body.get("ruling") not in RULINGS:
        raise Invalid("请选择裁定结果。", field="ruling")
    if kind not in ("urge", "withdraw", "arrival") and not str(body.get("text") or "").strip():
        raise Invalid("请填写附记内容。", field="text")


def hear(notes: Iterable[tuple[str, Mapping[str, Any]]]) -> Heard:
    """What the notes (kind, body) since the state was entered say, the last word of each kind counting."""
    agreed: Any = None
    ruling: Any = None
    withdraw = False
    for kind, body in notes:
        if kind == "position":
            agreed = body["position"] if body["position"] != "no" else None
        elif kind == "ruling":
            ruling = body["ruling"]
        elif kind == "withdraw":
            withdraw = True
    return Heard(agreed=agreed, ruling=ruling, withdraw_asked=withdraw)
