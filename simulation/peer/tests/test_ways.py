"""The ways of the simulated peer: two of them agree over each channel whatever goes wrong on it, and what flags say."""

from __future__ import annotations

import argparse
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.errors import LiandongError
from liandong.kernel.keys import FolderKeys
from liandong.peers.channels.middb.links import POSTGRESQL
from simulation.conformance.run import PeerAway, until_there
from simulation.conformance.run import main as conformance
from simulation.peer.addresses import add_way, way_of
from simulation.peer.counterpart import Counterpart
from simulation.peer.faults import FaultUnknown, Storm, read
from simulation.peer.memory import Memory
from simulation.peer.run import main as simulate_peer
from simulation.peer.run import turn
from simulation.peer.tests.ends import KIT, PEER, Certificates, Ends, by_database, by_files, by_https
from simulation.peer.tests.test_counterpart import NOW, assert_agree, identity, pair
from simulation.peer.ways import ByChannel, ByDatabase, ByFolder, ByHttps, NoWay
from tests.joint import Opened


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def agree(both: tuple[Counterpart, Counterpart], ends: Ends, fault: str) -> None:
    """Three matters over ends that bear the fault, until both have them all."""
    hotline = both[1]
    assert hotline.me.desk == "12345"
    clock, memories = VirtualClock(NOW), [Memory(one, None, lambda line: None) for one in both[::-1]]
    for end in ends:
        end.bear(read(fault), Random(3))
    with running_on(clock):
        for title in ("【签收】", "【退回】", "【未解决】"):
            hotline.offer(title, clock.now())
        for _ in range(40):
            for memory, end in zip(memories, ends, strict=True):
                turn(memory, end, Storm(read(""), Random(1)), clock.now())
            clock.advance(seconds=5)
    assert_agree(both)
    assert all(held.replica.ended for held in hotline.transfers.values())


def test_two_agree_over_files_that_are_seen_half_written(tmp_path: Path) -> None:
    both = pair()
    with by_files(tmp_path, both[0]) as ends:
        agree(both, ends, "half=0.7")
        assert isinstance(ends[0], ByFolder)
        assert not list((ends[0].place / "quarantine").glob("*"))


def test_two_agree_over_doors_that_are_busy_and_break_off(certificates: Certificates) -> None:
    both = pair()
    with by_https(certificates, both[0]) as ends:
        agree(both, ends, "busy=0.3,cut=0.3")


def test_two_agree_over_rows_that_are_committed_late(joints: Opened) -> None:
    both, joint = pair(), joints(POSTGRESQL)
    joint.clear()
    with by_database(joint, both[0]) as ends:
        agree(both, ends, "late=0.5")


def test_a_fault_of_another_channel_is_told() -> None:
    assert read("half,drop=0.2", "ferry").half == 0.5
    for wrong, kind in (("half", "https"), ("busy", "ferry"), ("late", "https"), ("cut", "middb")):
        with pytest.raises(FaultUnknown, match="只在"):
            read(wrong, kind)


def test_a_row_that_is_late_is_seen_after_the_next(joints: Opened) -> None:
    joint, one = joints(POSTGRESQL), pair()[0]
    joint.clear()
    with by_database(joint, one) as (kit, its):
        kit.bear(read("late=1"), Random(1))
        kit.send([b'{"n": 1}'])
        assert its.fetch() == []
        kit.send([b'{"n": 2}'])
        assert sorted(its.fetch()) == [b'{"n": 1}', b'{"n": 2}']
        # What a bad line made of a message must still fit into a column of text.
        kit.send([b"\xff\x00"])
        kit.send([b"{}"])
        assert "\ufffd\ufffd".encode() in its.fetch()


