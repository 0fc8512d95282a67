"""Two real nodes compare what they hold: what one lost the other sends again; what was changed is kept as evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, Ferries, assert_all_is_said_and_stored, offered


def other(code: str) -> str:
    return PAIR[1 - PAIR.index(code)]


def settle(net: Ferries) -> None:
    """The couriers and the loops of the reconciliation, until nothing moves."""
    from liandong.peers.actions import reconcile_due
    from liandong.peers.models import Word

    for _ in range(20):
        net.quiet()
        for code in PAIR:
            with net.at(code):
                reconcile_due()
        words = 0
        for code in PAIR:
            with net.at(code):
                words += Word.objects.count()
        if not words:
            net.quiet()
            return
    raise AssertionError("they never come to an end")


def reconcile(net: Ferries, code: str = "gov", *, everything: bool = False) -> Any:
    """Compare once, begun at `code`; returns how that ended."""
    from liandong.peers.actions import ask

    net.quiet()
    net.clock.advance(minutes=1)
    with net.at(code):
        ask(peer=other(code), everything=everything)
    settle(net)
    return last(net, code)


def last(net: Ferries, code: str = "gov") -> Any:
    from liandong.peers.queries import last_reconciliation

    with net.at(code):
        return last_reconciliation(other(code))


def differences(net: Ferries, code: str = "gov") -> list[Any]:
    from liandong.peers.queries import open_differences

    with net.at(code):
        return list(open_differences(other(code)))


def sql(net: Ferries, code: str, table: str, statement: str, *values: Any) -> None:
    """Behind the application's back, past the guards of the database."""
    from django.db import connection

    with net.at(code), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, list(values))
        assert cursor.rowcount > 0
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def worked(net: Ferries) -> Any:
    row = offered(net)
    net.step(row, "accept", POLICE)
    net.note(row, "progress", POLICE, text="已出警")
    return row


def test_after_a_healthy_exchange_both_say_equal(net: Ferries) -> None:
    worked(net)
    found = reconcile(net)
    assert (found.days, found.apart) == (1, 0)
    for code in PAIR:
        assert differences(net, code) == []
        assert net.peer(code).equal_at is not None


def test_a_message_lost_out_of_the_journal_is_told_again(net: Ferries) -> None:
    from liandong.peers.models import Outgoing

    row = offered(net)
    net.closed = True
    net.step(row, "accept", POLICE)
    with net.at("police"):
        assert Outgoing.objects.filter(stored_at=None).delete()[0] > 0
    for file in net.files("police", "out"):
        file.unlink()
    net.closed = False
    found = reconcile(net)
    assert found.apart == 1
    net.again()
    assert reconcile(net).apart == 0
    assert [*differences(net), *differences(net, "police")] == []
    assert_all_is_said_and_stored(net, row.matter.number)


def test_a_message_that_was_receipted_and_lost_is_told_again_and_what_waited_goes_on(net: Ferries) -> None:
    from liandong.peers.models import Incoming

    row = offered(net)
    lost: list[Any] = []
    real = net.turn

    def turn(code: str) -> int:
        done = real(code)
        if code == "gov" and not lost:
            with net.at("gov"):
                # The database said that it was kept, and the disk did not.
                taken = Incoming.objects.filter(kind="step", state="stored")
                lost.extend(taken)
                taken.delete()
        return done

    from liandong.peers import actions

    settle_real = actions.settle_stored
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(actions, "settle_stored", lambda: 0)
        patch.setattr(net, "turn", turn)
        net.step(row, "accept", POLICE)
    assert len(lost) == 1
    assert settle_real is actions.settle_stored
    net.step(row, "conclude", POLICE)
    with net.at("gov"):
        assert Incoming.objects.filter(state="waiting").count() == 1
    assert reconcile(net, "police").apart == 1
    net.again()
    assert reconcile(net).apart == 0
    net.step(row, "confirm", HOTLINE)
    assert reconcile(net).apart == 0
    assert net.told("gov", row.matter.number) == net.told("police", row.matter.number)


