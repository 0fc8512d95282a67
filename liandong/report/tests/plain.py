"""Facts of a report as a test needs them: whole and valid, with what it is about said otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from liandong.report.content import Event, Facts, Marks, Report, asks_in_words, compose

LINKAGE, TRANSFER = "140900L2026112400000001Z", "140900T20261124000000124"
AT = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)


def facts(**other: Any) -> Facts:
    given: dict[str, Any] = {
        "linkage": LINKAGE,
        "transfer": TRANSFER,
        "kind": "分流",
        "state": "待签收",
        "we": "origin",
        "own": "忻州市12345政务服务便民热线",
        "other": "忻州市公安局110报警服务台",
        "order_label": "工单",
        "order": "140900W2026112400000001X",
        "title": "小区门前车辆互相堵塞",
        "content": "来电人反映两车互不相让。\n希望尽快处理。",
        "nature": "求助",
        "urgency": "一般",
        "division": "忻府区",
        "address": "长征西街12号",
        "occurred_at": AT,
        "received_at": AT,
        "caller": "王*",
        "phone": "139****0000",
        "handed_at": AT,
        "list_version": "2026-1",
        "list_item": "B0302",
        "item_text": "停车纠纷",
        "reason": "停车纠纷，无现实危险",
        "clause": "S3.1",
        "events": (Event(AT, "忻州市12345政务服务便民热线李某", "催办", "请尽快签收"),),
        "clock": "签收时限",
        "due": AT + timedelta(hours=2),
        "asks": asks_in_words("offered", danger=False, mine=False, own=""),
        "own_phone": "12345",
        "other_phone": "110",
        "writer": "李某",
        "papers": ("现场照片.jpg",),
        "results": ("已解决", "部分解决", "未解决"),
    }
    return Facts(**(given | other))


def marks(**other: Any) -> Marks:
    given: dict[str, Any] = {
        "head": "忻州市12345政务服务便民热线",
        "number": "忻热专报〔2026〕12号",
        "to": "忻州市公安局110报警服务台",
        "secrecy": "",
        "urgency": "特急",
        "day": date(2026, 11, 24),
    }
    return Marks(**(given | other))


def report(*, marked: dict[str, Any] | None = None, **other: Any) -> Report:
    return compose(facts(**other), marks(**(marked or {})))


# Longer names than a city has: a desk's column holds sixty characters.
LONGEST = "超长名称的单位" * 8 + "四字热线"
BARE: dict[str, Any] = {
    "content": "",
    "address": "",
    "occurred_at": None,
    "caller": "",
    "phone": "",
    "list_item": "",
    "reason": "",
    "events": (),
    "due": None,
    "own_phone": "",
    "other_phone": "",
    "papers": (),
    "results": (),
}
