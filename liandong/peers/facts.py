"""What this area leaves in the trail."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind

AUDITED = (
    EventKind(
        "chain.exported",
        "导出移交的步",
        ("transfer", "seq", "hash"),
        "把一次移交的全部步导出为可离线核验的文件，记下末步的步序和校验值。",
    ),
    EventKind(
        "message.sent_again",
        "重发被拒收的报文",
        ("message", "serial", "about", "code"),
        "有人让对端拒收的一件报文重新发送；code 为对端拒收的原因。",
    ),
)
