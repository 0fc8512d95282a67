"""`liandong pair`: two nodes on this machine, 12345 and 110, with one channel between them, for trying it out.

Each is a `liandong up` with a state folder, database and keys of its own. By the file ferry they know each other by
files alone, and this process is the gate between them: it carries the files of the drop folders, a batch's marker last,
and else knows nothing of either. By https each listens for the other, with certificates made here. By middb both write
into a joint database, whose server this process runs.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.guarded import spawn
from config.pairjoint import Joint
from config.pgfiles import NoPostgres
from config.processes import Child, liandong
from config.statedir import BASE_DIR, STATE_DIR
from config.web import PORT, PortTaken, choose_port
from liandong.kernel import clock
from liandong.kernel.keys import PUBLIC, FolderKeys
from liandong.peers.channels import certs
from liandong.peers.channels.ferry import IN, MARKER, OUT, SET

# The browser keeps cookies by host, not by port: under one name the second sign-in would end the first.
HOSTS = ("127.0.0.1", "localhost")
FERRY, HTTPS, MIDDB = "ferry", "https", "middb"
CHANNELS = (FERRY, HTTPS, MIDDB)
# The two networks of a joint database, in the order of nodes.csv.
NETWORKS = ("gov", "police")
LISTENING, HTTPS_PORT = "127.0.0.1", 8443
TURN_EVERY = 0.2
STOP_WITHIN = 20.0


Turn = Callable[[], str | None]


class NotAlone(Exception):
    """Another `liandong pair` has these nodes; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two nodes: its code and what it hosts by nodes.csv, where it keeps what is its own."""

    code: str
    name: str
    state: Path

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    def ferry(self, peer: str) -> Path:
        return self.state / "ferry" / peer

    def env(self, channel: str) -> dict[str, str]:
        """What makes a `liandong up` this node, reached by the channel."""
        return {
            "LIANDONG_STATE": str(self.state),
            "LIANDONG_NODE": self.code,
            "LIANDONG_KEYS": str(self.keys),
            "LIANDONG_PEER_KEYS": str(self.state / "peer-keys"),
            "LIANDONG_FERRY_DIR": str(self.state / "ferry") if channel == FERRY else "",
            "LIANDONG_CHANNELS": "" if channel == FERRY else str(self.state / "channels.toml"),
        }


class _Stop:
    """Set by the signals that ask us to stop."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def main(argv: Sequence[str] = ()) -> int:
    """Run both nodes and the gate until SIGINT, SIGTERM or SIGHUP. Returns 1 when a node ends by itself."""
    parser = argparse.ArgumentParser(prog="liandong pair", description="两个节点（12345 与 110）在本机对接")
    parser.add_argument("--port", type=int, default=None, help="第一个节点的端口，第二个用其后一个空闲端口")
    parser.add_argument("--channel", choices=CHANNELS, default=FERRY, help="两节点之间的通道，缺省为文件摆渡 ferry")
    asked = parser.parse_args(argv)
    stop = _Stop()
    root = STATE_DIR / "pair"
    sides = sides_of(BASE_DIR / "cities" / os.environ.get("LIANDONG_CITY", "xinzhou"), root)
    try:
        with _the_only_one(root), _between(sides, asked.channel) as turn:
            return _run(_started(sides, asked.port, asked.channel), turn, stop)
    except (NotAlone, PortTaken) as why:
        print(f"liandong: {why}", file=sys.stderr)
        return 1


def _run(children: Sequence[Child], turn: Turn, stop: _Stop) -> int:
    try:
        while not stop.asked:
            if any(child.process is not None and child.process.poll() is not None for child in children):
                print("liandong: 一个节点已停止，另一个随之停止。", file=sys.stderr)
                return 1
            try:
                said = turn()
            except OSError as why:
                # A full disk: what is not over stays where it is.
                said = f"文件未能摆渡：{why.strerror}"
            except NoPostgres as why:
                said = str(why)
            if said:
                print(f"liandong: {said}", file=sys.stderr)
            time.sleep(TURN_EVERY)
        return 0
    finally:
        until = time.monotonic() + STOP_WITHIN
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait(until)


@contextmanager
def _the_only_one(root: Path) -> Iterator[None]:
    """A second pair here would write other ports and passwords into the files the first one reads. Raises NotAlone."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "pair.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotAlone(f"两个节点已在运行，状态目录 {root}。") from None
        yield


@contextmanager
def _between(sides: tuple[Side, Side], channel: str) -> Iterator[Turn]:
    """What lies between the two by this channel, made ready, and what is done for it at every turn."""
    introduce(sides)
    if channel == MIDDB:
        joint = Joint(sides[0].state.parent / "joint")
        try:
            join(sides, joint)
            yield joint.tend
        finally:
            joint.stop()
    elif channel == HTTPS:
        secure(sides)
        yield lambda: None
    else:

        def gate() -> None:
            carry(sides)

        yield gate


def sides_of(pack: Path, state: Path) -> tuple[Side, Side]:
    """The first two rows of the pack's nodes.csv."""
    with (pack / "nodes.csv").open(encoding="utf-8-sig", newline="") as rows:
        first, second, *_ = [Side(row["code"], row["name"], state / row["code"]) for row in csv.DictReader(rows)]
    return first, second


