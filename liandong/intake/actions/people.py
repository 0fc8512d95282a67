"""What people do beside the life of an order: urge, link, look at personal data for a purpose."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity.errors import DeskElsewhere
from liandong.identity.queries import is_here, must_be_here, node_of
from liandong.intake import facts
from liandong.intake.actions.locks import lock_matter
from liandong.intake.actions.matters import line, trace
from liandong.intake.callers import Caller
from liandong.intake.errors import PurposeMissing
from liandong.intake.models import Order, OrderLink
from liandong.intake.queries import Page, access_order, by_phone, caller_in_clear
from liandong.kernel import clock
from liandong.kernel.errors import Invalid
from liandong.kernel.outbox import announce


@transaction.atomic
def urge(*, by: By, number: str, text: str) -> Order:
    """An urge attaches to its order and makes no new one. Raises NotFound, DeskElsewhere, Invalid (no text)."""
    by.needs("note.add")
    order = access_order(by, number)
    if not text.strip():
        raise Invalid("请填写催办内容。", field="text")
    if order.closed_at is not None:
        raise Invalid("该单已办结，如问题未解决请新建并关联原单。", field="related")
    must_be_here(by.desk)
    if not is_here(order.desk):
        raise DeskElsewhere("该单由另一节点的台承办：请在移交上催办，对方即可看到。", node=node_of(order.desk))
    order.matter = lock_matter(order.matter_id)
    Order.objects.filter(pk=order.pk).update(urges=F("urges") + 1)
    said = line(by=by, order=order, verb="urge", text=text)
    trace("order.urged", by=by, matter=order.matter, detail={"order": order.number, "text": text}, along=said)
    announce(facts.ORDER_URGED, matter=order.matter.number, order=order.number, desk=order.desk)
    return order


@transaction.atomic
def link(*, by: By, number: str, other: str, relation: str = "repeat") -> OrderLink:
    """Link two orders the actor may see; both stay what they are. Raises NotFound, Invalid for the same order twice."""
    by.needs("note.add")
    order, earlier = access_order(by, number), access_order(by, other)
    if order.pk == earlier.pk:
        raise Invalid("不能将一件单与其自身关联。", field="related")
    order.matter = lock_matter(order.matter_id)
    made, new = OrderLink.objects.get_or_create(
        order=order, other=earlier, relation=relation, defaults={"at": clock.now()}
    )
    if new:
        detail = {"order": order.number, "other": earlier.number, "relation": relation}
        trace("order.linked", by=by, matter=order.matter, detail=detail)
    return made


@transaction.atomic
def reveal_caller(*, by: By, number: str, purpose: str) -> Caller:
    """The caller unmasked, for a purpose that goes into the trail. Raises NotAllowed, NotFound, PurposeMissing."""
    by.needs("caller.reveal")
    order = access_order(by, number)
    if not purpose.strip():
        raise PurposeMissing(field="purpose")
    caller = caller_in_clear(order)
    shown = [name for name in ("name", "phone", "identity_number") if getattr(caller, name)]
    detail = {"order": order.number, "purpose": purpose, "fields": shown}
    record("caller.revealed", by=by, subject=order.matter.number, detail=detail)
    return caller


@transaction.atomic
def search_phone(*, by: By, phone: str, purpose: str, after: str = "") -> Page:
    """Orders of one phone, for a purpose that goes into the trail (the phone itself does not)."""
    page = by_phone(by, phone, after=after)
    if not purpose.strip():
        raise PurposeMissing(field="purpose")
    subject = f"person:{by.person}" if by.person is not None else f"system:{by.system}"
    record("phone.searched", by=by, subject=subject, detail={"purpose": purpose, "found": len(page.orders)})
    return page