FILES = ["--certificate", "a", "--certificate-key", "b", "--ca", "c"]


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_way(parser)
    parser.set_defaults(role="12345")
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--peer", "gopher://x"], "gopher"),
        (["--peer", "/nowhere/at/all"], "没有摆渡目录"),
        (["--peer", "https://127.0.0.1:1", "--pull"], "--certificate"),
        (["--peer", "https://127.0.0.1:1", *FILES], "--listen"),
        (["--peer", "https://", "--pull", *FILES], "--listen"),
        (
            ["--peer", "https://:x", "--pull", *FILES],
            "主机:端口",
        ),
        (
            ["--peer", "https://x", "--listen", "8443", *FILES],
            "--listen",
        ),
        (["--peer", "postgresql://only-host"], "postgresql://用户"),
        (["--peer", "mysql://u:p@h/d", "--tls", "verify-ca"], "--ca"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(words: list[str], said: str) -> None:
    with pytest.raises(LiandongError, match=said) as told:
        way_of(asked(*words), identity("12345"), len)
    assert isinstance(told.value, NoWay)


def test_flags_lead_to_the_channel(tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    me, files = identity("12345"), certificates.files[KIT]
    assert way_of(asked("--peer", str(tmp_path)), me, len).kind == "ferry"
    monkeypatch.setenv("PGPASSWORD", "of the environment")
    row = way_of(asked("--peer", "postgresql://u@h/d", "--tls", "off"), me, len)
    assert isinstance(row, ByDatabase)
    assert (row.side, row.address.password, row.address.tls) == ("gov", "of the environment", "off")
    given = ["--certificate", files.certificate, "--certificate-key", files.key, "--ca", files.ca]
    fetched = way_of(asked("--peer", "https://", "--listen", "127.0.0.1:0", *map(str, given)), me, len)
    try:
        assert isinstance(fetched, ByHttps)
        assert fetched.where is None
        assert fetched.door is not None
        assert fetched.door.port > 0
    finally:
        fetched.close()


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def test_the_commands_meet_over_https_and_a_report_is_written(
    tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = {code: free() for code in (KIT, PEER)}
    keys = {code: FolderKeys(tmp_path / code) for code in (KIT, PEER)}
    for code, own in keys.items():
        own.make(f"{code}-1")

    def flags(role: str, me: str, other: str) -> list[str]:
        files = certificates.files[me]
        return [
            *["--role", role, "--peer-code", other, "--keys", str(tmp_path / me), "--peer-keys", str(tmp_path / other)],
            *["--peer", f"https://127.0.0.1:{ports[other]}", "--listen", f"127.0.0.1:{ports[me]}"],
            *["--certificate", str(files.certificate), "--certificate-key", str(files.key), "--ca", str(files.ca)],
        ]

    peer = [*flags("110", PEER, KIT), "--seconds", "6", "--answers", "0"]
    # The peer begins to listen only when the kit has called and nobody was there.
    nobody = socket.create_server(("127.0.0.1", ports[PEER]))

    def late() -> None:
        with nobody:
            nobody.accept()[0].close()
        simulate_peer(["simulate-peer", *peer])

    played = threading.Thread(target=late)
    played.start()
    out = tmp_path / "report"
    kit = [*flags("12345", KIT, PEER), "--out", str(out), "--alone", "--only", "snapshot", "answer_refused", "offer"]
    ended = conformance(["conformance", *kit, "--patience", "5", "--patience-desk", "5"])
    played.join()
    told = json.loads(out.with_suffix(".json").read_text())
    assert (ended, told["channel"]) == (0, "https")
    assert {one["code"]: one["verdict"] for one in told["cases"]} == dict.fromkeys(
        ("snapshot", "answer_refused", "offer"), "pass"
    )
    assert "〔https〕" in out.with_suffix(".md").read_text()
    printed = capsys.readouterr().out
    assert printed.count("等待对方接通，最多60秒") == 1
    assert printed.index("等待对方接通") < printed.index("通过  ")
    assert "发 step accept" in printed


def there(way: ByChannel, *meanwhile: Callable[[], object]) -> bool:
    """Whether the kit would begin, having looked before each of these happened and after the last of them."""

    def turns() -> Iterator[None]:
        for happens in meanwhile:
            yield
            happens()
        yield

    try:
        until_there(way, turns(), 1)
    except PeerAway:
        return False
    return True


def test_the_kit_begins_when_its_peer_is_there(
    tmp_path: Path, certificates: Certificates, joints: Opened, capsys: pytest.CaptureFixture[str]
) -> None:
    one = pair()[0]
    with by_https(certificates, one) as (kit, its):
        assert there(kit)
        assert isinstance(its, ByHttps)
        assert its.door is not None
        its.door.close()
        assert not there(kit)
        port = its.door.port
        assert there(kit, lambda: its.listen("127.0.0.1", port, [KIT]))
        its.door.mischief = lambda: "busy"
        assert not there(kit)
    assert "连接被拒绝" in (said := capsys.readouterr().out)
    assert "503" in said
    # A peer that only comes to us is there when it has come.
    with by_https(certificates, one) as (kit, its):
        assert isinstance(kit, ByHttps)
        kit.where = None
        assert not there(kit)
        assert there(kit, lambda: its.send([b"{}"]))
    joint = joints(POSTGRESQL)
    with by_database(joint, one) as (kit, _):
        assert there(kit)
    with closing(ByDatabase(replace(joint.addresses["gov"], database="nowhere"), KIT, PEER, "gov")) as nowhere:
        assert not there(nowhere)
    with by_files(tmp_path, one) as (kit, _):
        assert there(kit)


def test_a_peer_that_never_listens_is_told_and_nothing_is_judged(
    tmp_path: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    for code in (KIT, PEER):
        FolderKeys(tmp_path / code).make(f"{code}-1")
    files, out = certificates.files[KIT], tmp_path / "report"
    flags = [
        *["--role", "12345", "--peer-code", PEER, "--keys", str(tmp_path / KIT), "--peer-keys", str(tmp_path / PEER)],
        *["--peer", f"https://127.0.0.1:{free()}", "--pull", "--patience-start", "0", "--out", str(out)],
        *["--certificate", str(files.certificate), "--certificate-key", str(files.key), "--ca", str(files.ca)],
    ]
    assert conformance(["conformance", *flags]) == 2
    said = capsys.readouterr()
    assert "被测方在0秒内没有接通" in said.err
    assert "连接被拒绝" in said.err
    assert "没有做任何用例" in said.err
    assert "失败" not in said.out
    assert not list(tmp_path.glob("report*"))
