"""What takes no effect at the other node is told to its sender, and a node that says nothing is called so."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from liandong.audit.by import By
from liandong.kernel.errors import Conflict
from liandong.kernel.keys import FolderKeys
from tests.cast import POLICE
from tests.ferries import Ferries, assert_all_is_said_and_stored, offered

DUTY = By(name="值班长", post="duty", desk="12345", rights=frozenset({"peers.manage"}))


def refused(net: Ferries, code: str = "gov") -> list[Any]:
    from liandong.peers.queries import refused_there

    with net.at(code):
        return list(refused_there("police" if code == "gov" else "gov"))


def standing(net: Ferries, code: str = "gov") -> Any:
    from liandong.peers.queries import standing

    with net.at(code):
        return standing("police" if code == "gov" else "gov")


def send_again(net: Ferries, outgoing: Any) -> None:
    from liandong.peers.actions import send_again

    with net.at("gov"):
        send_again(by=DUTY, outgoing=outgoing.pk)


def spoiled(net: Ferries, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hand-over whose step the other node has no use for, as by an older version of its software."""
    from liandong.peers.errors import MessageUnknown

    def unknown(*given: Any) -> None:
        raise MessageUnknown

    with monkeypatch.context() as older:
        older.setattr("liandong.peers.actions.applying._apply_step", unknown)
        return offered(net)


def test_what_is_dead_there_is_seen_by_its_sender_and_takes_effect_when_sent_again(
    net: Ferries, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = spoiled(net, monkeypatch)
    (found,) = refused(net)
    assert (found.kind, found.refused, found.stored_at is not None) == ("step", "message_unknown", True)
    assert "发往对端 police 的报文有 1 件被对端拒收，请与对端查明原因，处理后重新发送。" in net.checked("gov")
    send_again(net, found)
    net.quiet()
    assert refused(net) == []
    net.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(net, row.matter.number)
    with pytest.raises(Conflict, match="没有被对端拒收"):
        send_again(net, found)


def test_what_is_tried_again_there_is_refused_no_longer_here(net: Ferries, monkeypatch: pytest.MonkeyPatch) -> None:
    from liandong.peers.actions import set_aside, try_again
    from liandong.peers.queries import dead

    row = spoiled(net, monkeypatch)
    assert len(refused(net)) == 1
    with net.at("police"):
        row_there = dead().get()
        set_aside(by=DUTY, incoming=row_there.pk, version=row_there.version, note="已核对")
    net.again()
    assert len(refused(net)) == 1, "what somebody has put aside there takes no effect all the same"
    with net.at("police"):
        try_again(by=DUTY, incoming=row_there.pk, version=row_there.version + 1)
    net.quiet()
    assert refused(net) == []
    assert_all_is_said_and_stored(net, row.matter.number)


def test_what_is_set_apart_unkept_is_told_and_signed_anew_when_sent_again(net: Ferries) -> None:
    public = FolderKeys(net.root / "gov" / "keys").make("gov-2")
    row = offered(net)
    assert {(one.refused, one.stored_at) for one in refused(net)} == {("sender_key_unknown", None)}
    (net.root / "police" / "peer-keys" / "gov" / "gov-2.pub.pem").write_text(public)
    for one in refused(net):
        send_again(net, one)
    net.quiet()
    assert refused(net) == []
    assert_all_is_said_and_stored(net, row.matter.number)


def test_what_was_sealed_for_a_key_that_is_not_the_peers_is_sealed_anew_once_that_is_put_right(net: Ferries) -> None:
    entered = net.root / "gov" / "peer-keys" / "police" / "police-2.pub.pem"
    entered.write_text(FolderKeys(net.root / "stranger").make("police-2"))
    row = offered(net)
    assert {(one.kind, one.refused, one.stored_at) for one in refused(net)} == {("matter", "seal_unfit", None)}
    entered.unlink()
    net.again()
    assert refused(net) == []
    assert_all_is_said_and_stored(net, row.matter.number)


def test_nobody_can_make_a_kept_message_refused_by_forging_one_of_its_id(net: Ferries) -> None:
    from liandong.peers.channels.ferry import MESSAGES

    row = offered(net)
    file = next(one for one in net.files("police", "done") if one.name.endswith(MESSAGES))
    said = next(one for one in map(orjson.loads, file.read_bytes().splitlines()) if one["peerseq"])
    said["data"]["forged"] = True
    net.ways("gov")[0].channel.send("police", [orjson.dumps(said)])
    net.quiet()
    assert net.peer("police").refused == 1
    assert refused(net) == []
    assert_all_is_said_and_stored(net, row.matter.number)


def test_a_late_receipt_says_nothing_of_refusals(net: Ferries, monkeypatch: pytest.MonkeyPatch) -> None:
    from liandong.peers.actions.stored import hear_receipt

    spoiled(net, monkeypatch)
    with net.at("gov"):
        late = {"stored_through": 0, "stored": [], "refused": []}
        hear_receipt(peer="police", message="00000000-0000-7000-8000-000000000000", data=late)
    assert len(refused(net)) == 1


def test_heartbeats_go_by_themselves_and_a_silent_peer_is_called_offline(net: Ferries) -> None:
    assert standing(net).condition == "unknown"
    net.quiet()
    first = standing(net)
    assert (first.condition, first.said, first.messages["step"]) == ("online", "online", 1)
    assert first.software
    assert net.turn("gov") == 0, "not before its time"
    net.closed = True
    row = net.offer(net.order())
    net.clock.advance(seconds=100)
    net.quiet()
    assert standing(net).condition == "degraded"
    net.clock.advance(seconds=300)
    net.quiet()
    assert standing(net).condition == "offline"
    assert "对端 police 已长时间没有消息，请检查通道，急事请电话联系。" in net.checked("gov")
    net.closed = False
    net.again()
    back = standing(net, "police")
    assert (back.condition, back.waiting > 0) == ("online", True), "what lay there when the last heartbeat was written"
    assert_all_is_said_and_stored(net, row.matter.number)


def test_a_peer_that_calls_itself_degraded_is_called_so(net: Ferries) -> None:
    from liandong.kernel.models import SetAside

    with net.at("police"):
        SetAside.objects.create(
            loop="x", subject=1, due_at=net.clock.now(), tries=5, trouble="x", noticed_at=net.clock.now()
        )
    net.quiet()
    assert standing(net).condition == "degraded"
