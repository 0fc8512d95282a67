"""The https channel alone: certificates on both sides, each failure by its name, and a deadline for a slow peer."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from liandong.kernel.clock import SystemClock
from liandong.peers.channels import laid
from liandong.peers.channels.certs import files_in, make_ca, make_node
from liandong.peers.channels.deployment import DeploymentUnfit, read_deployment
from liandong.peers.channels.https import BYTES, LINES, Fetched, Https, Where, batches, open_https, peer_with
from liandong.peers.channels.own import Own
from liandong.peers.channels.tls import Files, look_at, server_context
from liandong.peers.errors import ChannelDown
from tests.tls import serving, trickling

NOW = SystemClock().now()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates: `gov` and `police` of one authority, the same of `other`, one that is over, one of another host."""
    root = tmp_path_factory.mktemp("certs")
    for place in (root, root / "other"):
        make_ca(place, NOW)
        for node in ("gov", "police"):
            make_node(place, node, NOW)
    make_node(root, "over", NOW, days=-1)
    make_node(root, "elsewhere", NOW, hosts=["10.0.0.1", "police.example"])
    return root


class Peer:
    """What the other side answers, and what it was asked."""

    def __init__(self) -> None:
        self.status, self.answer, self.asked = 200, {"taken": 1, "refused": []}, list[tuple[str, bytes]]()
        self.certificates = list[Any]()
        self.connections = set[Any]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.asked.append((f"{scope['method']} {scope['path']}", body))
        self.certificates.append(scope["peercert"])
        self.connections.add(tuple(scope["client"]))
        content = orjson.dumps(self.answer)
        headers = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def channel(port: int, files: Files, host: str = "127.0.0.1", deadline: float = 5) -> Https:
    return Https("https", Where(f"https://127.0.0.1:{port}", host, 1, deadline, pull=False), files, laid)


@contextmanager
def between(folder: Path, server: Files, client: Files) -> Iterator[tuple[Https, Peer]]:
    peer = Peer()
    with serving(peer, server_context(server)) as port:
        yield channel(port, client), peer


def test_what_is_pushed_arrives_and_the_receipt_of_the_answer_is_fetched(folder: Path) -> None:
    with between(folder, files_in(folder, "police"), files_in(folder, "gov")) as (gov, peer):
        peer.answer = {"taken": 2, "refused": [], "receipt": {"id": "r"}}
        gov.send("police", [b'{"a":1}', b'{"b":2}'])
        assert peer.asked == [("POST /peers/v1/messages", b'{"a":1}\n{"b":2}\n')]
        assert (("commonName", "gov"),) in peer.certificates[0]["subject"]
        (parcel,) = [next(iter(gov.fetch("police")))]
        assert parcel.envelopes == [b'{"id":"r"}']
        gov.settle("police", parcel.name)
        assert list(gov.fetch("police")) == []
        gov.send("police", [b"{}"])
        assert len(peer.connections) == 1, "the connection is kept"


def test_a_kept_connection_that_has_ended_is_made_anew(folder: Path) -> None:
    with between(folder, files_in(folder, "police"), files_in(folder, "gov")) as (gov, peer):
        gov.send("police", [b"{}"])
        port = gov._where.address.rsplit(":", 1)[1]
        gov._caller._link.sock.unwrap()  # type: ignore[union-attr] # as a server does that has waited too long
        gov.send("police", [b"{}"])
        assert len(peer.asked) == 2, port


WRONG = {
    "a stranger's authority": ("other/police", "gov", "127.0.0.1", "不是所登记的证书机构签发"),
    "a certificate that is over": ("over", "gov", "127.0.0.1", "对端的证书已过期"),
    "another host": ("elsewhere", "gov", "127.0.0.1", "名称与所连的地址不符"),
    "another name": ("police", "gov", "police.example", "名称与所连的地址不符"),
    "our own is over": ("police", "over", "127.0.0.1", "本节点的证书已过期"),
    "our own is missing": ("police", "none", "127.0.0.1", "不能使用"),
    "our own is a stranger's there": ("police", "mixed", "127.0.0.1", "不认本节点的证书"),
}


