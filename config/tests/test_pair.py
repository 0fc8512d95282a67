"""Two nodes for trying it out: what is made for them, and the gate between them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

from config.pair import HTTPS, MIDDB, Side, carry, introduce, join, secure, sides_of
from config.pairjoint import Joint
from config.processes import liandong
from config.statedir import BASE_DIR
from config.tests import clusters
from liandong.kernel.clock import VirtualClock
from liandong.kernel.keys import FolderKeys, publics
from liandong.peers.channels.deployment import read_deployment
from liandong.peers.channels.ferry import Ferry
from liandong.peers.channels.middb import MidDb, address_of, side_of
from liandong.peers.channels.middb.checks import findings
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


def test_by_middb_each_side_has_a_user_of_its_own_that_can_read_and_add_and_nothing_else() -> None:
    root = Path(tempfile.mkdtemp(prefix="liandong-pair-"))
    root.chmod(0o711)  # the account that runs the server passes through
    sides = two(root)
    introduce(sides)
    joint = Joint(root / "joint")
    try:
        join(sides, joint)
        join(sides, joint)  # the next start goes on with what is there, by fresh passwords
        assert joint.tend() is None
        for side, peer in (sides, sides[::-1]):
            (line,) = read_deployment(side.env(MIDDB)["LIANDONG_CHANNELS"], "").lines(peer.code)
            assert list(findings(address_of(line), side.code, peer.code, side_of(line))) == []
        gov, police = (_channel(one, peer) for one, peer in (sides, sides[::-1]))
        gov.send("police", [b"{}"])
        assert [parcel.envelopes for parcel in police.fetch("gov")] == [[b"{}"]]
        gov.close()
        police.close()
    finally:
        joint.stop()
        clusters.removed(root / "joint")
        shutil.rmtree(root, ignore_errors=True)


def _channel(side: Side, peer: Side) -> MidDb:
    (line,) = read_deployment(side.env(MIDDB)["LIANDONG_CHANNELS"], "").lines(peer.code)
    return MidDb(address_of(line), side.code, side_of(line))


def test_a_second_pair_in_the_same_folder_is_told_so_and_touches_nothing(tmp_path: Path) -> None:
    (tmp_path / "pair").mkdir()
    with (tmp_path / "pair" / "pair.lock").open("ab") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        env = {**os.environ, "LIANDONG_STATE": str(tmp_path)}
        second = liandong("pair", "--channel", "https")
        ended = subprocess.run(second, cwd=BASE_DIR, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "两个节点已在运行" in ended.stderr
    assert [one.name for one in (tmp_path / "pair").iterdir()] == ["pair.lock"]
