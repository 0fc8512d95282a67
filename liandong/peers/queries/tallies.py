"""How many of each thing of a peer ask for somebody, all in one statement: a page of cards asks for them every time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.db.models import CharField, Count, F, Q, Value
from django.db.models.functions import Concat

from liandong.peers.attachments import HELD
from liandong.peers.models import Difference, Incoming, Outgoing, SetApart

# Spelled as alternatives: each has an index of its own, and a list of words would read the whole table.
# For the parts of a document that is refused the dead one of them speaks.
WAITING = Q(state="waiting") & ~Q(waits_for__startswith=HELD)
UNSETTLED = Q(state="dead") | Q(state="set_aside") | WAITING | Q(state="stored")
REFUSED, DIFFERS, APART = "refused", "differs", "apart:"


def tallies() -> Mapping[str, Mapping[str, int]]:
    """Peer → word → count: the states of messages that took no effect, `refused` there, `differs` in the accounts, and
    `apart:` with a channel's name, what that has set apart here and nobody has looked at.
    """
    word = CharField()
    found = [
        Incoming.objects.filter(UNSETTLED).annotate(word=F("state")),
        Outgoing.objects.exclude(refused="").annotate(word=Value(REFUSED, word)),
        Difference.objects.filter(mended_at=None).annotate(word=Value(DIFFERS, word)),
        SetApart.objects.filter(seen_at=None).annotate(word=Concat(Value(APART), F("channel"), output_field=word)),
    ]
    first, *rest = (rows.values_list("peer", "word").annotate(count=Count("id")).order_by() for rows in found)
    told: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for peer, what, count in first.union(*rest, all=True):
        told[peer][what] = count
    return told
