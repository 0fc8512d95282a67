"""Which nodes there are and which desks each of them hosts (ADR 0022): the rows of a city pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from liandong.audit.by import By
from liandong.identity import queries
from liandong.identity.models import Desk, Node
from liandong.identity.rights import CITY_LOAD
from liandong.kernel.actions import upsert
from liandong.kernel.rows import Loaded, Row

# As many as can be told apart by their numbers, see `intake.numbering`.
MOST_NODES = 50


@transaction.atomic
def load_nodes(*, by: By, rows: Sequence[Row]) -> Loaded:
    """Rows of nodes.csv: which nodes there are and which desks each hosts; desks first.

    With any row, every desk has its node: one that two nodes took for theirs would be acted for twice. Raises BadRow,
    NotAllowed.
    """
    by.needs(CITY_LOAD)
    waiting, wanted, hosts = (
        set(Desk.objects.values_list("pk", flat=True)),
        list[tuple[Row, dict[str, Any]]](),
        dict[str, list[str]](),
    )
    for row in rows:
        ordinal = row.number("ordinal")
        if ordinal not in range(MOST_NODES):
            raise row.bad("ordinal", f"应为0至{MOST_NODES - 1}的整数")
        code = row.text("code", longest=20)
        wanted.append((row, {"code": code, "name": row.text("name", longest=60), "ordinal": int(ordinal)}))
        hosts[code] = row.words("desks")
        for desk in hosts[code]:
            if desk not in waiting:
                raise row.bad("desks", f"{desk} 不是台席，或已属另一节点")
            waiting.remove(desk)
    if rows and waiting:
        raise rows[-1].bad("desks", f"台席 {'、'.join(sorted(waiting))} 没有节点")
    _same_ordinals(wanted)
    loaded = upsert(Node, "code", wanted)
    for code, desks in hosts.items():
        Desk.objects.filter(code__in=desks).exclude(node=code).update(node=code)
    queries.forget()
    return loaded


def _same_ordinals(wanted: Sequence[tuple[Row, Mapping[str, Any]]]) -> None:
    """Numbers given under an ordinal are out in the world: it stays the node's, and no other gets it."""
    known = dict(Node.objects.values_list("code", "ordinal"))
    taken = {ordinal: code for code, ordinal in known.items()}
    for row, columns in wanted:
        code, ordinal = columns["code"], columns["ordinal"]
        if known.get(code, ordinal) != ordinal or taken.setdefault(ordinal, code) != code:
            raise row.bad("ordinal", "节点的序号不得更改，也不得与其他节点相同")
