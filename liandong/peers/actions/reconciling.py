"""对账: this node and a peer compare what they hold, and each sends what the other lacks.

Whoever begins tells a digest a day. Where days differ they come to the matters, and where those differ to the lines.
The courier only carries: what came waits as a `Word` for this loop, since an account may take a while to put together.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.db import transaction

from liandong.identity.queries import other_nodes
from liandong.intake.queries import rulebook
from liandong.kernel import clock
from liandong.kernel.ids import CITY_ZONE, local_day, uuid7
from liandong.kernel.notices import tell
from liandong.kernel.telling import write
from liandong.peers import notices
from liandong.peers.actions.account import Account, accounts
from liandong.peers.actions.differing import all_mended, differ
from liandong.peers.actions.heartbeats import life_number
from liandong.peers.actions.journals import begin_journal
from liandong.peers.actions.lives import has_answered
from liandong.peers.actions.post import post_matter
from liandong.peers.facts import traffic_with
from liandong.peers.ledger import Item, Name, by_day, days_apart
from liandong.peers.models import Peer, Reconciliation, Word
from liandong.peers.queries import pace

log = logging.getLogger("liandong.peers")

MOST_LINES = 3000  # of one message, so that it stays below its size
MOST_MATTERS = 5000
Data = Mapping[str, Any]


def reconcile_due() -> int:
    """One round of the loop: answer what came, ask whoever it is time for. Returns how much was done."""
    answered = 0
    for word in Word.objects.filter(came=True).order_by("id")[:10]:
        _answer(word)
        answered += 1
    now = clock.now()
    for node in other_nodes():
        row, _ = Peer.objects.get_or_create(code=node.code)
        if row.reconcile_at is None:
            Peer.objects.filter(code=row.code, reconcile_at=None).update(reconcile_at=_next_day(now))
        elif row.reconcile_at <= now and (row.heard_at is not None or row.awaited):
            ask(peer=row.code, everything=row.awaited)
            answered += 1
    return answered


@transaction.atomic
def ask(*, peer: str, everything: bool = False) -> Reconciliation:
    """Begin a comparison with the peer: of the matters of the last weeks, or of all. An earlier one ends by it."""
    Peer.objects.get_or_create(code=peer)
    now = clock.now()
    since = (
        None if everything else local_day(now) - timedelta(days=int(rulebook().parameter("peer_reconcile_days", now)))
    )
    days = _days(accounts(peer, since=since))
    row = Reconciliation.objects.create(peer=peer, round=str(uuid7(now)), since=since, asked_at=now, days=len(days))
    Word.objects.filter(peer=peer, came=False, data__about="days").delete()
    _say(peer, {"about": "days", "round": row.round, **_since(since), "days": days, **_life(peer)})
    # Not answered, it is asked again; what was answered sets another moment.
    Peer.objects.filter(code=peer).update(round=row.round, reconcile_at=now + pace().cap)
    return row


@transaction.atomic
def heard_again(*, peer: str) -> None:
    """The peer was away for long and is back: compare soon."""
    Peer.objects.filter(code=peer).update(reconcile_at=clock.now())


def keep_word(*, peer: str, data: Data) -> None:
    """A message of the reconciliation came; it is answered by the loop. The same question again takes its place."""
    if data["about"] == "days":
        Word.objects.filter(peer=peer, came=True, data__about="days").delete()
    Word.objects.create(peer=peer, came=True, data=dict(data), at=clock.now())
    tell(notices.RECONCILING)


@transaction.atomic
def _answer(word: Word) -> None:
    if not Word.objects.select_for_update(skip_locked=True).filter(pk=word.pk).exists():
        return  # another worker has it
    _ABOUT[word.data["about"]](word.peer, word.data)
    word.delete()
    write([traffic_with(word.peer)])


def _life(peer: str) -> dict[str, int]:
    """What tells the peer that this node was put back to a backup and waits for its answer."""
    awaited = Peer.objects.filter(code=peer, awaited=True).exists()
    return {"life": life_number()} if awaited else {}


def _hear_life(peer: str, said: int) -> None:
    """The peer was put back to a backup: what it has of our journal it has forgotten in part, so a new one begins.

    Once a life: two that ask each other would begin journals without end.
    """
    if Peer.objects.filter(code=peer, answered__lt=said).update(answered=said):
        log.error("对端 %s 由备份恢复，正在核对；它遗失的内容由本节点重新发送和交还", peer)
        begin_journal(peer=peer)


def _compare_days(peer: str, data: Data) -> None:
    _hear_life(peer, data.get("life", 0))
    since = date.fromisoformat(data["since"]) if data.get("since") else None
    mine, theirs = _days(accounts(peer, since=since)), data.get("days", {})
    apart = days_apart(mine, theirs)
    if not apart:
        all_mended(peer, since)
        Peer.objects.filter(code=peer).update(equal_at=clock.now())
    found = {one.matter: one.digest for one in accounts(peer, days=apart)} if apart else {}
    said = {
        "about": "matters",
        "round": data["round"],
        **_since(since),
        "days": {day: mine.get(day, "") for day in apart},
    }
    for part in _parts(sorted(found.items()), MOST_MATTERS):
        _say(peer, {**said, "matters": dict(part)})


def _compare_matters(peer: str, data: Data) -> None:
    """The answer to a question of ours; one to an earlier question says nothing of today."""
    row = Reconciliation.objects.filter(peer=peer, round=data["round"]).first()
    if row is None or Peer.objects.filter(code=peer).exclude(round=data["round"]).exists():
        return
    now, apart = clock.now(), sorted(data.get("days", {}))
    Reconciliation.objects.filter(pk=row.pk).update(ended_at=now, apart=len(apart))
    if not apart:
        all_mended(peer, row.since)
        Peer.objects.filter(code=peer).update(equal_at=now, reconcile_at=_next_day(now))
        log.info("对端 %s：对账一致（%d 日）", peer, row.days)
        has_answered(peer=peer, found=row)
        return
    theirs = data.get("matters", {})
    mine = {one.matter: one.digest for one in accounts(peer, days=apart)}
    numbers = sorted(number for number in {*mine, *theirs} if mine.get(number) != theirs.get(number))
    log.warning("对端 %s：对账有出入：%d 日，%d 个事项", peer, len(apart), len(numbers))
    _say_lines(peer, data["round"], numbers, answer=True)


def _compare_lines(peer: str, data: Data) -> None:
    theirs: dict[Name, str] = {
        (one["kind"], one["subject"], one["mark"]): one["digest"] for one in data.get("lines", ())
    }
    numbers = sorted(data.get("matters", {}))
    mine: dict[Name, str] = {}
    of_matter: dict[str, str] = {}
    for account in accounts(peer, matters=numbers) if numbers else ():
        mine |= account.lines
        of_matter |= {name[1]: account.matter for name in account.lines}
    if data.get("answer"):
        _say_lines(peer, data["round"], numbers, answer=False)
    differ(peer, numbers, mine, theirs, of_matter)


def _say_lines(peer: str, round_: str, numbers: Sequence[str], *, answer: bool) -> None:
    """All lines of these matters, in as many messages as it takes; a matter stands in one of them."""
    for number in numbers:
        post_matter(number=number, also_to=peer)  # else a change not told yet would look like a changed past
    found = {one.matter: one.lines for one in accounts(peer, matters=numbers)} if numbers else {}
    matters: dict[str, str] = {}
    lines: list[dict[str, str]] = []

    def say() -> None:
        said = {"about": "lines", "round": round_, "matters": matters, "lines": lines}
        _say(peer, {**said, **({"answer": True} if answer else {})})

    for number in numbers:
        if lines and len(lines) + len(found.get(number, ())) > MOST_LINES:
            say()
            matters, lines = {}, []
        matters[number] = ""
        for (kind, subject, mark), digest in sorted(found.get(number, {}).items()):
            lines.append({"kind": kind, "subject": subject, "mark": mark, "digest": digest})
    if matters:
        say()


def _say(peer: str, data: Data) -> None:
    Word.objects.create(peer=peer, came=False, data=dict(data), at=clock.now())
    tell(notices.OUTGOING)


def _days(found: Iterable[Account]) -> dict[str, str]:
    return by_day(Item(one.day, name, line) for one in found for name, line in one.lines.items())


def _since(since: date | None) -> dict[str, str]:
    return {} if since is None else {"since": str(since)}


def _parts(found: Iterable[tuple[str, str]], most: int) -> Iterator[list[tuple[str, str]]]:
    """At least one part, also of nothing."""
    left = iter(found)
    part = list(islice(left, most))
    while True:
        yield part
        part = list(islice(left, most))
        if not part:
            return


def _next_day(now: datetime) -> datetime:
    """Tomorrow at the hour at which little is going on."""
    hour = int(rulebook().parameter("peer_reconcile_hour", now))
    return datetime.combine(local_day(now) + timedelta(days=1), time(hour), tzinfo=CITY_ZONE)


_ABOUT = {"days": _compare_days, "matters": _compare_matters, "lines": _compare_lines}