def introduce(sides: tuple[Side, Side]) -> None:
    """Make what is not there yet: a key for each, the other's public key entered, the drop folders."""
    for side, peer in (sides, sides[::-1]):
        side.ferry(peer.code).mkdir(parents=True, exist_ok=True)
        own = FolderKeys(side.keys)
        for keyid in own.ids() or [f"{side.code}-1"]:
            public = own.public(keyid) if keyid in own.ids() else own.make(keyid)
            entered = peer.state / "peer-keys" / side.code
            entered.mkdir(parents=True, exist_ok=True)
            (entered / f"{keyid}{PUBLIC}").write_text(public, encoding="ascii")


def secure(sides: tuple[Side, Side]) -> None:
    """Certificates of one authority, and for each side the file that says where it listens and calls the other."""
    folder = sides[0].state.parent / "certs"
    certs.make_ca(folder, clock.now())
    ports = dict[str, int]()
    for side in sides:
        if not certs.files_in(folder, side.code).certificate.exists():
            certs.make_node(folder, side.code, clock.now())
        ports[side.code] = _next_free(LISTENING, max(ports.values(), default=HTTPS_PORT - 1))
    for side, peer in (sides, sides[::-1]):
        files = certs.files_in(folder, side.code)
        own = f"listen = '{LISTENING}:{ports[side.code]}'\ncertificate = '{files.certificate}'\n"
        own += f"key = '{files.key}'\nca = '{files.ca}'\n"
        other = f"kind = 'https'\naddress = 'https://{LISTENING}:{ports[peer.code]}'\n"
        text = f"[https]\n{own}\n[[peers.{peer.code}]]\n{other}"
        (side.state / "channels.toml").write_text(text, encoding="utf-8")


def join(sides: tuple[Side, Side], joint: Joint) -> None:
    """For each side its user of the joint database, and the file that says it reaches the other there."""
    joint.prepare({network: side.state / "middb.dsn" for side, network in zip(sides, NETWORKS, strict=True)})
    for side, peer, network in zip(sides, sides[::-1], NETWORKS, strict=True):
        table = f"kind = 'middb'\nside = '{network}'\ntls = 'off'\ndsn = {{ file = 'middb.dsn' }}\n"
        (side.state / "channels.toml").write_text(f"[[peers.{peer.code}]]\n{table}", encoding="utf-8")


def _started(sides: Iterable[Side], port: int | None, channel: str) -> list[Child]:
    children = list[Child]()
    for side, host in zip(sides, HOSTS, strict=True):
        port = choose_port(host, port) if not children else _next_free(host, port)
        print(f"{side.name}（{side.code}）：http://{host}:{port}/，正在启动…", flush=True)
        command = liandong("up", "--no-calls", "--host", host, "--port", str(port))
        # Each has a database in its own folder, whatever this one was given.
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | side.env(channel)
        child = Child(side.code, command, side.state / "logs")
        child.process = spawn(command, env=env, cwd=BASE_DIR)
        children.append(child)
    return children


def _next_free(host: str, port: int | None) -> int:
    first = (port or PORT) + 1
    for other in range(first, first + 100):
        try:
            return choose_port(host, other)
        except PortTaken:
            continue
    return choose_port(host, None)


def carry(sides: tuple[Side, Side]) -> int:
    """What a gate does, both ways. Returns how many batches went over."""
    return sum(carry_over(side, peer) for side, peer in (sides, sides[::-1]))


def carry_over(side: Side, peer: Side, copy: Callable[[Path, Path], object] = shutil.copyfile) -> int:
    """One way: batches that have their marker go over, the marker last. Returns how many."""
    carried = 0
    out, to = side.ferry(peer.code) / OUT, peer.ferry(side.code) / IN
    for marker in sorted(out.glob(f"*{MARKER}")) if out.is_dir() else ():
        to.mkdir(parents=True, exist_ok=True)
        name = marker.name.removesuffix(MARKER)
        for suffix in SET:
            copy(out / f"{name}{suffix}", to / f".{name}{suffix}.tmp")
            (to / f".{name}{suffix}.tmp").replace(to / f"{name}{suffix}")
        # The marker first here: what lost it is not taken for a batch again.
        for suffix in reversed(SET):
            (out / f"{name}{suffix}").unlink()
        carried += 1
    return carried
