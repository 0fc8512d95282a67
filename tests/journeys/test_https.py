"""Two nodes over https: pushed, fetched, cut off, refused; the doors are the real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, assert_all_is_said_and_stored, offered
from tests.secured import Secured

PUSH, FETCH, SETTLE = "POST /peers/v1/messages", "GET /peers/v1/messages", "POST /peers/v1/settled"


def whole(net: Secured) -> Any:
    row = offered(net)
    for verb, by in (("accept", POLICE), ("conclude", POLICE), ("confirm", HOTLINE)):
        net.step(row, verb, by)
    return row


def test_offered_accepted_concluded_and_confirmed_over_https(secured: Secured) -> None:
    row = whole(secured)
    assert secured.told("police", row.matter.number)["state"] == "closed"
    assert_all_is_said_and_stored(secured, row.matter.number)
    assert {(code, what) for code, what, _ in secured.said} == {("gov", PUSH), ("police", PUSH)}
    assert {status for *_, status in secured.said} == {200}


def test_the_receipt_comes_back_with_the_answer(secured: Secured) -> None:
    secured.offer(secured.order())
    secured.turn("gov")
    secured.turn("gov")
    assert secured.journal("gov")[1] == 0
    assert [code for code, *_ in secured.said if code == "gov"] == [], "the other side has not called"


@pytest.mark.parametrize("hidden", PAIR)
def test_a_node_that_nobody_reaches_fetches_what_lies_for_it(secured: Secured, hidden: str) -> None:
    secured.fetching = frozenset({hidden})
    for code in PAIR:
        secured.deployed(code)
    row = whole(secured)
    assert_all_is_said_and_stored(secured, row.matter.number)
    reached = PAIR[1 - PAIR.index(hidden)]
    assert {code for code, *_ in secured.said} == {reached}
    assert {what for _, what, _ in secured.said} == {PUSH, FETCH, SETTLE}
    assert secured.laid(reached) == 0


def test_what_was_fetched_and_not_settled_comes_again(secured: Secured) -> None:
    secured.fetching = frozenset({"police"})
    for code in PAIR:
        secured.deployed(code)
    secured.offer(secured.order())
    secured.turn("gov")
    with secured.at("police"):
        (way,) = secured.ways("police")
        first, second = (next(iter(way.channel.fetch("gov"))) for _ in range(2))
    assert first.envelopes == second.envelopes
    assert first.name != second.name
    with secured.at("police"):
        way.channel.settle("gov", first.name)
    assert secured.laid("gov") > 0, "the first name was given anew"
    with secured.at("police"):
        way.channel.settle("gov", second.name)
    assert secured.laid("gov") == 0


def test_a_door_that_is_shut_is_told_and_all_goes_when_it_opens(secured: Secured) -> None:
    secured.shut = {"police"}
    row = offered(secured)
    assert "连接中断" in secured.peer("gov").trouble
    assert any("连接中断" in one for one in secured.checked("gov"))
    secured.shut = set()
    secured.clock.advance(minutes=2)
    secured.quiet()
    secured.step(row, "accept", POLICE)
    assert_all_is_said_and_stored(secured, row.matter.number)


def test_a_line_that_is_forged_is_refused_with_its_reason_and_those_beside_it_are_kept(secured: Secured) -> None:
    from liandong.peers.models import Outgoing

    secured.offer(secured.order())
    secured.shut = {"police"}
    secured.turn("gov")
    secured.shut = set()
    with secured.at("gov"):
        row = Outgoing.objects.get(serial=1)
        genuine = bytes(row.raw or b"")
        said = orjson.loads(genuine)
        said["data"]["forged"] = True
        Outgoing.objects.filter(pk=row.pk).update(raw=orjson.dumps(said))
    secured.clock.advance(minutes=1)
    secured.quiet()
    assert (207) in {status for *_, status in secured.said}
    assert secured.peer("police").refused == 1
    assert any("1 批" in one for one in secured.checked("police"))
    assert secured.journal("gov")[1] == 1, "only the forged one has no receipt"
    with secured.at("gov"):
        Outgoing.objects.filter(pk=row.pk).update(raw=genuine)
    secured.again()
    assert secured.journal("gov")[1] == 0


def test_a_certificate_of_nobody_the_deployment_names_is_refused(secured: Secured) -> None:
    file = secured.root / "police" / "channels.toml"
    secured.deployed("police", "certificate_name = 'somebody-else'")
    offered(secured)
    assert "403" in secured.peer("gov").trouble
    assert "已登记的对端" in secured.peer("gov").trouble
    assert file.exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("PUT", "/peers/v1/messages", b"", "", 405),
        ("POST", "/peers/v1/nothing", b"{}", "", 404),
        ("POST", "/peers/v1/messages", b"{}\n", "application/json", 415),
        ("POST", "/peers/v1/messages", b"\n", "application/x-ndjson", 400),
        ("POST", "/peers/v1/messages", b"{}\n" * 1001, "application/x-ndjson", 413),
        ("POST", "/peers/v1/messages", b"not json\n", "application/x-ndjson", 207),
        ("POST", "/peers/v1/settled", b"{}", "application/json", 422),
    ],
)
def test_what_is_asked_wrongly_is_answered_with_its_reason(
    secured: Secured, method: str, path: str, body: bytes, kind: str, status: int
) -> None:
    from liandong.peers.channels.calling import Caller
    from liandong.peers.channels.certs import files_in

    caller = Caller("127.0.0.1", secured.ports["police"], "127.0.0.1", 2, files_in(secured.root / "certs", "gov"))
    with caller.until(5):
        found = caller.ask(method, path, body, kind, most=100_000)
    assert found.status == status
    told = orjson.loads(found.body)
    assert told["message"] if status != 207 else told["refused"][0]["problem"]["code"] == "bad_json"


def test_https_that_is_cut_falls_back_to_the_ferry(secured: Secured) -> None:
    for code in PAIR:
        secured.deployed(code, f"[[peers.{PAIR[1 - PAIR.index(code)]}]]\nkind = 'ferry'\nfolder = 'ferry'")
    secured.shut = set(PAIR)
    row = secured.offer(secured.order())
    for _ in range(4):
        for code in PAIR:
            secured.turn(code)
        secured.bring("ferry")
    assert_all_is_said_and_stored(secured, row.matter.number)
    secured.shut = set()
    secured.clock.advance(minutes=2)
    secured.step(row, "accept", POLICE)
    assert {what for _, what, _ in secured.said} == {PUSH}, "returned to by itself"
    assert_all_is_said_and_stored(secured, row.matter.number)


def test_the_certificates_that_soon_end_are_told(secured: Secured, settings: Any) -> None:
    from config.health import _certificates
    from liandong.peers.channels.certs import make_node

    with secured.at("gov"):
        settings.CHANNELS = str(secured.root / "gov" / "channels.toml")
        assert list(_certificates()) == []
        make_node(Path(secured.root / "certs"), "gov", secured.clock.now(), days=20)
        (told,) = _certificates()
    assert "本节点的证书" in told
    assert "2026-03-22" in told


def test_when_the_certificate_of_the_peer_ends_is_kept_with_the_channel(secured: Secured) -> None:
    from liandong.peers.channels.tls import look_at
    from liandong.peers.models import ChannelState

    secured.offer(secured.order())
    secured.turn("gov")
    with secured.at("gov"):
        seen = ChannelState.objects.get(peer="police").certified_until
    assert seen == look_at("", Path(secured.root / "certs" / "police.crt.pem")).ends_at


def test_so_is_that_of_a_peer_that_only_calls(secured: Secured) -> None:
    from liandong.peers.channels.tls import look_at
    from liandong.peers.models import ChannelState

    secured.fetching = frozenset({"police"})
    for code in PAIR:
        secured.deployed(code)
    whole(secured)
    with secured.at("gov"):
        seen = ChannelState.objects.get(peer="police")
    assert seen.certified_until == look_at("", Path(secured.root / "certs" / "police.crt.pem")).ends_at
    assert seen.trouble == ""
