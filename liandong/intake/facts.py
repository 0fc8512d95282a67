"""What intake announces, and what it leaves in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liandong.audit.catalogue import EventKind, Field
from liandong.intake.states import ORDER
from liandong.kernel.live import MATTER, ORDERS, Message, topic

ORDER_ACCEPTED = "order.accepted"
ORDER_ANSWERED = "order.answered"
ORDER_CLOSED = "order.closed"
ORDER_OVERDUE = "order.overdue"
ORDER_URGED = "order.urged"
DOCUMENT_ADDED = "document.added"
DOCUMENT_TAKEN_DOWN = "document.taken_down"
# Only on a node of several: an order of our own moved, or a mirror of another node's order did.
ORDER_MOVED = "order.moved"
ORDER_MIRRORED = "order.mirrored"
MATTER_CLOSED = "matter.closed"
MATTER_PROBLEM = "matter.problem"

FACTS = (
    ORDER_ACCEPTED,
    ORDER_ANSWERED,
    ORDER_CLOSED,
    ORDER_OVERDUE,
    ORDER_URGED,
    DOCUMENT_ADDED,
    DOCUMENT_TAKEN_DOWN,
    ORDER_MOVED,
    ORDER_MIRRORED,
    MATTER_CLOSED,
    MATTER_PROBLEM,
)

_KINDS = {"work": "工单", "police": "警单"}


def for_screens(kind: str, payload: Mapping[str, Any]) -> Message:
    """What open screens hear of a fact of intake: the desk of the order, and whoever has the matter open."""
    topics = [topic(MATTER, payload["matter"])]
    if payload.get("desk"):
        topics.append(topic(ORDERS, payload["desk"]))
    return Message(
        kind=kind,
        topics=tuple(topics),
        matter=payload["matter"],
        order=payload.get("order", ""),
        danger=payload.get("urgency") == "danger",
    )


AUDITED = (
    EventKind(
        "order.accepted",
        "受理",
        ("order", "kind", "external_id", "urgency", "settled"),
        "一件新的工单或警单被受理，责任链开始。",
        {"kind": _KINDS},
    ),
    EventKind(
        "order.opened",
        "承接立单",
        ("order", "kind", "transfer"),
        "签收对方移交后在本台建立的工单或警单。",
        {"kind": _KINDS},
    ),
    EventKind(
        "order.moved",
        "工单状态变化",
        ("order", "verb", "state", "text"),
        "工单或警单在本台的一步办理。",
        {"verb": {edge.verb: edge.label for edge in ORDER.edges}, "state": ORDER.states},
    ),
    EventKind(
        "order.mirrored",
        "对方单更新",
        ("order", "kind", "state", "snapshot", "node"),
        "收到另一节点所办单的最新情况，存为副本；副本只由该节点更新。",
        {"kind": _KINDS, "state": ORDER.states},
    ),
    EventKind(
        "order.given_back",
        "找回本台的单",
        ("order", "kind", "state", "snapshot", "node"),
        "本节点由备份恢复后，另一节点把它最后收到的本台的单交还；单的内容以交还的为准。",
        {"kind": _KINDS, "state": ORDER.states},
    ),
    EventKind("order.urged", "催办", ("order", "text"), "诉求人或人员催办，附在原单上，不另立新单。"),
    EventKind("order.linked", "关联", ("order", "other", "relation"), "两件单被人员关联，仍各自独立。"),
    EventKind(
        "order.overdue",
        "超时",
        ("order", "clock", "due_at"),
        "本台办理超过时限，时限继续滚动。",
        {"clock": {"answer_by": "答复时限"}},
    ),
    EventKind(
        "document.added",
        "添加材料",
        ("order", "document", "kind", "media", "size", "sm3"),
        "为一件单添加了材料，记下原文的 SM3 值；文件名不入日志。",
    ),
    EventKind(
        "document.taken_down",
        "撤下材料",
        ("order", "document", "sm3", "reason"),
        "材料被添加的一方撤下，不再显示；原文和 SM3 值仍然留存。",
    ),
    EventKind(
        "document.arrived",
        "收到对方材料",
        ("order", "document", "kind", "media", "size", "sm3", "node"),
        "另一节点添加的材料各部分到齐，核对 SM3 值和 SHA-256 值后收存；文件名不入日志。",
    ),
    EventKind("document.seen", "查看材料", ("order", "document", "sm3"), "打开或下载了一份材料，其中可能有个人信息。"),
    EventKind(
        "document.broken",
        "材料校验不符",
        ("order", "document", "sm3"),
        "打开材料时发现留存的内容与添加时的 SM3 值不符，没有提供。",
    ),
    EventKind("matter.closed", "事项办结", ("outcome",), "事项的各单和移交均已结束，责任链到此为止。"),
    EventKind("matter.problem", "列为问题工单", ("why",), "事项多次退回或多次未解决，转督办。"),
    EventKind(
        "caller.revealed",
        "查看个人信息",
        ("order", "purpose", "fields"),
        "经说明用途后查看了未遮蔽的个人信息。",
        {"fields": {"name": "姓名", "phone": "联系电话", "identity_number": "证件号码"}},
    ),
    EventKind("phone.searched", "按电话检索", ("purpose", "found"), "以电话号码检索工单；号码本身不入日志。"),
    EventKind(
        "order.exported",
        "导出工单清单",
        ("listing", "filter", "rows", "sm3"),
        "按条件导出工单清单，记下条件、行数和文件的 SM3 值；文件中的个人信息已遮蔽。",
    ),
    EventKind("export.requested", "申请导出", ("request", "listing", "purpose"), "人员申请导出超过条数上限的清单。"),
    EventKind("export.decided", "审批导出", ("request", "granted", "purpose"), "有权人员批准或不批准导出申请。"),
    EventKind("list.shared", "共享列表视图", ("name", "listing", "filter"), "人员把保存的列表视图共享给本台。"),
)

FIELDS = (
    Field("order", "单号"),
    Field("kind", "类别"),
    Field("external_id", "外部编号"),
    Field("urgency", "紧急程度"),
    Field("settled", "当场办结"),
    Field("transfer", "移交编号"),
    Field("verb", "动作"),
    Field("state", "状态"),
    Field("snapshot", "副本版本"),
    Field("node", "来源节点"),
    Field("text", "文字内容", "withheld"),
    Field("other", "关联单号"),
    Field("relation", "关联方式"),
    Field("clock", "时限"),
    Field("due_at", "到期时间"),
    Field("outcome", "办结方式"),
    Field("why", "原因"),
    Field("document", "材料编号"),
    Field("media", "文件类型"),
    Field("size", "字节数"),
    Field("purpose", "用途", "masked"),
    Field("fields", "所见内容"),
    Field("found", "找到件数"),
    Field("request", "申请编号"),
    Field("granted", "是否批准"),
    Field("listing", "列表"),
    Field("filter", "筛选条件", "masked"),
)
