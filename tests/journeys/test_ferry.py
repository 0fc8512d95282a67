"""Two nodes over the file ferry: what is lost, doubled, changed or forged on the way."""

from __future__ import annotations

import errno
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from liandong.peers.channels.ferry import MESSAGES, Ferry
from tests import cast
from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, Ferries, assert_all_is_said_and_stored, offered


def test_offered_accepted_concluded_and_confirmed_over_files_alone(net: Ferries) -> None:
    row = offered(net)
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE)):
        net.step(row, verb, by)
    matter = row.matter.number
    assert net.told("police", matter)["state"] == "closed"
    assert_all_is_said_and_stored(net, matter)
    assert net.files("police", "quarantine") == net.files("gov", "quarantine") == []


def test_a_danger_goes_across_before_the_backlog(net: Ferries) -> None:
    from liandong.transfer.queries import alarms

    for number in range(3):
        net.offer(net.order(title=f"第{number}件"))
    order = net.order(title="有人落水", urgency="danger")
    net.turn("gov")
    sent = [orjson.loads(line) for file in net.files("gov", "out") for line in file.read_bytes().splitlines()
            if file.name.endswith(MESSAGES)]  # fmt: skip
    urgent = [one.get("urgent", False) for one in sent]
    assert urgent[0] is True
    assert urgent == sorted(urgent, reverse=True)
    net.quiet()
    with net.at("police"):
        assert [one.matter.number for one in alarms(POLICE)] == [order.matter.number]
    assert_all_is_said_and_stored(net, order.matter.number)


def test_the_caller_is_closed_in_the_files_and_open_at_the_other_node(net: Ferries) -> None:
    from liandong.intake.models import Order
    from liandong.intake.queries import caller_in_clear

    row = offered(net)
    said = b"".join(file.read_bytes() for file in (*net.files("police", "done"), *net.files("gov", "done")))
    assert row.matter.number.encode() in said
    assert b"13800138000" not in said
    with net.at("police"):
        assert caller_in_clear(Order.objects.get(number=row.origin_order.number)).phone == "13800138000"


def test_a_chain_taken_out_at_either_node_is_signed_by_both_and_one_changed_bit_is_found(net: Ferries) -> None:
    from liandong.kernel.keys import PublicKeys, publics
    from liandong.peers.actions import export_chain
    from liandong.peers.chain import check_chain

    row = offered(net)
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE)):
        net.step(row, verb, by)
    known = {name: pem for code in PAIR for name, pem in publics(net.root / code / "keys").items()}
    for code in PAIR:
        with net.at(code):
            lines = export_chain(by=cast.SUPERVISOR, number=row.number)
        found = check_chain(lines, PublicKeys(), known)
        assert (found.intact, found.steps, found.signed, found.state) == (True, 4, 4, "confirmed")
        content = b"".join(line + b"\n" for line in lines)
        for place in net.dice.sample(range(len(content)), 60):
            changed = bytearray(content)
            changed[place] ^= 1 << net.dice.randrange(8)
            assert not check_chain(bytes(changed).split(b"\n"), PublicKeys(), known).intact, place


def test_doubled_and_late_files_change_nothing_more(net: Ferries) -> None:
    kept: dict[str, bytes] = {}
    net.spoil = lambda files: kept.update({file.name: file.read_bytes() for file in files})
    row = offered(net)
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE)):
        net.step(row, verb, by)
    before = net.told("police", row.matter.number)
    for name, content in kept.items():
        sender = name.split("-")[0]
        receiver = PAIR[1 - PAIR.index(sender)]
        (net.root / receiver / "ferry" / sender / "in" / name).write_bytes(content)
    net.quiet()
    assert net.told("police", row.matter.number) == before
    assert_all_is_said_and_stored(net, row.matter.number)


def test_what_is_lost_on_the_way_is_sent_again_in_the_same_words(net: Ferries) -> None:
    lost: list[bytes] = []

    def lose(files: list[Path]) -> None:
        lost.extend(file.read_bytes() for file in files if file.name.endswith(MESSAGES))
        for file in files:
            file.unlink()

    net.spoil = lose
    row = offered(net)
    assert net.journal("gov")[1] > 0

    def of_the_journal() -> list[bytes]:
        return sorted(line for one in lost for line in one.splitlines() if orjson.loads(line)["peerseq"])

    first = of_the_journal()
    lost.clear()
    net.again()
    assert of_the_journal() == first
    net.spoil = lambda files: None
    net.again()
    assert_all_is_said_and_stored(net, row.matter.number)


def test_files_that_are_changed_or_cut_are_set_apart_or_left_and_the_messages_come_again(net: Ferries) -> None:
    def spoil(files: list[Path]) -> None:
        for file in files:
            if file.name.endswith(MESSAGES):
                content = bytearray(file.read_bytes())
                place = net.dice.randrange(len(content))
                content[place] ^= 1 << net.dice.randrange(8)
                file.write_bytes(content if net.dice.random() < 0.5 else content[:place])

    net.spoil = spoil
    row = offered(net)
    for _ in range(3):
        net.again()
    assert net.files("police", "quarantine") or net.files("police", "in")
    net.spoil = lambda files: None
    net.again()
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)
    assert net.peer("police").refused == sum(
        one.name.endswith(".why.json") for one in net.files("police", "quarantine")
    )


