"""Two nodes with every message in the test's own hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.identity.errors import HeldBack
from liandong.kernel.errors import LiandongError
from liandong.peers.acts import Acts
from liandong.peers.correspondence import Correspondence
from liandong.peers.standings import heard
from liandong.peers.tests.pair import NOW, Pair


def test_a_hand_over_reaches_the_other_desk_and_comes_back() -> None:
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    transfer = pair.city.offer("12345", matter, "divert", "110", {"reason": "归口"}, NOW)
    pair.exchange()
    pair.police.take(transfer, "accept", "110", {}, NOW)
    pair.exchange()
    held = pair.city.held(transfer)
    assert held is not None
    assert (held.replica.state, held.replica.origin_duty) == ("accepted", False)
    assert pair.city.store.get("order", (matter, "12345")).state == "handed"
    assert pair.city.account("police") == pair.police.account("city")


def test_a_danger_is_on_its_way_with_the_call_and_goes_before_all_else() -> None:
    pair = Pair()
    for _ in range(30):
        pair.city.offer("12345", pair.city.call("12345", "general", NOW), "divert", "110", {"reason": "归口"}, NOW)
    pair.city.call("12345", "danger", NOW)
    first = pair.city.outgoing("police", NOW)[0]
    assert first.urgent
    pair.police.receive([first.raw], NOW)
    held = pair.police.held(first.subject)
    assert held is not None
    assert held.replica.state == "offered"


def test_of_two_positions_the_one_written_last_counts_not_the_one_that_came_last() -> None:
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    transfer = pair.city.offer("12345", matter, "unclear", "110", {"reason": "不明"}, NOW)
    pair.exchange()
    for position in ("target", "no"):
        pair.police.note(transfer, "position", "110", {"position": position, "text": "意见"}, NOW)
    agreed, withdrawn = (row.raw for row in pair.police.outgoing("city", NOW) if row.kind == "note")
    pair.city.receive([withdrawn], NOW)
    pair.city.receive([agreed], NOW)
    held = pair.city.held(transfer)
    assert held is not None
    assert len(held.notes) == 2
    assert heard(held).agreed is None


def test_what_only_the_peer_holds_comes_back_by_reconciliation() -> None:
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    transfer = pair.city.offer("12345", matter, "divert", "110", {"reason": "归口"}, NOW)
    for serial in list(pair.city.store.all("out police")):
        pair.city.store.drop("out police", serial)  # somebody emptied the tray by hand
    pair.exchange()
    assert pair.police.held(transfer) is None
    pair.say("city", pair.city.reconciles("police"))
    pair.exchange()
    assert pair.city.account("police") == pair.police.account("city")


def test_a_restored_node_takes_no_step_before_its_peer_has_answered() -> None:
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    transfer = pair.city.offer("12345", matter, "divert", "110", {"reason": "归口"}, NOW)
    pair.exchange()
    backup = pair.stores["police"].backup()
    pair.police.take(transfer, "accept", "110", {}, NOW)
    pair.exchange()
    pair.stores["police"].put_back(backup)
    later = NOW + timedelta(hours=1)
    pair.police.restored(later)
    with pytest.raises(HeldBack):
        pair.police.take(transfer, "refuse", "110", {"code": "其他", "basis": "清单"}, later)
    pair.exchange(later)
    held = pair.police.held(transfer)
    assert held is not None
    assert held.replica.state == "accepted"
    with pytest.raises(LiandongError):
        pair.police.take(transfer, "refuse", "110", {"code": "其他", "basis": "清单"}, later)
    pair.police.take(transfer, "conclude", "110", {"result": "已办", "text": "已到场"}, later)


def test_what_a_restored_node_sent_before_is_void_when_it_comes_late() -> None:
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    transfer = pair.city.offer("12345", matter, "divert", "110", {"reason": "归口"}, NOW)
    pair.exchange()
    backup = pair.stores["police"].backup()
    pair.police.take(transfer, "accept", "110", {}, NOW)
    late = [row.raw for row in pair.police.outgoing("city", NOW)]
    pair.stores["police"].put_back(backup)
    later = NOW + timedelta(hours=1)
    pair.police.restored(later)
    pair.exchange(later)
    pair.police.take(transfer, "refuse", "110", {"code": "其他", "basis": "清单"}, later)
    pair.exchange(later)
    pair.city.receive(late, later)
    held = pair.city.held(transfer)
    assert held is not None
    assert held.replica.state == "refused"
    assert {aside.decision for aside in pair.stores["city"].all("aside").values()} == {"void"}


def test_two_restored_nodes_that_ask_each_other_come_to_an_end() -> None:
    pair = Pair()
    pair.city.offer("12345", pair.city.call("12345", "general", NOW), "divert", "110", {"reason": "归口"}, NOW)
    pair.exchange()
    later = NOW + timedelta(hours=1)
    pair.city.restored(later)
    pair.police.restored(later)
    pair.exchange(later)
    assert not pair.city.asks()
    assert not pair.police.asks()


def test_a_danger_does_not_wait_until_a_restored_node_has_its_answers() -> None:
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    pair.exchange()
    later = NOW + timedelta(hours=1)
    pair.city.restored(later)
    transfer = pair.city.danger("12345", matter, later)
    pair.police.receive([row.raw for row in pair.city.outgoing("police", later)], later)
    assert pair.police.held(transfer) is not None


def test_numbers_of_a_new_life_are_none_of_the_former() -> None:
    pair = Pair()
    before = pair.city.call("12345", "general", NOW)
    pair.stores["city"].put_back(
        {name: {} if name != "peer" else rows for name, rows in pair.stores["city"].backup().items()}
    )
    pair.city.restored(NOW + timedelta(hours=1))
    assert pair.city.call("12345", "general", NOW) != before


def test_a_waiting_duty_has_a_clock_of_its_own_at_the_desk_that_has_it() -> None:
    """Concluded, the next step is the origin's; the target is responsible and must not hang on the other's clock."""
    pair = Pair()
    matter = pair.city.call("12345", "general", NOW)
    transfer = pair.city.offer("12345", matter, "divert", "110", {"reason": "归口"}, NOW)
    pair.exchange()
    pair.police.take(transfer, "accept", "110", {}, NOW)
    pair.police.take(transfer, "conclude", "110", {"result": "已办", "text": "已到场"}, NOW)
    later = NOW + timedelta(days=3)
    assert (transfer, "confirm_by") in pair.police.clocks_due(later)
    pair.police.ran_out(transfer, "confirm_by", later)
    held = pair.police.held(transfer)
    assert held is not None
    assert held.replica.state == "concluded"
    assert [note.kind for note in held.notes] == ["urge"]


def test_the_node_is_what_its_files_say_it_is() -> None:
    assert issubclass(Correspondence, Acts)
