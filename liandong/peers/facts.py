"""What this area leaves in the trail, and what it tells open screens."""

from __future__ import annotations

from liandong.audit.catalogue import EventKind, Field
from liandong.kernel.live import PEERS, REACH, Message, topic

AUDITED = (
    EventKind(
        "accounts.compared",
        "发起对账",
        ("round", "days"),
        "有人发起与一个对端的对账；days 为参与比对的天数。",
    ),
    EventKind(
        "chain.exported",
        "导出移交的步",
        ("transfer", "seq", "hash"),
        "把一次移交的全部步导出为可离线核验的文件，记下末步的步序和校验值。",
    ),
    EventKind(
        "message.sent_again",
        "重发被拒收的报文",
        ("message", "serial", "subject", "code"),
        "有人让对端拒收的一件报文重新发送；code 为对端拒收的原因。",
    ),
    EventKind(
        "node.restored",
        "由备份恢复",
        ("life", "why"),
        "本节点由备份恢复，启用新世代；与全部对端核对完成前，不办理恢复前的事项。",
    ),
    EventKind(
        "node.not_awaited",
        "不再等待对端核对",
        ("handled",),
        "恢复后有人决定不再等待一个无法答复的对端，并写明处理说明。",
    ),
    EventKind(
        "node.goes_on",
        "恢复后继续办理",
        ("life",),
        "恢复后的核对已全部完成，恢复前的事项可以照常办理。",
    ),
    EventKind(
        "message.retried",
        "重试报文",
        ("message", "serial", "subject", "code"),
        "有人让对端一件不能处理的报文再试一次；code 为当时不能处理的原因。",
    ),
    EventKind(
        "message.set_aside",
        "搁置报文",
        ("message", "serial", "subject", "code", "handled"),
        "有人查明后把对端一件不能处理的报文搁置，并写明处理说明。",
    ),
    EventKind(
        "parcel.seen",
        "查看隔离报文",
        ("channel", "parcel", "sm3"),
        "有人下载了一批已隔离的报文原文作为证据，其中可能有个人信息。",
    ),
    EventKind(
        "parcel.settled",
        "隔离报文记为已看",
        ("channel", "parcel", "sm3"),
        "有人看过一批已隔离的报文；原文仍作为证据留存。",
    ),
)
FIELDS = (
    Field("channel", "通道"),
    Field("code", "原因代码"),
    Field("handled", "处理说明", "masked"),
    Field("days", "比对天数"),
    Field("life", "世代"),
    Field("message", "报文编号"),
    Field("parcel", "批次"),
    Field("round", "对账轮次"),
    Field("serial", "流水号"),
    Field("subject", "事项或移交"),
)


def traffic_with(peer: str) -> Message:
    """Something went to the peer, came from it, or became of what came."""
    return Message(kind="peer.traffic", topics=(topic(PEERS, peer),))


def reach_of(peer: str) -> Message:
    """The peer is called otherwise than before: everybody who hands over hears of it."""
    return Message(kind="peer.reach", topics=(topic(PEERS, peer), topic(REACH, peer)))
