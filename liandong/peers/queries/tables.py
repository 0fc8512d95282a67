"""Reads of the code tables and lists of this node and of its peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liandong.audit.by import By
from liandong.identity.queries import desks
from liandong.intake.codes import CodeRow
from liandong.intake.queries import rulebook
from liandong.intake.queries.foreign import foreign_codes
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.peers.codetables import ALWAYS, CODES, DESK, LIST, Unlike, told, unlike, version
from liandong.peers.models import Tables
from liandong.peers.queries.desk import MANAGE
from liandong.routing.errors import NoListInForce
from liandong.routing.models import ListVersion
from liandong.routing.queries import choices, version_in_force

SHOWN = 50


@dataclass(frozen=True, slots=True)
class TablesSeen:
    """How a peer's tables stand to ours. `codes`, `list`: what it told last, None: nothing yet. `unlike`: at most
    `SHOWN` of `count`. `own_list`: the version that holds here, `own_version` its SM3; `same_list`: whether theirs has
    the same content.
    """

    codes: Tables | None
    unlike: list[Unlike]
    count: int
    list: Tables | None
    own_list: str
    own_version: str
    same_list: bool


def own_codes() -> list[CodeRow]:
    """The rows of our code tables, past ones included, and the desks."""
    rows = [
        CodeRow(one.table, one.code, one.name, one.parent, one.effective_from, one.effective_to)
        for one in rulebook().codes
    ]
    return [*rows, *(CodeRow(DESK, one.code, one.name, "", ALWAYS, None) for one in desks())]


def list_in_force() -> dict[str, Any] | None:
    """The content of a `list` message about the version that holds here; None while none does."""
    now = clock.now()
    try:
        found = ListVersion.objects.filter(code=version_in_force(now)).first()
        rows = choices(now)
    except NoListInForce:
        return None
    if found is None:
        return None
    head = {
        "version": found.code,
        "name": found.name,
        "effective_from": found.effective_from.isoformat(),
        "effective_to": found.effective_to.isoformat() if found.effective_to else "",
        "approved_by": found.approved_by,
        "source": found.source,
    }
    items = [
        {
            "code": one.code,
            "class": one.class_name,
            "text": one.text,
            "side": one.side,
            "kind": one.kind,
            "unit_type": one.unit_type,
            "exceptions": one.exceptions,
            "legal_basis": one.legal_basis,
            "clause": one.clause,
        }
        for one in rows
    ]
    return {**_filled(head), "items": [_filled(one) for one in items]}


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def latest(peer: str, kind: str) -> Tables | None:
    """What the peer told last of its codes or its list."""
    return Tables.objects.filter(peer=peer, kind=kind).order_by("-as_of", "-id").first()


def access_tables(by: By, peer: str) -> TablesSeen:
    """Raises NotAllowed."""
    by.needs(MANAGE)
    codes, theirs = latest(peer, CODES), latest(peer, LIST)
    found: list[Unlike] = []
    if codes is not None and codes.version != version({"rows": told(own_codes())}):
        rows = [
            CodeRow(one.table, one.code, one.name, one.parent, one.effective_from, one.effective_to)
            for one in foreign_codes(peer)
        ]
        found = unlike(own_codes(), rows, local_day(clock.now()))
    ours = list_in_force() if theirs is not None else None
    return TablesSeen(
        codes=codes,
        unlike=found[:SHOWN],
        count=len(found),
        list=theirs,
        own_version=version(ours) if ours else "",
        own_list=f"{ours['version']} {ours['name']}" if ours else "",
        same_list=theirs is None or (ours is not None and version(ours) == theirs.version),
    )
