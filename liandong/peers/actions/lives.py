"""A node that was put back to a backup begins a new life, asks its peers what it said since, and goes on (ADR 0023).

It has forgotten which steps it took: were it to take another now, there could be two of one number. So it is held back
from matters of before until every peer has compared accounts with it and found them the same. New calls and dangers do
not wait. Somebody may let it go on without a peer that does not come back.
"""

from __future__ import annotations

import logging

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity.models import Life
from liandong.identity.queries import held_back_since, life, other_nodes, this_node
from liandong.intake.actions.sequence import set_numbers_forward
from liandong.kernel import clock
from liandong.kernel.errors import Invalid, NotFound
from liandong.kernel.notices import tell
from liandong.kernel.telling import write
from liandong.peers import notices
from liandong.peers.actions.journals import begin_journal
from liandong.peers.actions.resuming import go_on
from liandong.peers.facts import traffic_with
from liandong.peers.journal import numbered
from liandong.peers.models import Difference, Peer, Reconciliation, Word
from liandong.peers.queries.desk import MANAGE

log = logging.getLogger("liandong.peers")

# Who begins a new life when what a peer says shows that this node has forgotten something.
NOTICED = By(name="系统（发现由备份恢复）", post="restored", system="peers", rights=frozenset({MANAGE}))
NOTE_LONGEST = 200


@transaction.atomic
def begin_life(*, by: By, why: str) -> Life:
    """The node goes on from a backup: new numbers, new journals, and the peers are asked.

    Begun again while it is held back it is one more life, and all peers are asked anew. Raises NotAllowed, Invalid
    (a house alone has nobody to ask; no reason).
    """
    by.needs(MANAGE)
    why = why.strip()
    if this_node() is None or not other_nodes():
        raise Invalid("本系统没有其他节点，恢复后没有可以核对的对端。")
    if not why:
        raise Invalid("请写明由哪一份备份恢复、为什么恢复。", field="why")
    now, before = clock.now(), life()
    Life.objects.filter(released_at=None).update(released_at=now)
    number = max(numbered(now), (before.number if before else 0) + 1)
    row = Life.objects.create(number=number, begun_at=now, who=by.name, why=why[:300])
    set_numbers_forward()
    Word.objects.all().delete()
    for node in other_nodes():
        Peer.objects.get_or_create(code=node.code)
        Peer.objects.filter(code=node.code).update(awaited=True, answered=0, reconcile_at=now, deposited=0)
        begin_journal(peer=node.code)
    record("node.restored", by=by, subject=f"node:{_me()}", detail={"life": number, "why": row.why})
    _tell()
    log.error("本节点由备份恢复，启用新世代 %s，核对完成前不办理恢复前的事项：%s", number, row.why)
    return row


def notice(*, peer: str, why: str) -> None:
    """What the peer says shows that this node has forgotten something. While it is held back it knows that already."""
    if held_back_since() is None:
        begin_life(by=NOTICED, why=f"对端{peer}：{why}")


@transaction.atomic
def has_answered(*, peer: str, found: Reconciliation) -> None:
    """The comparison of all accounts with the peer ended without a difference."""
    since = held_back_since()
    if since is None or found.since is not None or found.asked_at < since:
        return
    if Peer.objects.filter(code=peer, awaited=True).update(awaited=False):
        log.warning("对端 %s：恢复后的核对已完成", peer)
        _go_on_if_all_have(NOTICED)


@transaction.atomic
def go_on_without(*, by: By, peer: str, note: str) -> None:
    """Somebody lets the node go on although this peer does not answer. Raises NotAllowed, NotFound, Invalid."""
    by.needs(MANAGE)
    note = note.strip()
    if not note or len(note) > NOTE_LONGEST:
        raise Invalid(f"请写明与谁核对、为什么不再等待，不超过{NOTE_LONGEST}字。", field="note")
    if not Peer.objects.filter(code=peer, awaited=True).update(awaited=False):
        raise NotFound("没有在等待这个对端的核对。")
    record("node.not_awaited", by=by, subject=f"node:{peer}", detail={"handled": note})
    _go_on_if_all_have(by)


def _go_on_if_all_have(by: By) -> None:
    if Peer.objects.filter(code__in=[node.code for node in other_nodes()], awaited=True).exists():
        _tell()
        return
    go_on()
    Life.objects.filter(released_at=None).update(released_at=clock.now())
    Difference.objects.filter(finding="forgotten_here", mended_at=None).update(mended_at=clock.now())
    row = life()
    record("node.goes_on", by=by, subject=f"node:{_me()}", detail={"life": row.number if row else 0})
    _tell()
    log.warning("恢复后的核对已全部完成，恢复前的事项可以照常办理")


def _me() -> str:
    node = this_node()
    return node.code if node is not None else ""


def _tell() -> None:
    tell(notices.OUTGOING)
    tell(notices.RECONCILING)
    write([traffic_with(node.code) for node in other_nodes()])
