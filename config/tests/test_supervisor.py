"""`liandong up` as a process: what it starts, what it survives, what it leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from config import embedded, web
from config.processes import FIRST_PAUSE, LONGEST_PAUSE, Backoff, liandong
from config.statedir import BASE_DIR
from config.tests import clusters


class Node:
    """One `liandong up` on a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.running: list[subprocess.Popen[str]] = []

    def up(self, *arguments: str) -> subprocess.Popen[str]:
        env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        process = subprocess.Popen(
            liandong("up", *arguments),
            cwd=BASE_DIR,
            env={**env, "LIANDONG_STATE": str(self.state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        return process

    def ready(self, process: subprocess.Popen[str]) -> str:
        """Read until the address is printed, and return it."""
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "联动系统已启动：" in line:
                return line.split("：", 1)[1].strip()
        pytest.fail("".join(said))

    def clean(self) -> None:
        for process in self.running:
            process.kill()
            process.communicate()
        assert until(lambda: not family(self.state)), "processes outlived the supervisor"
        clusters.removed(self.state)


def new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="liandong-node-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def new_node() -> Iterator[Node]:
    """On an empty folder."""
    made = Node(new_folder())
    yield made
    made.clean()


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """The folder of a node with all its tables and the city."""
    folder = new_folder()
    server = embedded.start(folder, durable=False)
    env = {**os.environ, "DATABASE_URL": server.url, "LIANDONG_STATE": str(folder)}
    subprocess.run(liandong("prepare", "xinzhou"), cwd=BASE_DIR, env=env, check=True, stdout=subprocess.DEVNULL)
    server.stop()
    yield folder
    clusters.removed(folder)


def copy_of(prepared: Path) -> Node:
    """On a folder on which a node has run before."""
    made = Node(new_folder())
    shutil.copytree(prepared / "secrets", made.state / "secrets")
    clusters.copied(prepared, made.state)
    return made


@pytest.fixture
def node(prepared: Path) -> Iterator[Node]:
    made = copy_of(prepared)
    yield made
    made.clean()


@dataclass(frozen=True)
class Lived:
    """A node that runs, at `address`; the port `taken`, at which it would have been, is another's."""

    node: Node
    process: subprocess.Popen[str]
    address: str
    taken: int


@pytest.fixture(scope="module")
def lived(prepared: Path) -> Iterator[Lived]:
    """One for the tests that leave it running; to start one takes longer than to look at it. The last one stops it."""
    made = copy_of(prepared)
    with socket.socket() as holder:
        free = web.choose_port("127.0.0.1", None)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", free))
        holder.listen()
        process = made.up("--no-calls")
        yield Lived(made, process, made.ready(process), free)
    made.clean()


def until(true: Callable[[], bool], within: float = 20.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def family(state: Path) -> list[psutil.Process]:
    """Living processes that belong to the node of `state`, by their environment or their data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            ours = process.environ().get("LIANDONG_STATE") == str(state) or str(state) in " ".join(process.cmdline())
        except psutil.Error:
            continue
        if ours:
            found.append(process)
    return found


def child(process: subprocess.Popen[str], word: str) -> psutil.Process:
    return next(p for p in psutil.Process(process.pid).children() if word in " ".join(p.cmdline()))


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code < 500
    except OSError:
        return False


def test_ctrl_c_stops_everything_within_seconds_and_the_next_start_goes_on(new_node: Node) -> None:
    first = new_node.up()
    address = new_node.ready(first)
    assert answers(address)
    began = time.monotonic()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=15)
    assert first.returncode == 0
    assert time.monotonic() - began < 10
    assert family(new_node.state) == []
    before = (new_node.state / "postgres.json").read_text()
    second = new_node.up()
    assert answers(new_node.ready(second))
    assert (new_node.state / "postgres.json").read_text() == before


def test_nothing_outlives_a_killed_supervisor(node: Node) -> None:
    process = node.up()
    node.ready(process)
    assert len(family(node.state)) > 3
    process.kill()
    process.wait()
    assert until(lambda: family(node.state) == [])


def test_a_taken_port_is_said_and_another_one_used(lived: Lived) -> None:
    assert f":{lived.taken}/" not in lived.address
    refused = lived.node.up("--port", str(lived.taken))
    said, _ = refused.communicate(timeout=20)
    assert refused.returncode == 1
    assert "已在运行" in said


def test_a_second_node_on_the_same_state_is_told_where_the_first_one_is(lived: Lived) -> None:
    second = lived.node.up("--no-calls")
    said, _ = second.communicate(timeout=20)
    assert second.returncode == 1
    assert len(said.strip().splitlines()) == 1
    assert lived.address in said


def test_a_killed_web_server_and_a_killed_database_come_back_at_their_addresses(lived: Lived) -> None:
    old = child(lived.process, "web")
    old.kill()
    assert until(lambda: not old.is_running() and answers(lived.address))
    database = child(lived.process, "postgres")
    database.kill()
    assert until(lambda: not database.is_running() and answers(lived.address))
    assert child(lived.process, "postgres") != database


def test_an_open_connection_does_not_hold_up_the_stop(lived: Lived) -> None:
    host, port = lived.address.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        idle.recv(100)
        began = time.monotonic()
        lived.process.terminate()
        lived.process.communicate(timeout=15)
    assert lived.process.returncode == 0
    assert time.monotonic() - began < 10


def test_a_port_asked_for_by_name_is_not_silently_changed() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(web.PortTaken, match=str(port)):
            web.choose_port("127.0.0.1", port)


def test_restarts_come_slower_and_slower_but_never_end() -> None:
    backoff = Backoff()
    backoff.starts()
    waits = [backoff.fails() for _ in range(10)]
    assert waits[:3] == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert waits[-1] == LONGEST_PAUSE
    assert not backoff.is_time()


def test_the_supervisor_stays_small_and_loads_no_django() -> None:
    code = "import sys, config.cli, config.supervisor; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
