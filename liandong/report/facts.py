"""What reports leave in the trail. They announce nothing: no state changes by a document that goes out."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind, Field

AUDITED = (
    EventKind(
        "report.made",
        "出具专报",
        ("transfer", "report_number", "after_seq", "clear", "sm3"),
        "为一次移交出具了专报，记下文号、所述到第几步、是否写明来电人和内容的 SM3 值。",
    ),
    EventKind(
        "report.seen",
        "下载专报",
        ("transfer", "report_number", "form", "clear"),
        "专报被下载或打印，个人信息随纸质文件离开系统。",
        {"form": {"docx": "DOCX", "pdf": "PDF"}},
    ),
)

FIELDS = (
    Field("report_number", "专报文号"),
    Field("clear", "写明来电人"),
    Field("form", "格式"),
)
