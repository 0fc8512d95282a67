"""What a node has to tell its peer after days of silence: many matters, a few messages each, as they would be posted.

While the other desk is away nothing of it comes back, so of a matter there are: the order, the hand-over, what was
added for the other desk, the order once more since it has changed, and an urge of the clock. Of one matter these are
hours apart, so between them stand those of many others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liandong.peers.keeping import Entry

A_MATTER = 5  # messages of each
APART = (0, 0, 40, 60, 90)  # so many matters later than the first message of its own each of them was posted
FIRST = 70_000_000  # numbers of the day that no other row of the table gives
AT_ONCE = 2_000  # a statement has 65,535 values at most, a row some fifteen


@dataclass(frozen=True, slots=True)
class Pattern:
    """The data of the messages of one real hand-over, and to whom they went."""

    peer: str
    matter: Mapping[str, Any]
    step: Mapping[str, Any]


def pattern(transfer: str) -> Pattern:
    """Read from the journal of the node this process points to."""
    from liandong.peers.models import Outgoing
    from liandong.peers.queries import message_of

    step = Outgoing.objects.get(kind="step", subject=transfer, mark="1")
    data = message_of(step).data
    matter = Outgoing.objects.filter(kind="matter", subject=data["body"]["matter"]).order_by("id")[0]
    return Pattern(step.peer, message_of(matter).data, data)


def entries(of: Pattern, count: int, first: int = 0) -> Iterator[Entry]:
    """`count` messages in the order in which they were posted; `first`: numbers from there on are free."""
    matters: dict[int, list[Entry]] = {}
    place = given = 0
    while True:
        matters[place] = _matter(of, first + place)
        for at, later in enumerate(APART):
            one = matters.get(place - later)
            if one is None:
                continue
            yield one[at]
            given += 1
            if given == count:
                return
        matters.pop(place - max(APART), None)
        place += 1


def _matter(of: Pattern, place: int) -> list[Entry]:
    from liandong.intake.numbering import LINKAGE, WORK, number
    from liandong.intake.numbering import TRANSFER as HANDED
    from liandong.kernel import clock
    from liandong.kernel.ids import uuid7
    from liandong.peers.keeping import Entry
    from liandong.peers.messages import MATTER, NOTE, STEP, ToldNote, ToldStep, note_data, step_data
    from liandong.transfer.replica import Step

    now, division = clock.now(), of.matter["division"]
    linkage, order, handed = (number(division, one, now, FIRST + place) for one in (LINKAGE, WORK, HANDED))
    first = deepcopy(dict(of.matter)) | {"linkage_number": linkage}
    first["order"] |= {"number": order, "linkage_number": linkage, "content": f"第{place}件：楼下棋牌室聚众赌博。"}
    later = deepcopy(first)
    later["snapshot"] += 1_000_000
    later["order"] |= {"urges": 1, "version": first["order"]["version"] + 1}
    told = Step.read({**of.step, "transfer": handed, "body": {**of.step["body"], "matter": linkage}})
    step = step_data(ToldStep(told, told.digest(), order, ""))

    def note(kind: str, body: dict[str, Any], at: datetime) -> Entry:
        uid = uuid7(at)
        person = of.step["person"]
        data = note_data(ToldNote(uid, handed, kind, of.step["author"], person, at, 1, body))
        return Entry(NOTE, handed, str(uid), False, data)

    return [
        Entry(MATTER, linkage, f"{order}:{first['snapshot']}", False, first),
        Entry(STEP, handed, "1", False, step),
        note("supplement", {"text": "来电人补充：二楼靠里的一间。"}, now),
        Entry(MATTER, linkage, f"{order}:{later['snapshot']}", False, later),
        note("urge", {"text": "超过签收时限", "clock": "accept_by", "times": 1}, now + timedelta(milliseconds=1)),
    ]


def post(of: Pattern, count: int, *, first: int = 0) -> None:
    """Put them into the journal of this node, as if they had been posted while nothing went through."""
    from django.conf import settings

    from liandong.kernel import clock
    from liandong.kernel.ids import uuid7
    from liandong.peers.keeping import closed
    from liandong.peers.models import Outgoing

    rows = list[Outgoing]()
    for number, one in enumerate(entries(of, count, first), start=1):
        moment = clock.now()
        row = Outgoing(peer=of.peer, message=uuid7(moment), kind=one.kind, subject=one.subject, mark=one.mark)
        row.urgent, row.document = one.urgent, closed(one, of.peer, settings.SEAL_KEY)
        row.made_at = row.next_try_at = moment
        rows.append(row)
        if len(rows) == AT_ONCE or number == count:
            Outgoing.objects.bulk_create(rows)
            rows = []
