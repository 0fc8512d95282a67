"""What a comparison found: each difference a row with its repair; what the peer lacks of ours is sent again."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import date

from liandong.identity.queries import is_here, node_of
from liandong.intake.models import Matter, Order
from liandong.kernel import clock
from liandong.kernel.ids import local_day, uuid7
from liandong.peers.actions.giving import give_back
from liandong.peers.actions.post import post_matter
from liandong.peers.ledger import REPAIRS, Finding, Name, differences, revision_of
from liandong.peers.messages import MATTER, NOTE, STEP
from liandong.peers.models import Difference, Incoming, Outgoing, Peer
from liandong.peers.queries import pace
from liandong.transfer.models import NoteRow, StepRow

log = logging.getLogger("liandong.peers")

NOT_SENT = "对方缺少，作者所在节点不是本节点，请该节点重新发送"
REFUSED = "对方拒收，请双方查明原因后重新发送"
SENT_AGAIN = "对方缺少，已重新发送"
GIVEN_BACK = "对方遗失了自己所写的内容，已交还"


def differ(
    peer: str, matters: Collection[str], here: Mapping[Name, str], there: Mapping[Name, str], of: Mapping[str, str]
) -> None:
    """Keep what differs of these matters, mend what this node can, and close what differs no longer."""
    now, open_names = clock.now(), set[tuple[str, ...]]()
    for one in differences(here, there):
        repair = REPAIRS[one.finding]
        if one.finding == "missing_there":
            repair = _mend_there(peer, one.name, of.get(one.name[1], one.name[1]), one.here)
        elif one.finding == "changed" and one.name[0] == MATTER and post_matter(number=one.name[1], also_to=peer):
            repair = ""  # it has changed since it was told last, and is told now
        elif one.finding == "missing_here" and _on_its_way(peer, one.name):
            repair = ""
        if not repair:
            continue  # nothing is wrong: it is under way just now
        open_names.add((*one.name, one.finding))
        keep(peer, one.name, one.finding, one.here, one.there, repair, matter=_matter_of(one.name, of, matters))
    for row in Difference.objects.filter(peer=peer, matter__in=matters, mended_at=None):
        if (row.kind, row.subject, row.mark, row.finding) not in open_names:
            Difference.objects.filter(pk=row.pk).update(mended_at=now)


def keep(
    peer: str, name: Name, finding: Finding, here: str, there: str, repair: str, *, matter: str = "", **evidence: object
) -> None:
    """A difference; found again it is the same one."""
    kind, subject, mark = name
    now = clock.now()
    said = {"here": here, "there": there, "repair": repair, "seen_at": now, "evidence": evidence}
    _, new = Difference.objects.update_or_create(
        peer=peer,
        kind=kind,
        subject=subject,
        mark=mark,
        finding=finding,
        mended_at=None,
        defaults=said,
        create_defaults={**said, "matter": matter, "found_at": now},
    )
    if new:
        log.error("对端 %s：对账有出入：%s %s %s：%s", peer, kind, subject, mark, repair)


def all_mended(peer: str, since: date | None) -> None:
    """Both have the same of all matters opened since that day."""
    rows = Difference.objects.filter(peer=peer, mended_at=None).exclude(matter="")
    if since is not None:
        opened = dict(Matter.objects.filter(number__in=rows.values("matter")).values_list("number", "opened_at"))
        rows = rows.filter(matter__in=[number for number, at in opened.items() if local_day(at) >= since])
    rows.update(mended_at=clock.now())


def _matter_of(name: Name, of: Mapping[str, str], matters: Collection[str]) -> str:
    """The matter of a line; of a transfer nobody here knows, it is one of those that were compared."""
    kind, subject, _ = name
    if kind == MATTER:
        return subject
    return of.get(subject, next(iter(matters)) if len(matters) == 1 else "")


def _mend_there(peer: str, name: Name, matter: str, line: str) -> str:
    """Let the peer have what it lacks. Returns what is done about it; "" when it is on its way as it is."""
    kind, subject, mark = name
    home = node_of(author) if (author := _author(name)) else ""
    theirs = home == peer  # they have forgotten it, by a restored backup
    if not theirs and not (home and is_here(author)):
        return NOT_SENT
    wanted = f"{mark}:{revision_of(line)}" if kind == MATTER else mark
    sent = Outgoing.objects.filter(peer=peer, kind=kind, subject=subject, mark=wanted).first()
    if sent is None:
        if theirs:
            return GIVEN_BACK if give_back(peer, name) else NOT_SENT
        # Never posted to this peer, or the journal has lost it: posting works out what is lacking.
        post_matter(number=matter, also_to=peer)
        return SENT_AGAIN if kind != MATTER or revision_of(line) else ""
    if sent.refused:
        return REFUSED
    if sent.stored_at is None:
        return ""
    if clock.now() - sent.stored_at < pace().degraded and Peer.objects.filter(code=peer, owes_receipt=True).exists():
        return ""  # stored there a moment ago, and not settled yet
    # Under a new id and serial: under the old ones the peer may well say that it has it.
    sent.message, sent.serial, sent.raw, sent.stored_at = uuid7(clock.now()), None, None, None
    sent.tries, sent.next_try_at = 0, clock.now()
    sent.save(update_fields=["message", "serial", "raw", "stored_at", "tries", "next_try_at"])
    return GIVEN_BACK if theirs else SENT_AGAIN


def _author(name: Name) -> str:
    """The desk that wrote it; empty when nothing is here of it."""
    kind, subject, mark = name
    if kind == STEP:
        author = StepRow.objects.filter(transfer__number=subject, seq=mark).values_list("author", flat=True).first()
    elif kind == NOTE:
        notes = NoteRow.objects.filter(transfer__number=subject).select_related("transfer")
        author = next((note.author for note in notes if str(note.name) == mark), None)
    else:
        author = Order.objects.filter(number=mark).values_list("desk", flat=True).first()
    return author or ""


def _on_its_way(peer: str, name: Name) -> bool:
    """Whether it has come and only not taken effect yet."""
    kind, subject, _ = name
    return Incoming.objects.filter(peer=peer, kind=kind, subject=subject, state="stored").exists()