def test_a_changed_step_is_kept_as_evidence_and_never_mended_by_itself(net: Ferries) -> None:
    row = worked(net)
    sql(
        net,
        "gov",
        "transfer_steprow",
        "UPDATE transfer_steprow SET content = replace(content, 'accept', 'accepT')"
        " WHERE verb = 'accept' AND transfer_id = (SELECT id FROM transfer_transfer WHERE number = %s)",
        row.number,
    )
    for _ in range(2):
        assert reconcile(net).apart == 1
    for code in PAIR:
        (found,) = differences(net, code)
        assert (found.kind, found.subject, found.mark, found.finding) == ("step", row.number, "2", "changed")
        assert found.here != found.there
        assert "不自动处理" in found.repair
    assert any("对账有 1 处未了的出入" in one for one in net.checked("gov"))


def test_a_note_lost_at_one_node_comes_back(net: Ferries) -> None:
    row = worked(net)
    sql(net, "gov", "transfer_noterow", "DELETE FROM transfer_noterow WHERE kind = 'progress'")
    assert reconcile(net).apart == 1
    net.again()
    assert reconcile(net).apart == 0
    assert net.told("gov", row.matter.number) == net.told("police", row.matter.number)


def test_the_accounts_are_compared_every_night_and_when_a_peer_was_away_for_long(net: Ferries) -> None:
    worked(net)
    settle(net)
    assert last(net) is None
    net.clock.advance(hours=20)
    settle(net)
    night = last(net)
    assert night.apart == 0
    assert net.peer("gov").reconcile_at - net.clock.now() > timedelta(hours=12)
    net.closed = True
    net.clock.advance(minutes=30)
    net.turn("gov")
    net.closed = False
    net.quiet()
    settle(net)
    assert last(net).pk != night.pk
    assert last(net).apart == 0


def test_heads_are_deposited_and_a_past_that_was_changed_is_an_alarm_at_both_nodes(net: Ferries) -> None:
    from liandong.audit.actions import seal_waiting
    from liandong.peers.actions import lengthen
    from liandong.peers.actions.deposits import link_digest
    from liandong.peers.ledger import Head
    from liandong.peers.models import Link

    worked(net)
    for _ in range(2):
        net.clock.advance(days=1)
        for code in PAIR:  # something must have happened on the day
            net.order(POLICE if code == "police" else HOTLINE)
            with net.at(code):
                seal_waiting()
                assert lengthen() == 1
                assert lengthen() == 0
        net.quiet()
    net.clock.advance(minutes=1)
    net.quiet()
    assert (net.peer("police").deposit_count, net.peer("gov").deposited) == (2, 2)
    assert [*differences(net), *differences(net, "police")] == []
    with net.at("gov"):
        Link.objects.filter(number=1).update(day=net.clock.now() - timedelta(days=9))
    net.clock.advance(minutes=1)
    net.quiet()
    (found,) = differences(net)
    assert (found.finding, found.mark) == ("rewritten_here", "2")
    assert differences(net, "police") == []
    with net.at("gov"):
        # Whoever changed it makes a chain that is whole in itself; what is deposited with others is beyond their reach.
        head = Head()
        for link in Link.objects.order_by("number"):
            head = head.then(link_digest(link))
            Link.objects.filter(pk=link.pk).update(head=head.head.hex())
    net.clock.advance(minutes=1)
    net.quiet()
    (found,) = differences(net, "police")
    assert (found.finding, found.evidence["count"]) == ("rewritten_there", 2)


def test_a_hand_over_that_stands_still_is_found_at_each_step_of_its_way(net: Ferries) -> None:
    from liandong.peers.queries import stuck_orders

    def found(code: str = "gov") -> list[tuple[str, str, str]]:
        with net.at(code):
            return [(one.transfer, one.why, one.owner) for one in stuck_orders(other(code))]

    net.closed = True
    row = offered(net)
    assert found() == []
    net.clock.advance(minutes=31)
    assert found() == [(row.number, "not_stored", "12345")]
    net.closed = False
    net.again()
    assert found() == []
    net.pass_time(hours=5)
    assert found() == found("police") == [(row.number, "not_signed", "110")]
    net.step(row, "accept", POLICE)
    assert found() == []


def test_a_node_that_forgot_its_links_is_told_that_it_may_be_a_backup(net: Ferries) -> None:
    from liandong.audit.actions import seal_waiting
    from liandong.peers.actions import lengthen
    from liandong.peers.models import Link

    worked(net)
    with net.at("gov"):
        seal_waiting()
        lengthen()
    net.again()
    net.again()
    with net.at("gov"):
        Link.objects.all().delete()
    net.again()
    (found,) = differences(net)
    assert found.finding == "forgotten_here"
    assert "旧备份" in found.repair
