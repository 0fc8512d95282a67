"""Two real nodes and their numbered journals: what ends one, what is said in one that has ended, and contradictions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from liandong.peers.intray import ENDED
from tests.cast import POLICE
from tests.ferries import Ferries, assert_all_is_said_and_stored, offered


def begin(net: Ferries, code: str = "gov") -> int:
    from django.db import transaction

    from liandong.peers.actions.journals import begin_journal

    with net.at(code), transaction.atomic():
        return begin_journal(peer="police" if code == "gov" else "gov")


def left(net: Ferries, code: str = "gov") -> list[Any]:
    """The messages of the node that lie without a receipt, as they would go out."""
    from liandong.peers import actions
    from liandong.peers.queries import message_of, unstored

    with net.at(code):
        peer = "police" if code == "gov" else "gov"
        actions.number_waiting(peer=peer)
        return [message_of(row) for row in unstored(peer)]


def kept(net: Ferries, code: str = "police") -> list[tuple[str, str, str]]:
    from liandong.peers.models import Incoming

    with net.at(code):
        found = Incoming.objects.exclude(state__in=("applied", "duplicate")).order_by("id")
        return list(found.values_list("kind", "state", "code"))


def test_a_new_journal_begins_with_one_and_carries_what_the_old_one_had_left(net: Ferries) -> None:
    row = offered(net)
    assert net.peer("gov").journal == net.peer("police").theirs == 0
    net.closed = True
    net.note(row, "supplement", _author(), text="请带上工具")
    number = begin(net)
    (left_over,) = left(net)
    assert (left_over.journal, left_over.serial) == (number, 1)
    for file in net.files("gov", "out"):
        file.unlink()
    net.closed = False
    net.again()
    assert net.peer("police").theirs == number
    assert net.peer("police").stored_through == 1
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)
    assert begin(net) > number


def test_what_waits_in_a_journal_that_ends_is_void_and_shown(net: Ferries, client: Any) -> None:
    row = offered(net)
    net.closed = True
    net.step(row, "accept", POLICE)
    net.step(row, "conclude", POLICE)
    said = left(net, "police")
    late = {one.data["seq"]: one for one in said if one.kind == "step"}
    with net.at("gov"):
        from liandong.peers import actions

        for one in said:
            if one.kind == "matter":
                actions.take_in(message=one)
        assert actions.take_in(message=late[3]).state == "waiting"
        number = net.clock.now().timestamp()
        first = replace(late[2], id="first", journal=int(number * 1_000_000), serial=1)
        taken = actions.take_in(message=first)
        assert taken.state == "applied"
    assert kept(net, "gov") == [("step", "void", "")]
    with net.at("gov"):
        again = actions.take_in(message=late[2])
        assert (again.state, again.why) == ("void", ENDED)
        assert net.row("gov", row.number).seq == 2


def test_another_content_under_a_known_serial_is_dead_and_stays_so(net: Ferries) -> None:
    from liandong.peers import actions

    row = offered(net)
    net.closed = True
    net.note(row, "supplement", _author(), text="一")
    note = next(one for one in left(net) if one.kind == "note")
    other = replace(
        note, id="other", data={**note.data, "id": "01a20b1a-4240-7abc-8def-000000000009", "body": {"text": "二"}}
    )
    with net.at("police"):
        assert actions.take_in(message=note).state == "applied"
        assert actions.take_in(message=note).state == "applied"
        refused = actions.take_in(message=other)
        assert (refused.state, refused.code) == ("dead", "serial_taken")
        assert refused.evidence["ours"] != refused.evidence["theirs"]
        refused = actions.take_in(message=other)  # whoever sends it again, or tries it again here, changes nothing
        refused.refresh_from_db()
        assert (refused.state, refused.code) == ("dead", "serial_taken")
        # The same serial of another journal is another message.
        anew = replace(other, id="anew", journal=int(net.clock.now().timestamp() * 1_000_000))
        assert actions.take_in(message=anew).state == "applied"


def test_a_receipt_of_an_ended_journal_empties_nothing(net: Ferries) -> None:
    from liandong.peers.actions.stored import hear_receipt

    row = offered(net)
    net.closed = True
    net.note(row, "supplement", _author(), text="请带上工具")
    number = begin(net)
    assert len(left(net)) == 1
    said = {"stored_through": 1, "stored": [], "refused": []}
    with net.at("gov"):
        assert hear_receipt(peer="police", message="01a20b1a", data=said) == 0
    assert net.journal("gov")[1] == 1
    with net.at("gov"):
        assert hear_receipt(peer="police", message="01a20b1a", data={**said, "journal": number}) == 1
    assert net.journal("gov")[1] == 0


def test_a_peer_that_says_no_journal_is_in_its_first(net: Ferries) -> None:
    row = offered(net)
    with net.at("police"):
        from liandong.peers.models import Incoming

        assert set(Incoming.objects.values_list("journal", flat=True)) == {0}
    for file in [*net.files("gov", "done"), *net.files("police", "done")]:
        assert b'"journal"' not in file.read_bytes()
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)


def _author() -> Any:
    from tests.cast import HOTLINE

    return HOTLINE
