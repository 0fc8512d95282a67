"""The file ferry alone: what is written, what is read, what is left alone and what is set apart."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from liandong.kernel.clock import VirtualClock
from liandong.kernel.seals import sm3
from liandong.peers.channels.ferry import MANIFEST, MARKER, MESSAGES, MOST_BYTES, MOST_MESSAGES, SET, Ferry, batches
from liandong.peers.errors import ChannelDown

PATIENCE = timedelta(hours=1)


class Two:
    """Two nodes' drop folders, and the gate between them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("gov/police", "police/gov"):
            (root / folder).mkdir(parents=True)
        self.gov = Ferry(root / "gov", "gov", lambda: PATIENCE)
        self.police = Ferry(root / "police", "police", lambda: PATIENCE)
        self.out, self.arrived = root / "gov/police/out", root / "police/gov/in"
        self.arrived.mkdir()

    def sent(self, *envelopes: bytes) -> str:
        """Send from gov and let the gate carry all; returns the name of the (last) batch."""
        self.gov.send("police", envelopes or (b'{"a":1}', b'{"b":2}'))
        for file in self.out.iterdir():
            shutil.move(file, self.arrived / file.name)
        return max(file.name for file in self.arrived.glob(f"*{MARKER}")).removesuffix(MARKER)

    def in_folder(self, which: str) -> set[str]:
        return {file.name for file in (self.root / "police/gov" / which).glob("*")}

    def rewrite(self, name: str, /, **changed: object) -> None:
        path = self.arrived / f"{name}{MANIFEST}"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


@pytest.fixture
def two(tmp_path: Path, clock: VirtualClock) -> Two:
    return Two(tmp_path)


def test_what_is_sent_arrives_as_it_was_and_is_gone_when_settled(two: Two) -> None:
    name = two.sent()
    (parcel,) = two.police.fetch("gov")
    assert (parcel.name, parcel.envelopes, parcel.why) == (name, [b'{"a":1}', b'{"b":2}'], "")
    assert [one.name for one in two.police.fetch("gov")] == [name], "it comes again until it is settled"
    two.police.settle("gov", name)
    assert list(two.police.fetch("gov")) == []
    assert two.in_folder("done") == {f"{name}{suffix}" for suffix in SET}


def test_the_manifest_names_count_size_digest_and_both_nodes(two: Two) -> None:
    name = two.sent(b"{}")
    told = json.loads((two.arrived / f"{name}{MANIFEST}").read_text())
    assert told == {
        "name": name,
        "count": 1,
        "bytes": 3,
        "sm3": sm3(b"{}\n").hex(),
        "made_at": "2026-03-02T01:00:00.000000Z",
        "sender": "gov",
        "receiver": "police",
    }


@pytest.mark.parametrize("missing", SET)
def test_a_set_that_lacks_a_file_is_left_alone_until_it_comes(two: Two, missing: str) -> None:
    name = two.sent()
    file = two.arrived / f"{name}{missing}"
    kept = file.read_bytes()
    file.unlink()
    assert list(two.police.fetch("gov")) == []
    file.write_bytes(kept)
    assert [one.why for one in two.police.fetch("gov")] == [""]


@pytest.mark.parametrize("which", [MESSAGES, MANIFEST])
def test_a_file_that_is_half_written_is_left_alone_until_it_is_whole(two: Two, which: str) -> None:
    name = two.sent()
    file = two.arrived / f"{name}{which}"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert list(two.police.fetch("gov")) == [], length
    file.write_bytes(whole)
    assert [one.why for one in two.police.fetch("gov")] == [""]


def test_one_that_never_becomes_whole_is_told_after_the_patience(two: Two, clock: VirtualClock) -> None:
    name = two.sent()
    (two.arrived / f"{name}{MESSAGES}").write_bytes(b'{"a"')
    came = clock.now().timestamp()
    os.utime(two.arrived / f"{name}{MARKER}", (came, came))
    clock.advance(minutes=59)
    assert list(two.police.fetch("gov")) == []
    clock.advance(minutes=1)
    (parcel,) = two.police.fetch("gov")
    assert "仍不完整" in parcel.why


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[2] ^= 1
    path.write_bytes(content)


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


