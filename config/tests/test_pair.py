"""Two nodes for trying it out: what is made for them, and the gate between them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from config.pair import HTTPS, Side, carry, introduce, secure, sides_of
from config.statedir import BASE_DIR
from liandong.kernel.clock import VirtualClock
from liandong.kernel.keys import FolderKeys, publics
from liandong.peers.channels.deployment import read_deployment
from liandong.peers.channels.ferry import Ferry
from liandong.peers.channels.tls import client_context, files_of, server_context


def two(root: Path) -> tuple[Side, Side]:
    return sides_of(BASE_DIR / "cities" / "xinzhou", root)


def test_each_node_has_a_key_of_its_own_and_knows_the_others(tmp_path: Path) -> None:
    sides = two(tmp_path)
    introduce(sides)
    introduce(sides)  # the next start goes on with what is there
    for side, peer in (sides, sides[::-1]):
        (keyid,) = FolderKeys(side.keys).ids()
        assert publics(peer.state / "peer-keys" / side.code) == {keyid: FolderKeys(side.keys).public(keyid)}


def test_the_gate_carries_what_has_its_marker_and_leaves_the_rest(tmp_path: Path, clock: VirtualClock) -> None:
    sides = two(tmp_path)
    introduce(sides)
    gov, police = (Ferry(side.state / "ferry", side.code, lambda: timedelta(hours=1)) for side in sides)
    gov.send("police", [b"{}"])
    unfinished = sides[0].ferry("police") / "out" / "x.jsonl"
    unfinished.write_bytes(b"{}")
    assert carry(sides) == 1
    assert carry(sides) == 0
    assert [parcel.envelopes for parcel in police.fetch("gov")] == [[b"{}"]]
    assert [file.name for file in (sides[0].ferry("police") / "out").iterdir()] == [unfinished.name]


def test_by_https_each_side_listens_where_the_other_calls_with_a_certificate_it_takes(tmp_path: Path) -> None:
    sides = two(tmp_path)
    introduce(sides)
    secure(sides)
    secure(sides)  # the next start goes on with what is there
    for side, peer in (sides, sides[::-1]):
        mine, other = (read_deployment(one.env(HTTPS)["LIANDONG_CHANNELS"], "") for one in (side, peer))
        (line,) = mine.lines(peer.code)
        assert line.text("address") == f"https://{other.tables['https'].text('listen')}"
        server_context(files_of(mine.tables["https"]))
        client_context(files_of(mine.tables["https"]))
