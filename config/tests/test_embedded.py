"""The embedded PostgreSQL, tried on the real binaries."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psycopg
import pytest

from config import embedded, pgfiles, pgplace
from config.tests import clusters


@contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="liandong-state-"))
    made.chmod(0o711)
    yield made
    clusters.removed(made)


@pytest.fixture
def state() -> Iterator[Path]:
    """An empty folder."""
    with folder() as made:
        yield made


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    with folder() as made:
        embedded.start(made, durable=False).stop()
        yield made


@pytest.fixture
def used(cluster: Path, state: Path) -> Path:
    """A folder in which a server has run before."""
    clusters.copied(cluster, state)
    return state


def ask(server: embedded.Running, query: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as link:
        done = link.execute(query)
        row = done.fetchone() if done.description else None
        return row[0] if row else None


def gone(pid: int, within: float = 10.0) -> bool:
    """Whether the process ends in time. A zombie has ended."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            if Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def owner(state: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that owns the server of `state` and waits; with the address it printed."""
    code = (
        "import sys, pathlib; from config import embedded;"
        "r = embedded.start(pathlib.Path(sys.argv[1])); print(r.url, flush=True); sys.stdin.read(); r.stop()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, state], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_both_drivers_reach_a_new_server_and_it_keeps_its_promises(state: Path) -> None:
    server = embedded.start(state)
    try:
        assert ask(server, "SHOW data_directory") == str(server.place.data)
        assert ask(server, "SHOW fsync") == "on"
        assert ask(server, "SHOW synchronous_commit") == "on"
        assert str(ask(server, "SHOW server_version")).startswith("18")
        assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"

        async def through_asyncpg() -> object:
            link = await asyncpg.connect(server.url)
            try:
                return await link.fetchval("SELECT '忻州'")
            finally:
                await link.close()

        assert asyncio.run(through_asyncpg()) == "忻州"
        assert server.owned
        assert server.alive()
    finally:
        server.stop()
    assert gone(server.pid if server.process is None else server.process.pid)


def test_nobody_comes_in_without_the_password(state: Path) -> None:
    server = embedded.start(state, durable=False)
    try:
        wrong = server.url.replace(server.place.password, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        kept = state / "postgres.json"
        assert kept.stat().st_mode & 0o077 == 0
        assert server.place.data.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_a_second_start_finds_the_same_data_at_the_same_address(state: Path) -> None:
    first = embedded.start(state)
    ask(first, "CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    second = embedded.start(state)
    try:
        assert second.url == first.url
        assert ask(second, "SELECT answer FROM kept") == 42
    finally:
        second.stop()


def test_a_killed_server_comes_back_with_what_was_committed(used: Path) -> None:
    server = embedded.start(used)
    try:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.pid, signal.SIGKILL)
        assert gone(server.pid)
        assert not server.alive()
        before = server.url
        server.restart()
        assert server.url == before
        assert ask(server, "SELECT answer FROM kept") == 42
        assert "automatic recovery in progress" in server.place.log.read_text()
    finally:
        server.stop()


def test_a_second_process_attaches_and_does_not_stop_what_it_does_not_own(used: Path) -> None:
    process, url = owner(used)
    try:
        here = embedded.start(used)
        assert not here.owned
        assert here.url == url
        here.stop()
        assert ask(here, "SELECT 1") == 1
    finally:
        process.communicate()


def test_when_the_owner_is_killed_the_server_shuts_down_cleanly_and_can_be_started_again(used: Path) -> None:
    process, _ = owner(used)
    attached = embedded.start(used)
    pid = attached.pid
    process.kill()
    process.communicate()
    assert gone(pid)
    again = embedded.start(used)
    try:
        assert again.owned
        log = again.place.log.read_text()
        assert "received fast shutdown request" in log
        assert "automatic recovery" not in log
    finally:
        again.stop()


def test_a_new_owner_waits_for_a_server_that_outlived_its_owner(used: Path) -> None:
    first = embedded.start(used, durable=False)
    assert first.lock is not None
    first.lock.close()  # the lock is free, as after a kill, while the server still runs
    second = embedded.start(used, durable=False)
    try:
        assert second.pid != first.pid
        assert ask(second, "SELECT 1") == 1
    finally:
        second.stop()
        first.stop()


def test_a_taken_port_is_left_to_its_holder_and_another_is_saved(used: Path) -> None:
    first = embedded.start(used, durable=False)
    first.stop()
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", first.place.port))
        holder.listen()
        second = embedded.start(used, durable=False)
        try:
            assert second.place.port != holder.getsockname()[1]
            assert ask(second, "SELECT 1") == 1
        finally:
            second.stop()
    saved = pgplace.Place.load(used)
    assert saved is not None
    assert saved.port == second.place.port


def test_a_stale_pid_file_that_names_a_stranger_does_not_keep_the_server_down(used: Path) -> None:
    first = embedded.start(used, durable=False)
    first.stop()
    pid_file = first.place.data / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{first.place.data}\n")
    first.place.give(pid_file)
    second = embedded.start(used, durable=False)
    try:
        assert ask(second, "SELECT 1") == 1
    finally:
        second.stop()


def test_a_folder_with_a_very_long_name_does_no_harm(state: Path) -> None:
    deep = state / ("a" * 80) / ("b" * 80)
    server = embedded.start(deep, durable=False)
    try:
        assert ask(server, "SELECT 1") == 1
    finally:
        server.stop()


def test_data_of_another_major_version_is_refused_with_a_sentence(used: Path) -> None:
    server = embedded.start(used, durable=False)
    server.stop()
    (server.place.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(pgfiles.NoPostgres, match="PostgreSQL 17"):
        embedded.start(used, durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets folders that the database's account cannot enter")
def test_root_with_a_private_folder_gets_a_server_that_lives_elsewhere(state: Path) -> None:
    private = state / "private"
    private.mkdir(mode=0o700)
    server = embedded.start(private, durable=False)
    try:
        assert server.place.home.parent == pgplace.ELSEWHERE
        assert Path("/proc", str(server.pid)).stat().st_uid != 0
        assert ask(server, "SELECT 1") == 1
    finally:
        server.stop()
        shutil.rmtree(server.place.home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs a copy of the programs")
def test_programs_in_a_private_folder_are_copied_where_the_account_can_run_them(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgfiles, "reachable", lambda path: path == state)
    server = embedded.start(state, durable=False)
    try:
        runs = Path("/proc", str(server.pid), "exe").readlink()
        assert runs.is_relative_to(server.place.home)
        assert ask(server, "SELECT 1") == 1
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="already run by an ordinary user")
def test_an_ordinary_user_runs_it_as_himself(state: Path) -> None:
    account = pgfiles.account()
    assert account is not None
    os.chown(state, *account)
    code = (
        "import sys, pathlib; from config import embedded; r = embedded.start(pathlib.Path(sys.argv[1]));"
        "print(pathlib.Path('/proc', str(r.pid)).stat().st_uid); r.stop()"
    )
    same = f"python{sys.version_info.major}.{sys.version_info.minor}"
    usable = [
        p for p in (Path(sys.executable).resolve(), Path("/usr/bin", same)) if p.exists() and pgfiles.reachable(p)
    ]
    if not usable:
        pytest.skip(f"another user cannot run any {same} here: the folders above it are private")
    done = subprocess.run(
        [usable[0], "-c", code, state],
        user=account[0],
        group=account[1],
        extra_groups=[],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(account[0])
