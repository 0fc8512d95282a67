"""What has become of the documents of an order that go to other nodes, out of the journal of their parts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Func, Max, Q, TextField, Value

from liandong.audit.by import By
from liandong.intake.models import Document
from liandong.intake.queries import access_order, visible_orders
from liandong.peers.attachments import ATTACHMENT, Progress, mark, progress
from liandong.peers.models import Consignment, Outgoing


@dataclass(frozen=True, slots=True)
class Sent:
    """A document on its way to a peer, or there."""

    document: Document
    peer: str
    progress: Progress


def access_sent(by: By, number: str) -> list[Sent]:
    """How far those documents added here are that the actor sees on the order's page, by document and peer. Four
    statements. Raises BadNumber, NotFound.
    """
    matter = access_order(by, number).matter
    rows = Consignment.objects.filter(
        document__order__in=visible_orders(by).filter(matter=matter), document__removal__isnull=True
    )
    going = list(rows.select_related("document__order").order_by("document_id", "peer"))
    if not going:
        return []
    of = Func(F("mark"), Value("[^:]*$"), Value(""), function="regexp_replace", output_field=TextField())
    parts = Outgoing.objects.filter(kind=ATTACHMENT, subject=matter.number).exclude(mark__endswith=":0").annotate(of=of)
    found = {
        (one["peer"], one["of"]): (one["unheard"], one["why"])
        for one in parts.values("peer", "of").annotate(
            unheard=Count("id", filter=Q(stored_at=None)), why=Max("refused")
        )
    }
    told = []
    for row in going:
        one = row.document
        unheard, why = found.get((row.peer, mark(one.order.number, bytes(one.sm3), one.nth)), (0, ""))
        told.append(Sent(one, row.peer, progress(row.parts, row.begun, unheard, why)))
    return told
