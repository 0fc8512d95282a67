"""Everything an order page shows and offers, read once: the page and the acts on it speak of the same moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from liandong.audit.by import By
from liandong.identity.queries import desk
from liandong.intake.models import Custody, Document, Matter, Order, OrderLink, OrderStep
from liandong.intake.queries import access_order, history_of, links_among, rulebook
from liandong.intake.queries.documents import (
    Coming,
    coming_with,
    documents_with,
    is_there,
    orders_with_documents,
)
from liandong.kernel import clock
from liandong.transfer.baton import Around
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.notes import hear
from liandong.transfer.queries import duties_among, may_see, notes_of, of_matter, steps_of, visible_custody
from liandong.transfer.responsibility import Duty, responsible


@dataclass(frozen=True, slots=True)
class Reading:
    """`order` is the one the page is about; `own` the actor's desk's own one: its open one, else its newest."""

    by: By
    now: datetime
    order: Order
    matter: Matter
    orders: list[Order]
    own: Order | None
    custody: list[Custody]
    history: list[OrderStep]
    links: list[OrderLink]
    transfers: list[Transfer]
    steps: list[StepRow]
    notes: list[NoteRow]
    documents: list[Document]
    coming: list[Coming]
    # Of all open transfers, those the actor may not see among them: they too say who is responsible.
    duties: list[Duty]

    @property
    def citable(self) -> list[Document]:
        """What the own order's feedback may cite as evidence."""
        own = self.own
        return [one for one in self.documents if own is not None and one.order_id == own.pk and is_there(one)]

    @property
    def running(self) -> list[Transfer]:
        return [transfer for transfer in self.transfers if transfer.ended_at is None]

    @property
    def desk_kind(self) -> str:
        """The kind of the actor's desk; empty for people of a unit."""
        return desk(self.by.desk).kind if self.by.desk else ""

    def is_responsible(self) -> bool:
        return self.by.desk in responsible(self.matter.first_desk, self.duties)

    def steps_of(self, transfer: Transfer) -> list[StepRow]:
        return [step for step in self.steps if step.transfer_id == transfer.pk]

    def around(self, transfer: Transfer) -> Around:
        """What the guards of the next step of `transfer` see, as `take_step` reads it."""
        children = [child for child in self.transfers if child.parent_id == transfer.pk]
        back = any(child.state in ("returned", "withdrawn") for child in children)
        return Around(
            heard=hear(
                (note.kind, note.body)
                for note in self.notes
                if note.transfer_id == transfer.pk and note.after_seq == transfer.seq
            ),
            refusals=self.matter.sent_back,
            limit=int(rulebook().parameter("loop_guard_refusals", self.now)),
            settle_by=transfer.settle_by,
            objection_until=transfer.objection_until,
            onward_came_back=back and all(child.ended_at is not None for child in children),
        )


def read(by: By, number: str, *, whole: bool = True) -> Reading:
    """Read the page of an order. Raises BadNumber, NotFound (also when it may not be seen).

    Without `whole` the chain, history and links stay empty: a page about one transfer does not tell them.
    """
    order = access_order(by, number)
    orders, every = orders_with_documents(by, order.matter), of_matter(order.matter)
    transfers = [transfer for transfer in every if may_see(by, transfer.kind)]
    for one in orders:
        one.matter = order.matter
    return Reading(
        by=by,
        now=clock.now(),
        order=order,
        matter=order.matter,
        orders=orders,
        own=_own(orders, by.desk),
        custody=visible_custody(by, order.matter, every) if whole else [],
        history=history_of(orders) if whole else [],
        links=links_among(by, orders) if whole else [],
        transfers=transfers,
        steps=steps_of(transfers) if transfers else [],
        notes=notes_of(transfers) if transfers else [],
        documents=documents_with(orders),
        coming=coming_with(orders),
        duties=duties_among(every),
    )


def _own(orders: Iterable[Order], desk_code: str | None) -> Order | None:
    mine = [order for order in orders if order.desk == desk_code]
    still_open = [order for order in mine if order.closed_at is None]
    found = still_open or mine
    return found[-1] if found else None