BROKEN: dict[str, tuple[Callable[[Two, str], object], str]] = {
    "a bit": (lambda two, name: flipped(two.arrived / f"{name}{MESSAGES}"), "摘要"),
    "longer": (lambda two, name: lengthened(two.arrived / f"{name}{MESSAGES}"), "摘要"),
    "other receiver": (lambda two, name: two.rewrite(name, receiver="county"), "接收节点"),
    "other sender": (lambda two, name: two.rewrite(name, sender="county"), "发送节点"),
    "other name": (lambda two, name: two.rewrite(name, name="x"), "文件名"),
    "other count": (lambda two, name: two.rewrite(name, count=3), "行数"),
    "no size": (lambda two, name: two.rewrite(name, bytes="8"), "字节数"),
    "no JSON": (lambda two, name: (two.arrived / f"{name}{MANIFEST}").write_bytes(b"<a>}"), "JSON"),
    "a list": (lambda two, name: (two.arrived / f"{name}{MANIFEST}").write_bytes(b"[{}]"), "JSON对象"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_wrong_is_told_with_its_reason_and_set_apart_whole(two: Two, how: str) -> None:
    name = two.sent()
    breaks, said = BROKEN[how]
    breaks(two, name)
    (parcel,) = two.police.fetch("gov")
    assert said in parcel.why
    two.police.quarantine("gov", name, parcel.why)
    assert two.in_folder("in") == set()
    assert two.in_folder("quarantine") == {f"{name}{suffix}" for suffix in (*SET, ".why.json")}
    told = json.loads((two.root / f"police/gov/quarantine/{name}.why.json").read_text())
    assert (told["name"], told["why"]) == (name, parcel.why)


def test_what_is_set_apart_twice_under_one_name_is_kept_twice(two: Two) -> None:
    name = two.sent()
    kept = (two.arrived / f"{name}{MESSAGES}").read_bytes()
    two.police.quarantine("gov", name, "一")
    for suffix in SET:
        (two.arrived / f"{name}{suffix}").write_bytes(b"other")
    two.police.quarantine("gov", name, "二")
    apart = two.root / "police/gov/quarantine"
    assert (apart / f"{name}{MESSAGES}").read_bytes() == kept
    assert (apart / f"{name}~2{MESSAGES}").read_bytes() == b"other"


@pytest.mark.parametrize("strange", ["x/../y", "名字", "a b", "x" * 200])
def test_a_marker_of_a_strange_name_is_set_apart(two: Two, strange: str) -> None:
    name = strange.replace("/", "\\")
    (two.arrived / f"{name}{MARKER}").touch()
    (parcel,) = two.police.fetch("gov")
    assert "文件名" in parcel.why
    two.police.quarantine("gov", parcel.name, parcel.why)
    assert two.in_folder("in") == set()


def test_a_link_is_not_followed(two: Two, tmp_path: Path) -> None:
    name = two.sent()
    secret = tmp_path / "secret"
    shutil.move(two.arrived / f"{name}{MESSAGES}", secret)
    (two.arrived / f"{name}{MESSAGES}").symlink_to(secret)
    (parcel,) = two.police.fetch("gov")
    assert "链接" in parcel.why


def test_many_messages_go_in_several_batches_in_their_order() -> None:
    small = [b"%d" % number for number in range(2 * MOST_MESSAGES + 1)]
    found = list(batches(small))
    assert [len(one) for one in found] == [MOST_MESSAGES, MOST_MESSAGES, 1]
    assert [line for one in found for line in one] == small
    large = [bytes(MOST_BYTES // 2 - 1)] * 5
    assert [len(one) for one in batches(large)] == [2, 2, 1]


@pytest.mark.parametrize("at", range(3), ids=SET)
def test_on_a_full_disk_nothing_half_written_is_left_and_the_trouble_is_named(
    two: Two, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    synced = 0

    def full(handle: int) -> None:
        nonlocal synced
        # A file, then its folder.
        if synced == 2 * at:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced += 1

    monkeypatch.setattr("liandong.peers.channels.ferry.os.fsync", full)
    with pytest.raises(ChannelDown, match="磁盘已满"):
        two.gov.send("police", [b"{}"])
    assert list(two.out.iterdir()) == []
    monkeypatch.undo()
    two.sent(b"{}")
    assert [one.envelopes for one in two.police.fetch("gov")] == [[b"{}"]]


def test_a_folder_that_is_away_is_not_made_anew(two: Two) -> None:
    shutil.rmtree(two.root / "gov/police")
    with pytest.raises(ChannelDown, match="摆渡目录"):
        two.gov.send("police", [b"{}"])
    with pytest.raises(ChannelDown, match="摆渡目录"):
        list(two.gov.fetch("police"))
    assert not (two.root / "gov/police").exists()


def test_settling_that_broke_off_is_gone_on_with(two: Two) -> None:
    name = two.sent()
    (two.root / "police/gov/done").mkdir()
    shutil.move(two.arrived / f"{name}{MESSAGES}", two.root / f"police/gov/done/{name}{MESSAGES}")
    assert list(two.police.fetch("gov")) == []
    assert two.in_folder("in") == set()
    assert two.in_folder("done") == {f"{name}{suffix}" for suffix in SET}


def test_files_without_a_marker_and_hidden_ones_are_left_where_they_are(two: Two) -> None:
    (two.arrived / "a.jsonl").write_bytes(b"{}\n")
    (two.arrived / ".b.done").touch()
    (two.arrived / "c.txt").touch()
    assert list(two.police.fetch("gov")) == []
    assert two.in_folder("in") == {"a.jsonl", ".b.done", "c.txt"}
