"""What the lists of 节点对接 have in common: which rows, of which peer, from where on; and links to orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from liandong.audit.by import By
from liandong.identity.queries import other_nodes
from liandong.intake.queries import visible_orders
from liandong.transfer.queries import visible_transfers


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A list as it is narrowed by its address. `shown`: code → label of the views; the first is the usual one."""

    route: str
    shown: Mapping[str, str]
    show: str
    peer: str
    before: int | None

    @classmethod
    def by(cls, request: HttpRequest, route: str, shown: Mapping[str, str]) -> Narrowed:
        show, before = request.GET.get("show", ""), request.GET.get("before", "")
        known = int(before) if before.isdecimal() and len(before) < 19 else None
        return cls(
            route, shown, show if show in shown else next(iter(shown), ""), request.GET.get("peer", "")[:20], known
        )

    def context(self, older: int | None) -> dict[str, Any]:
        """`views` and `nodes`: (label, address, whether it is this one); `older`, `newer`: addresses or empty."""
        views = [(label, self._to(code, self.peer), code == self.show) for code, label in self.shown.items()]
        found = other_nodes()
        nodes = [("全部对端", self._to(self.show, ""), not self.peer)] if len(found) > 1 else []
        nodes += [(one.name, self._to(self.show, one.code), one.code == self.peer) for one in found if nodes]
        return {
            "views": views if len(views) > 1 else [],
            "nodes": nodes,
            "show": self.show,
            "peer": self.peer,
            "older": self._to(self.show, self.peer, older) if older else "",
            "newer": self._to(self.show, self.peer) if self.before else "",
        }

    def address(self) -> str:
        """Its first page."""
        return self._to(self.show, self.peer)

    def _to(self, show: str, peer: str, before: int | None = None) -> str:
        usual = not show or show == next(iter(self.shown), "")
        asked = {"show": "" if usual else show, "peer": peer, "before": before or ""}
        said = urlencode({name: value for name, value in asked.items() if value})
        return f"{reverse(self.route)}?{said}" if said else reverse(self.route)


def orders_of(by: By, subjects: Iterable[str]) -> dict[str, str]:
    """Number of a matter or transfer → number of the order on whose page the actor may see it."""
    wanted = {one for one in subjects if one}
    if not wanted or not by.may("order.read"):
        return {}
    found = {}
    for order in visible_orders(by).filter(matter__number__in=wanted).select_related("matter").order_by("id"):
        if order.desk == by.party or order.matter.number not in found:
            found[order.matter.number] = order.number
    for row in visible_transfers(by).filter(number__in=wanted):
        own = row.target_order if row.target == by.party and row.target_order else row.origin_order
        found[row.number] = own.number
    return found