@pytest.mark.parametrize("how", WRONG)
def test_each_failure_of_the_certificates_has_its_own_words(folder: Path, how: str) -> None:
    server, client, host, said = WRONG[how]
    files = files_in(folder, client)
    if client == "mixed":
        stranger = files_in(folder / "other", "gov")
        files = Files(stranger.certificate, stranger.key, files.ca)
    place, _, node = server.rpartition("/")
    peer = Peer()
    with serving(peer, server_context(files_in(folder / place, node))) as port:
        with pytest.raises(ChannelDown, match=said) as why:
            channel(port, files, host).send("police", [b"{}"])
        assert "报文留在本节点" in why.value.message or "请" in why.value.message
    assert peer.asked == []


def test_a_name_may_be_named_that_is_not_that_of_the_address(folder: Path) -> None:
    peer = Peer()
    with serving(peer, server_context(files_in(folder, "elsewhere"))) as port:
        channel(port, files_in(folder, "gov"), "police.example").send("police", [b"{}"])
    assert len(peer.asked) == 1


def test_nobody_without_a_certificate_is_heard(folder: Path) -> None:
    peer = Peer()
    with serving(peer, server_context(files_in(folder, "police"))) as port:
        context = ssl.create_default_context(cafile=str(files_in(folder, "gov").ca))
        link = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=5)
        with suppress(OSError):  # it may hang up while we speak
            link.request("POST", "/peers/v1/messages", b"{}\n")
        with pytest.raises((OSError, http.client.HTTPException)):
            link.getresponse()
        link.close()
    assert peer.asked == []


def test_a_peer_that_is_not_there_is_told_at_once(folder: Path) -> None:
    with pytest.raises(ChannelDown, match="连接被拒绝"):
        channel(9, files_in(folder, "gov")).send("police", [b"{}"])


def test_a_peer_of_a_byte_at_a_time_is_given_up_at_the_deadline(folder: Path) -> None:
    began = time.monotonic()
    with trickling(server_context(files_in(folder, "police")), every=0.02) as port:
        with pytest.raises(ChannelDown, match="没有按时答复"):
            channel(port, files_in(folder, "gov"), deadline=0.3).send("police", [b"{}"])
        assert time.monotonic() - began < 2


def test_a_body_that_is_refused_is_told_with_the_other_sides_reason(folder: Path) -> None:
    with between(folder, files_in(folder, "police"), files_in(folder, "gov")) as (gov, peer):
        peer.status, peer.answer = 403, {"message": "证书上的名称不是已登记的对端"}
        with pytest.raises(ChannelDown, match=r"403.*不是已登记的对端"):
            gov.send("police", [b"{}"])


def test_bodies_are_small_so_that_what_is_urgent_waits_for_no_more_than_one() -> None:
    assert [len(one) for one in batches([b"x"] * (2 * LINES + 1))] == [LINES, LINES, 1]
    assert [len(one) for one in batches([b"x" * BYTES] * 2)] == [1, 1]


LINE = "[https]\ncertificate = 'a'\nkey = 'b'\nca = 'c'\n[[peers.police]]\nkind = 'https'\n"


def opened(folder: Path, text: str) -> Https | Fetched:
    (folder / "channels.toml").write_text(text)
    found = read_deployment(str(folder / "channels.toml"), "")
    return open_https(found.lines("police")[0], Own("gov", laid, float, https=found.tables.get("https")))


def test_a_line_without_an_address_is_a_peer_that_fetches(tmp_path: Path) -> None:
    assert isinstance(opened(tmp_path, LINE), Fetched)
    assert isinstance(opened(tmp_path, LINE + "address = 'https://h:1'"), Https)


@pytest.mark.parametrize(
    "text", [LINE.partition("[[")[2].join(["[[", ""]), LINE + "pull = true", LINE + "address = 'http://x'"]
)
def test_a_line_that_can_be_no_channel_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DeploymentUnfit):
        opened(tmp_path, text)


def test_a_certificate_is_known_by_the_name_the_deployment_expects(tmp_path: Path) -> None:
    opened(tmp_path, LINE)
    found = read_deployment(str(tmp_path / "channels.toml"), "").lines("police")
    line = peer_with(["x", "police"], found)
    assert line is not None
    assert line.peer == "police"
    assert peer_with(["gov"], found) is None


def test_until_when_a_certificate_is_good_can_be_asked(folder: Path) -> None:
    found = look_at("本节点的证书", files_in(folder, "gov").certificate)
    assert found.ends_at is not None
    assert 820 < (found.ends_at - NOW).days <= 825
    assert "不能读取" in look_at("本节点的证书", folder / "none").why
