"""This node's own chain, a link a day over its sealed trail, and its head as it is deposited with the peers.

Who has a head of ours knows by the next whether our past was changed; we know by what they hold of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from liandong.audit.queries import head as trail_head
from liandong.audit.queries import seal_hash_of
from liandong.kernel import clock
from liandong.kernel.canonical import canonical
from liandong.kernel.ids import local_day
from liandong.kernel.seals import sm3
from liandong.peers.actions.differing import keep
from liandong.peers.actions.lives import notice
from liandong.peers.ledger import REPAIRS, Finding, Head, extends
from liandong.peers.models import Difference, Link, Peer

MOST_LINKS = 400  # in one heartbeat
CHAIN = "chain"
_EMPTY = Head()


@transaction.atomic
def lengthen() -> int:
    """A link for today, if there is none yet. Returns how many were added."""
    day, last = local_day(clock.now()), Link.objects.order_by("-number").first()
    seal = trail_head()
    if seal is None or (last is not None and last.day >= day):
        return 0
    before = _EMPTY if last is None else Head(last.number, bytes.fromhex(last.head))
    link = Link(number=before.count + 1, day=day, seal=seal.number, sealed=seal.hash)
    link.head = before.then(link_digest(link)).head.hex()
    # Of two workers at once the second finds the day's link.
    Link.objects.bulk_create([link], ignore_conflicts=True)
    return 1


def link_digest(link: Link) -> bytes:
    """What a link binds, as the peers are shown it."""
    return sm3(canonical({"day": str(link.day), "seal": link.seal, "hash": bytes(link.sealed).hex()}))


def chain_for(peer: Peer, life: int) -> dict[str, Any]:
    """How our chain goes on from what of it is deposited with the peer, for a heartbeat."""
    links = list(Link.objects.order_by("number"))
    since = min(peer.deposited, len(links))
    shown = links[since : since + MOST_LINKS]
    said = shown[-1] if shown else links[-1] if links else None
    return {
        "life": life,
        "count": said.number if said else 0,
        "head": said.head if said else _EMPTY.head.hex(),
        "since": since,
        "base": links[since - 1].head if since else _EMPTY.head.hex(),
        "links": [link_digest(link).hex() for link in shown],
        "deposited": {"life": peer.life, "count": peer.deposit_count, "head": peer.deposit_head},
    }


def hear_chain(*, peer: str, chain: Mapping[str, Any], life: int) -> None:
    """Keep the peer's head where it extends the one kept here, else the proof; and look at what it holds of ours.

    `life`: our own.
    """
    row = Peer.objects.select_for_update().get(code=peer)
    said = Head(chain["count"], bytes.fromhex(chain["head"]))
    kept = Head(row.deposit_count, bytes.fromhex(row.deposit_head))
    if chain["life"] > row.life:
        _deposit(row, said, chain["life"])
    elif chain["life"] == row.life and chain["since"] <= kept.count <= said.count:
        base = Head(chain["since"], bytes.fromhex(chain["base"]))
        if extends(kept, base, [bytes.fromhex(link) for link in chain["links"]], said):
            _deposit(row, said, row.life)
        else:
            _alarm(row, "rewritten_there", kept, said, dict(chain))
    ours = chain.get("deposited")
    if ours is not None and ours["life"] == life:
        _look_at_ours(row, Head(ours["count"], bytes.fromhex(ours["head"])))


def _deposit(row: Peer, said: Head, life: int) -> None:
    if (said.count, life) != (row.deposit_count, row.life):
        Peer.objects.filter(pk=row.pk).update(
            deposit_count=said.count, deposit_head=said.head.hex(), deposit_at=clock.now(), life=life
        )


def _look_at_ours(row: Peer, deposited: Head) -> None:
    """Whether our chain still passes through the head of it that the peer holds."""
    Peer.objects.filter(pk=row.pk).update(deposited=deposited.count)
    links = list(Link.objects.filter(number__lte=deposited.count).order_by("number"))
    if len(links) < deposited.count:
        _alarm(row, "forgotten_here", Head(len(links)), deposited, {})
        notice(peer=row.code, why="所存的链头比本节点的链更长")
        return
    now = _EMPTY
    for link in links:
        now = now.then(link_digest(link))
    whole = not links or seal_hash_of(links[-1].seal) == bytes(links[-1].sealed)
    if now != deposited or not whole:
        _alarm(row, "rewritten_here", now, deposited, {"seal": links[-1].seal})


def _alarm(row: Peer, finding: Finding, here: Head, there: Head, evidence: dict[str, Any]) -> None:
    known = Difference.objects.filter(peer=row.code, kind=CHAIN, finding=finding, mended_at=None)
    if not known.exists():  # said with every heartbeat, kept once
        name = (CHAIN, row.code, str(there.count))
        keep(row.code, name, finding, here.head.hex(), there.head.hex(), REPAIRS[finding], **evidence)
