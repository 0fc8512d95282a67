"""A real node is put back to a backup: it asks before it acts, gets back what it forgot, and both hold the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, Ferries, offered
from tests.journeys.test_reconciling import differences, last, reconcile, settle

DISASTER = "存储损坏，由昨夜备份恢复"


@contextmanager
def backup(net: Ferries, code: str) -> Iterator[None]:
    """What the node writes inside is forgotten at the end: its database is put back. What it sent is under way."""
    from django.db import transaction

    with net.at(code):
        point = transaction.savepoint()
    yield
    with net.at(code):
        transaction.savepoint_rollback(point)


def restored(net: Ferries, code: str) -> Any:
    from liandong.peers.actions.lives import NOTICED, begin_life

    with net.at(code):
        life = begin_life(by=NOTICED, why=DISASTER)
    without_the_third(net)
    return life


def without_the_third(net: Ferries) -> None:
    """The third node of the city is not there in these tests, and nobody waits for it."""
    from liandong.peers.models import Peer

    for code in PAIR:
        with net.at(code):
            Peer.objects.filter(code="county").update(awaited=False)


def held_back(net: Ferries, code: str) -> bool:
    from liandong.identity.queries import held_back_since

    with net.at(code):
        return held_back_since() is not None


def healed(net: Ferries) -> None:
    """The loops of both until nothing moves, with the waits in between."""
    without_the_third(net)
    for _ in range(4):
        settle(net)
        net.again()


def assert_same(net: Ferries, matter: str) -> None:
    assert net.told("gov", matter) == net.told("police", matter)
    assert [*differences(net), *differences(net, "police")] == []
    for code in PAIR:
        assert net.journal(code)[1] == 0


def test_what_a_restored_node_forgot_comes_back_and_both_hold_the_same(net: Ferries) -> None:
    row = offered(net)
    net.step(row, "accept", POLICE)
    with backup(net, "police"):
        net.note(row, "progress", POLICE, text="已出警")
        net.step(row, "conclude", POLICE)
        net.note(row, "supplement", HOTLINE, text="来电人表示满意")
        before = net.told("gov", row.matter.number)
        assert net.row("police", row.number).state == "concluded"
    assert net.row("police", row.number).state == "accepted"
    life = restored(net, "police")
    assert held_back(net, "police")
    healed(net)
    assert not held_back(net, "police")
    assert net.told("police", row.matter.number) == before
    assert_same(net, row.matter.number)
    assert net.peer("gov").theirs == life.number
    assert net.peer("police").answered == 0
    net.step(row, "confirm", HOTLINE)
    net.assert_agree(row.matter.number, *PAIR)


def test_a_matter_of_its_own_that_was_all_forgotten_comes_back_with_its_caller(net: Ferries) -> None:
    row: Any = None
    with backup(net, "gov"):
        row = offered(net, title="夜间施工噪声")
        net.step(row, "accept", POLICE)
        net.step(row, "conclude", POLICE)
        before = net.told("gov", row.matter.number)
    restored(net, "gov")
    healed(net)
    assert not held_back(net, "gov")
    assert net.told("gov", row.matter.number) == before
    assert net.own_order("12345", row.matter.number).mirrored is None
    assert net.own_order("12345", row.matter.number).state == "handed"
    assert_same(net, row.matter.number)
    net.step(row, "confirm", HOTLINE)
    assert net.own_order("12345", row.matter.number).state == "closed"
    net.assert_agree(row.matter.number, *PAIR)


def test_what_a_peer_said_and_the_restored_node_never_heard_moves_its_order(net: Ferries) -> None:
    row = offered(net)
    net.closed = True
    net.step(row, "accept", POLICE)
    restored(net, "gov")
    assert net.own_order("12345", row.matter.number).state == "received"
    net.closed = False
    healed(net)
    assert net.own_order("12345", row.matter.number).state == "handed"
    assert_same(net, row.matter.number)


def test_held_back_a_node_takes_no_step_in_old_matters_and_all_else_goes_on(net: Ferries) -> None:
    from liandong.identity.errors import HeldBack
    from liandong.transfer.models import Transfer
    from tests.cast import note, step

    row = offered(net)
    other = net.order(title="另一件")
    net.closed = True
    restored(net, "gov")
    restored(net, "police")
    with net.at("police"):
        mine = Transfer.objects.get(number=row.number)
        with pytest.raises(HeldBack, match="所填内容请保留"):
            step(mine, "accept", by=POLICE)
        note(mine, "progress", POLICE, text="已电话联系")
    with net.at("gov"), pytest.raises(HeldBack):
        net.offer(other)
    danger = net.offer(other, "danger", signal="有人受伤")
    assert danger.state == "offered"
    net.clock.advance(minutes=5)
    fresh = net.offer(net.order(title="恢复后的来电"))
    net.closed = False
    net.quiet()
    net.step(fresh, "accept", POLICE)
    assert net.row("police", danger.number).state == "offered"
    healed(net)
    assert not held_back(net, "gov")
    assert not held_back(net, "police")
    net.step(row, "accept", POLICE)
    net.step(danger, "accept", POLICE)
    for one in (row, danger, fresh):
        net.assert_agree(one.matter.number, *PAIR)


def test_a_clock_of_a_held_back_node_waits(net: Ferries) -> None:
    row = offered(net)
    net.step(row, "accept", POLICE)
    net.step(row, "conclude", POLICE)
    net.closed = True
    restored(net, "gov")
    due = net.row("gov", row.number).confirm_by
    net.clock.move_to(due)
    _run_clocks(net, "gov")
    here = net.row("gov", row.number)
    assert (here.state, here.confirm_by > due) == ("concluded", True)
    net.closed = False
    healed(net)
    _run_clocks(net, "gov")
    assert net.row("gov", row.number).state == "confirmed"


def _run_clocks(net: Ferries, code: str) -> None:
    from config.clocks import CLOCKS
    from liandong.kernel.duework import run_due
    from liandong.kernel.models import SetAside

    with net.at(code):
        for due in CLOCKS:
            run_due(due)
        assert list(SetAside.objects.all()) == []


def test_a_late_message_of_the_former_life_is_void(net: Ferries) -> None:
    from liandong.peers.models import Incoming

    row = offered(net)
    with backup(net, "police"):
        net.closed = True
        net.step(row, "accept", POLICE)
        late = [(file.name, file.read_bytes()) for file in net.files("police", "out")]
        assert late
        for file in net.files("police", "out"):
            file.unlink()
    net.closed = False
    restored(net, "police")
    healed(net)
    net.step(row, "refuse", POLICE, code="not_ours")
    for name, content in late:
        (net.root / "gov" / "ferry" / "police" / "in" / name).write_bytes(content)
    net.quiet()
    assert net.row("gov", row.number).state == "refused"
    with net.at("gov"):
        assert set(Incoming.objects.filter(state="void").values_list("kind", flat=True)) >= {"step"}
        assert not Incoming.objects.filter(state__in=("dead", "waiting", "stored")).exists()
    assert reconcile(net).apart == 0
    assert_same(net, row.matter.number)


def test_a_receipt_that_names_more_than_was_sent_holds_the_node_back_by_itself(net: Ferries) -> None:
    row = offered(net)
    with backup(net, "gov"):
        net.note(row, "supplement", HOTLINE, text="一")
        net.note(row, "supplement", HOTLINE, text="二")
    assert not held_back(net, "gov")
    # Under a serial that it has used it says something else: kept there as a contradiction, and the receipt tells.
    net.note(row, "supplement", HOTLINE, text="三")
    net.again()
    with net.at("gov"):
        from liandong.identity.models import Life

        (life,) = Life.objects.all()
        assert "回执的流水号超过" in life.why
    healed(net)
    assert not held_back(net, "gov")
    assert_same(net, row.matter.number)


def test_somebody_may_let_the_node_go_on_without_a_peer_that_is_dead(net: Ferries) -> None:
    from liandong.audit.models import Event
    from liandong.kernel.errors import Invalid, NotAllowed, NotFound
    from liandong.peers.actions.lives import NOTICED, go_on_without

    row = offered(net)
    net.step(row, "accept", POLICE)
    net.closed = True
    restored(net, "police")
    with net.at("police"):
        with pytest.raises(NotAllowed):
            go_on_without(by=POLICE, peer="gov", note="已电话核对")
        with pytest.raises(Invalid):
            go_on_without(by=NOTICED, peer="gov", note=" ")
        go_on_without(by=NOTICED, peer="gov", note="对端机房断电，已与值班长电话核对")
        assert Event.objects.filter(kind="node.not_awaited", subject="node:gov").count() == 1
        assert Event.objects.filter(kind="node.goes_on").count() == 1
        with pytest.raises(NotFound):
            go_on_without(by=NOTICED, peer="gov", note="再一次")
    assert not held_back(net, "police")
    net.step(row, "conclude", POLICE)


def test_what_comes_back_without_our_own_signature_is_refused(net: Ferries) -> None:
    from liandong.peers import actions
    from liandong.peers.messages import Message
    from liandong.peers.models import Incoming, Outgoing
    from liandong.peers.queries import message_of

    row = offered(net)
    with net.at("gov"):
        sent = message_of(Outgoing.objects.get(kind="step", subject=row.number))
    told = {**sent.data, "seq": 2, "proof": {"data": {}}}
    with net.at("gov"):
        from django.conf import settings

        settings.KEYS = net.root / "gov" / "keys"
        settings.PEER_KEYS = net.root / "gov" / "peer-keys"
        forged = Message("forged", "police", "gov", 90, "step", row.number, False, told)
        assert actions.take_in(message=forged).code == "not_our_word"
        assert Incoming.objects.get(message="forged").state == "dead"


def test_numbers_of_the_new_life_are_none_of_the_former(net: Ferries) -> None:
    with backup(net, "gov"):
        first = net.order().number
    restored(net, "gov")
    # Numbers come round at a hundred million; a node has one block of a thousand in fifty.
    assert (int(net.order().number[15:23]) - int(first[15:23])) % 10**8 >= 1000 * 50 * 1000


def test_a_house_alone_has_nobody_to_ask(net: Ferries, settings: Any) -> None:
    from liandong.kernel.errors import Invalid
    from liandong.peers.actions.lives import NOTICED, begin_life

    with net.at("gov"):
        with pytest.raises(Invalid, match="写明"):
            begin_life(by=NOTICED, why="")
        settings.NODE = ""
        with pytest.raises(Invalid, match="没有其他节点"):
            begin_life(by=NOTICED, why=DISASTER)


def test_the_last_comparison_of_a_healthy_pair_holds_nobody_back(net: Ferries) -> None:
    row = offered(net)
    assert reconcile(net).apart == 0
    assert last(net).since is not None
    assert not held_back(net, "gov")
    net.step(row, "accept", POLICE)
    net.assert_agree(row.matter.number, *PAIR)
