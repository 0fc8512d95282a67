"""What routing announces, and what it leaves in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liandong.audit.catalogue import EventKind, Field
from liandong.kernel.live import Message
from liandong.routing.states import CORRECTION, LIST, MODEL

LIST_MOVED = "list.moved"
MODEL_MOVED = "model.moved"
CORRECTION_MOVED = "correction.moved"

FACTS = (LIST_MOVED, MODEL_MOVED, CORRECTION_MOVED)


def for_screens(kind: str, payload: Mapping[str, Any]) -> Message | None:
    """None: no open screen shows what a new list or model changes; a choice made from an old list is refused."""
    return None


AUDITED = (
    EventKind(
        "list.moved",
        "清单版本变化",
        ("version", "verb", "state", "base", "items", "effective_from", "reason"),
        "分流事项清单一个版本的一步：起草、提请、退回、审定、撤回审定、施行、被取代、作废。",
        {"verb": {edge.verb: edge.label for edge in LIST.edges}, "state": LIST.states},
    ),
    EventKind(
        "list.described",
        "修改清单说明",
        ("version", "name", "effective_from", "source"),
        "修改草稿的名称、施行日期和依据。",
    ),
    EventKind(
        "list.item_changed",
        "修改清单条目",
        ("version", "item", "change", "parts"),
        "草稿中一个条目被新增、修改或删除。",
        {"change": {"added": "新增", "changed": "修改", "removed": "删除"}},
    ),
    EventKind(
        "list.imported",
        "导入清单条目",
        ("version", "added", "changed_items", "removed", "sm3"),
        "草稿的条目整体换为文件中的条目，记下增、改、删的条数和文件的 SM3 值。",
    ),
    EventKind(
        "model.moved",
        "分流模型变化",
        ("model", "verb", "state", "version", "documents", "corrections"),
        "分流判断所用模型的一步：训练、启用、停用、恢复使用、作废。",
        {"verb": {edge.verb: edge.label for edge in MODEL.edges}, "state": MODEL.states},
    ),
    EventKind(
        "correction.moved",
        "分流判断被纠正",
        ("order", "verb", "state", "side", "item", "nature", "unit", "reason"),
        "有人纠正了对一张单的分流判断，或另一人确认、不采纳这项纠正。",
        {"verb": {edge.verb: edge.label for edge in CORRECTION.edges}, "state": CORRECTION.states},
    ),
)

FIELDS = (
    Field("version", "清单版本"),
    Field("verb", "动作"),
    Field("state", "状态"),
    Field("base", "起草依据的版本"),
    Field("items", "条目数"),
    Field("effective_from", "施行日期"),
    Field("reason", "理由"),
    Field("name", "名称"),
    Field("source", "依据"),
    Field("item", "条目代码"),
    Field("change", "改动"),
    Field("parts", "所改内容"),
    Field("added", "新增条数"),
    Field("changed_items", "修改条数"),
    Field("removed", "删除条数"),
    Field("sm3", "文件 SM3 值"),
    Field("model", "模型"),
    Field("documents", "学习文本条数"),
    Field("corrections", "其中纠正条数"),
    Field("side", "归口"),
    Field("nature", "性质"),
    Field("unit", "承办单位"),
)