def test_a_message_that_is_not_signed_by_the_peer_is_set_apart_and_those_beside_it_are_kept(net: Ferries) -> None:
    def forge(files: list[Path]) -> None:
        """Somebody at the gate changes one message and makes the manifest fit."""
        for file in (one for one in files if one.name.startswith("gov-") and one.name.endswith(MESSAGES)):
            lines = file.read_bytes().splitlines()
            said = orjson.loads(lines[0])
            said["data"]["forged"] = True
            peer = net.root / "forge" / "police"
            peer.mkdir(parents=True, exist_ok=True)
            Ferry(peer.parent, "gov", lambda: timedelta(hours=1)).send("police", [orjson.dumps(said), *lines[1:]])
            name = file.name.removesuffix(MESSAGES)
            for other in files:
                if other.name.startswith(name):
                    other.unlink()
            for made in (peer / "out").iterdir():
                shutil.move(made, file.parent / made.name)

    real = net.spoil
    net.spoil = forge
    row = net.offer(net.order())
    net.turn("gov")
    net.gate()
    net.spoil = real
    net.quiet()
    (why,) = [one for one in net.files("police", "quarantine") if one.name.endswith(".why.json")]
    assert "signature_bad" in orjson.loads(why.read_bytes())["why"]
    assert net.peer("police").refused == 1
    assert net.checked("police") == ["对端 gov 由通道 ferry 送来的 1 批已隔离，请查看原因，处理后移走或记为已看。"]
    for file in net.files("police", "quarantine"):
        file.unlink()
    assert net.checked("police") == []
    assert net.journal("gov")[1] == 1, "only the forged one has no receipt"
    net.again()
    assert_all_is_said_and_stored(net, row.matter.number)


class Crash(Exception):
    pass


@pytest.mark.parametrize("method", ["settle", "send"])
def test_a_crash_between_keeping_and_the_receipt_loses_nothing(
    net: Ferries, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    from liandong.peers.models import Incoming

    def crash(*given: Any) -> None:
        raise Crash

    row = net.offer(net.order())
    net.turn("gov")
    net.gate()
    with monkeypatch.context() as broken:
        broken.setattr(Ferry, method, crash)
        with pytest.raises(Crash):
            net.turn("police")
    with net.at("police"):
        assert Incoming.objects.filter(state="stored").count() > 0
    assert net.journal("gov")[1] > 0, "nobody has said that it is stored"
    net.quiet()
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)


def test_a_full_disk_is_told_and_all_goes_when_there_is_room_again(
    net: Ferries, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*given: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    row = net.offer(net.order())
    with monkeypatch.context() as broken:
        broken.setattr("liandong.peers.channels.ferry._durably", full)
        for _ in range(3):
            net.turn("gov")
            net.clock.advance(seconds=10)
    assert "磁盘已满" in net.peer("gov").trouble
    assert len([one for one in caplog.records if "磁盘已满" in one.getMessage()]) == 1, "logged once"
    assert any("磁盘已满" in one for one in net.checked("gov"))
    net.quiet()
    assert_all_is_said_and_stored(net, row.matter.number)


def test_without_the_peers_key_nothing_leaves_and_the_trouble_says_why(net: Ferries) -> None:
    entered = net.root / "gov" / "peer-keys" / "police" / "police-1.pub.pem"
    public = entered.read_text()
    entered.unlink()
    row = offered(net)
    assert "公钥" in net.peer("gov").trouble
    assert net.files("police", "done") == []
    entered.write_text(public)
    net.again()
    assert_all_is_said_and_stored(net, row.matter.number)


def test_a_receipt_for_more_than_was_sent_empties_nothing(net: Ferries) -> None:
    from liandong.peers.models import Outgoing, Peer

    offered(net)
    count, _ = net.journal("gov")
    with net.at("gov"):
        # As a node that was restored from an old backup: the peer has more of it than it knows.
        Peer.objects.filter(code="police").update(serial=1)
        Outgoing.objects.update(stored_at=None)
    with net.at("police"):
        Peer.objects.filter(code="gov").update(owes_receipt=True)
    net.turn("police")
    net.gate()
    net.turn("gov")
    assert net.journal("gov") == (count, count)
    assert net.peer("gov").refused == 1


@pytest.mark.parametrize(("node", "folder", "carries"), [("", "", False), ("gov", "", False), ("gov", "/x", True)])
def test_the_courier_is_a_loop_of_a_node_that_has_a_channel(
    settings: Any, node: str, folder: str, carries: bool
) -> None:
    from threading import Event

    from config.worker import loops

    settings.NODE, settings.FERRY_DIR = node, folder
    assert ("courier" in {one.name for one in loops(Event())}) == carries
