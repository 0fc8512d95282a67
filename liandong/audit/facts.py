"""What the trail says about itself: who verified it, who took a part of it away."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind, Field

AUDITED = (
    EventKind(
        "trail.verified",
        "核验审计链",
        ("about", "since", "until", "events", "faults", "first"),
        "审计员核验了一个主体或一个时段的审计链，记下所核条数和首处异常。",
    ),
    EventKind(
        "trail.exported",
        "导出审计记录",
        ("about", "rows", "sm3"),
        "审计员导出了一个主体的审计记录，记下条数和文件的 SM3 值。",
    ),
)

FIELDS = (
    Field("about", "所核对象"),
    Field("since", "起"),
    Field("until", "止"),
    Field("events", "事件条数"),
    Field("faults", "异常处数"),
    Field("first", "首处异常"),
    Field("rows", "条数"),
    Field("sm3", "文件 SM3 值"),
)
