"""What other systems are shown: matters, orders, transfers, steps and notes in the shapes of the published standard.

Personal data is masked; moments carry the city's offset; what is empty is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import orjson

from liandong.audit.by import By
from liandong.intake.filetypes import TYPES
from liandong.intake.models import Custody, Matter, Order, OrderLink, OrderStep
from liandong.intake.models import Document as File
from liandong.intake.queries import caller_masked, history_of, links_among, orders_of
from liandong.intake.queries.documents import is_there
from liandong.kernel.ids import city_time
from liandong.transfer.actions.steps import CLOCK_COLUMNS
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.queries import notes_of, of_matter, replica_of, steps_of, visible_custody, visible_of_matter

Document = dict[str, Any]


def _moment(value: datetime | None) -> str | None:
    return None if value is None else city_time(value)


def _filled(document: Document) -> Document:
    """Without what is empty: the standard has no null and no empty text."""
    return {name: value for name, value in document.items() if value is not None and value not in ("", {}, [])}


def order_document(order: Order, history: Iterable[OrderStep] = (), links: Iterable[OrderLink] = ()) -> Document:
    """One order as `work-order` or `police-order`; `order.matter` must be loaded.

    Of `links` those are shown that go out from the order; the rest may be of others.
    """
    caller = caller_masked(order)
    details = order.details or {}
    return _filled(
        {
            "number": order.number,
            "linkage_number": order.matter.number,
            "kind": order.kind,
            "desk": order.desk,
            "state": order.state,
            "external_id": order.external_id,
            "channel": order.channel,
            "nature": order.nature,
            "category": order.category,
            "urgency": order.urgency,
            "title": order.title,
            "content": order.content,
            "place": _filled(
                {
                    "division": order.division,
                    "address": order.address,
                    "longitude": order.longitude,
                    "latitude": order.latitude,
                }
            ),
            "caller": _filled({"name": caller.name, "phone": caller.phone, "identity_number": caller.identity_number})
            | ({"secret": True} if caller.secret else {}),
            "outcome": order.outcome,
            "result": order.result,
            "answer": order.answer,
            "urges": order.urges,
            "rework": order.rework,
            "version": order.version,
            "history": [_order_step(step) for step in history],
            "related": [
                {"number": link.other.number, "relation": link.relation} for link in links if link.order_id == order.pk
            ],
            order.kind: details.get(order.kind),
            "extensions": details.get("extensions"),
            **{name: _moment(getattr(order, name)) for name in _ORDER_MOMENTS},
        }
    )


_ORDER_MOMENTS = (
    "occurred_at",
    "received_at",
    "answered_at",
    "closed_at",
    "due_at",
    "overdue_at",
    "answer_by",
    "followup_by",
)


def _order_step(step: OrderStep) -> Document:
    by = step.by
    return _filled(
        {
            "at": _moment(step.at),
            "verb": step.verb,
            "party": by.get("desk") or by.get("unit"),
            "person": by.get("name"),
            "text": step.text,
        }
    )


def file_document(row: File) -> Document:
    """A document of an order, which is loaded with it. Of one that was taken down name and words are not told."""
    there = is_there(row)
    removal = None if there else row.removal
    return _filled(
        {
            "number": row.pk,
            "order": row.order.number,
            "name": row.name if there else "",
            "about": row.about if there else "",
            "kind": row.kind,
            "media_type": TYPES[row.media].media_type,
            "size": row.size,
            "sm3": bytes(row.sm3).hex(),
            "party": row.party,
            "person": row.by.get("name"),
            "added_at": _moment(row.at),
            "taken_down": removal
            and _filled(
                {
                    "at": _moment(removal.at),
                    "party": removal.party,
                    "person": removal.by.get("name"),
                    "why": removal.why,
                }
            ),
        }
    )


def step_document(step: StepRow) -> Document:
    """A step as it was made: exactly the hashed content, with letter and hash."""
    content: Document = orjson.loads(step.content)
    return {**content, "letter": step.letter, "hash": bytes(step.hash).hex()}


def note_document(note: NoteRow) -> Document:
    return {
        "transfer": note.transfer.number,
        "kind": note.kind,
        "author": note.author,
        "person": note.person,
        "at": _moment(note.at),
        "after_seq": note.after_seq,
        "body": {name: value for name, value in note.body.items() if name in NOTE_BODY},
    }


# A clock's own urges also say which clock ran out; that is ours and no part of the standard.
NOTE_BODY = frozenset({"text", "position", "ruling", "list_version", "list_item", "basis", "evidence", "on_behalf"})


def transfer_document(row: Transfer, steps: Iterable[StepRow] = (), notes: Iterable[NoteRow] = ()) -> Document:
    """One transfer with its steps and notes; matter, parent and both orders must be loaded."""
    duty = [desk for desk, has in ((row.origin, row.origin_duty), (row.target, row.target_duty)) if has]
    return _filled(
        {
            "number": row.number,
            "linkage_number": row.matter.number,
            "kind": row.kind,
            "origin": row.origin,
            "target": row.target,
            "parent": row.parent.number if row.parent else None,
            "origin_order": row.origin_order.number,
            "target_order": row.target_order.number if row.target_order else None,
            "state": row.state,
            "seq": row.seq,
            "head": bytes(row.head).hex(),
            "holder": replica_of(row).holder,
            "responsible": duty,
            "joint": row.joint,
            "beside": row.beside,
            "rework": row.rework,
            "sent_back": row.sent_back,
            "urgency": row.urgency,
            "reason": row.reason,
            "list_version": row.list_version,
            "list_item": row.list_item,
            "deadlines": _filled({name: _moment(getattr(row, name)) for name in CLOCK_COLUMNS}),
            "steps": [step_document(step) for step in steps],
            "notes": [note_document(note) for note in notes],
            **{name: _moment(getattr(row, name)) for name in ("opened_at", "moved_at", "ended_at", "overdue_at")},
        }
    )


def _segment(segment: Custody) -> Document:
    return _filled(
        {
            "party": segment.party,
            "role": segment.role,
            "since": _moment(segment.since),
            "until": _moment(segment.until),
            "why": segment.why,
            "via": segment.via,
        }
    )


def matter_document(by: By, matter: Matter) -> Document:
    """The whole matter as far as the actor may see it: orders, transfers with their steps and notes, custody."""
    orders = orders_of(by, matter)
    history, links = history_of(orders), links_among(by, orders)
    transfers = visible_of_matter(by, matter)
    steps, notes = steps_of(transfers), notes_of(transfers)
    for order in orders:
        order.matter = matter
    documents = [
        (order.kind, order_document(order, [step for step in history if step.order_id == order.pk], links))
        for order in orders
    ]
    return _filled(
        {
            "linkage_number": matter.number,
            "division": matter.division,
            "first_desk": matter.first_desk,
            "state": matter.state,
            "problem_why": matter.problem_why,
            "sent_back": matter.sent_back,
            "version": matter.version,
            "work_orders": [document for kind, document in documents if kind == "work"],
            "police_orders": [document for kind, document in documents if kind == "police"],
            "transfers": [
                transfer_document(
                    row,
                    [step for step in steps if step.transfer_id == row.pk],
                    [note for note in notes if note.transfer_id == row.pk],
                )
                for row in transfers
            ],
            "custody": [_segment(segment) for segment in visible_custody(by, matter, of_matter(matter))],
            **{name: _moment(getattr(matter, name)) for name in ("opened_at", "closed_at", "danger_at", "problem_at")},
        }
    )
