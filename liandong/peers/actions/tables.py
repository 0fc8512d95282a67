"""代码表、分流清单: this node tells its peers which codes and which list hold here, and keeps what they tell.

Told anew when something has changed, as messages of the journal. What a peer's codes are called is kept with the
codes of this node (`intake`), so that a code nobody here knows is shown by its name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from liandong.identity.queries import other_nodes, this_node
from liandong.intake.actions import keep_foreign_codes
from liandong.kernel import clock
from liandong.kernel.canonical import canonical, moment
from liandong.kernel.ids import uuid7
from liandong.kernel.notices import tell
from liandong.kernel.telling import write
from liandong.peers.codetables import CODES, LIST, MOST, read, told, version
from liandong.peers.facts import traffic_with
from liandong.peers.keeping import Entry, closed
from liandong.peers.models import Outgoing, Tables
from liandong.peers.notices import OUTGOING
from liandong.peers.queries.tables import latest, list_in_force, own_codes

log = logging.getLogger("liandong.peers")

SHORT = 16  # hex digits of a version in the journal


def tell_tables() -> int:
    """Post to each peer what it was not told yet. Returns how many messages that were."""
    if this_node() is None:
        return 0
    found = {kind: content for kind, make in _MADE.items() if (content := make()) is not None}
    return sum(_tell(node.code, kind, content) for node in other_nodes() for kind, content in found.items())


def _codes() -> dict[str, Any] | None:
    return {"rows": told(own_codes())}


_MADE: Mapping[str, Callable[[], dict[str, Any] | None]] = {CODES: _codes, LIST: list_in_force}


@transaction.atomic
def _tell(peer: str, kind: str, content: dict[str, Any]) -> int:
    now = clock.now()
    name = version(content)
    rows = Outgoing.objects.select_for_update().filter(peer=peer, kind=kind).order_by("-id")
    last = rows.values_list("mark", flat=True).first()
    if last is not None and last.partition(":")[0] == name[:SHORT]:
        return 0
    if len(canonical(content)) > MOST:
        log.error("对端 %s：%s超过一件报文的上限，没有发出", peer, "代码表" if kind == CODES else "分流清单")
        return 0
    # What was told may come back: so the moment stands in the mark too.
    mark = f"{name[:SHORT]}:{int(now.timestamp() * 1_000_000)}"
    entry = Entry(kind, kind, mark, False, {**content, "as_of": moment(now)})
    row = Outgoing(
        peer=peer,
        message=uuid7(now),
        kind=kind,
        subject=kind,
        mark=mark,
        urgent=False,
        document=closed(entry, peer, settings.SEAL_KEY),
        made_at=now,
        next_try_at=now,
    )
    row.save()
    tell(OUTGOING)
    return 1


@transaction.atomic
def keep_tables(*, peer: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Keep what the peer says holds there; False when it said so before, or has said something newer since."""
    content = {name: value for name, value in data.items() if name not in ("as_of", "sealed")}
    as_of = datetime.fromisoformat(data["as_of"]) if "as_of" in data else clock.now()
    known = latest(peer, kind)
    name = version(content)
    if known is not None and (known.version == name or known.as_of >= as_of):
        return False
    label = f"{content.get('version', '')} {content.get('name', '')}".strip()
    row = Tables(peer=peer, kind=kind, version=name, label=label[:110], as_of=as_of, heard_at=clock.now())
    # Of two at once the second finds what the first has kept.
    Tables.objects.bulk_create([row], ignore_conflicts=True)
    if kind == CODES:
        keep_foreign_codes(node=peer, rows=read(content["rows"]), at=as_of)
    write([traffic_with(peer)])
    return True
