"""Before a hand-over: whether the node of the desk that is to receive hears, and which desk to telephone meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from liandong.audit.by import By
from liandong.identity.models import Desk, Node
from liandong.identity.queries import desks, is_here, node_of
from liandong.peers.queries.desk import reaches
from liandong.peers.reach import Reach
from liandong.transfer.paths import PATHS, targets

About = Literal["offer", "danger"]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A node that would have to hear. `desk`: the one that receives; None while it is one of several."""

    node: Node
    reach: Reach
    desk: Desk | None


def ahead(by: By, about: About, chosen: str) -> list[Ahead]:
    """The other nodes a hand-over may go to from the actor's desk; of a chosen receiver its node alone.

    `chosen`: what the form has chosen, a desk or `kind:desk`; empty for nothing yet. Raises ParameterMissing.
    """
    receiving = receivers(by, about, chosen)
    hosts = {node_of(one.code) for one in receiving if not is_here(one.code)}
    if not hosts:
        return []
    desk = receiving[0] if len(receiving) == 1 else None
    return [Ahead(node, found, desk) for node, found in reaches() if node.code in hosts]


def receivers(by: By, about: About, chosen: str) -> Sequence[Desk]:
    """The desks that may receive it: the chosen one, else all to which the plan knows a path."""
    code = chosen.rpartition(":")[2]
    if code:
        return [one for one in desks() if one.code == code]
    own = next((one.kind for one in desks() if one.code == by.desk), "")
    asked = ("danger",) if about == "danger" else tuple(kind for kind in PATHS if kind != "danger")
    kinds = frozenset[str]().union(*(targets(kind, own) for kind in asked))
    return [one for one in desks() if one.kind in kinds]
