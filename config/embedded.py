"""The embedded PostgreSQL: started, watched over and stopped by us, on loopback, with a password of its own.

One process owns the server (it holds `postgres.lock` and is the parent); others on the same state folder attach to
it. When the owner ends in whatever way, the kernel sends the server SIGINT, which is a clean shutdown.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from config import pgfiles
from config.guarded import open_log, spawn
from config.pgfiles import NoPostgres
from config.pgplace import DATABASE, ROLE, Place

READY_WITHIN = 60.0  # seconds; recovery after a crash may take a while
STOP_WITHIN = 20.0
MAJOR = "18"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "60",
    "max_wal_size": "1GB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For test runs only: a crash of the machine may lose everything. Several test processes, each with servers of its own,
# share it.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


@dataclass
class Running:
    """A server one can connect to. `owned` says whether this process started it and will stop it."""

    place: Place
    durable: bool = True
    process: subprocess.Popen[bytes] | None = None
    lock: IO[bytes] | None = field(default=None, repr=False)

    @property
    def owned(self) -> bool:
        return self.lock is not None

    @property
    def url(self) -> str:
        """`postgresql://…` as psycopg, asyncpg and Django take it."""
        return _url(self.place, DATABASE)

    @property
    def pid(self) -> int:
        if self.process is not None:
            return self.process.pid
        return int((self.place.data / "postmaster.pid").read_text().split("\n", 1)[0])

    def alive(self) -> bool:
        """Whether the owned server still runs; one that belongs to another process counts as alive."""
        return self.process is None or self.process.poll() is None

    def restart(self) -> None:
        """Bring an owned server back after a crash, at the same address, since others hold it. Raises NoPostgres."""
        _settle(self.place.data)
        self.process = _launch(self.place, self.durable)
        _check(self.place)

    def stop(self) -> None:
        """Shut down cleanly what this process owns and let go of the state folder. May be called twice."""
        if self.process is not None:
            _end(self.process)
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def start(state_dir: Path, *, durable: bool = True, attach: bool = True) -> Running:
    """Own the server of `state_dir`, making it on first use, or attach to the one another process runs.

    `durable=False` trades safety against a crash of the machine for speed. `attach=False` waits until it can own the
    server, for a process that is to keep it running. Raises NoPostgres with a sentence for the administrator when
    neither works.
    """
    state_dir = state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + READY_WITHIN
    while True:
        lock = _own(state_dir)
        if lock is not None:
            break
        place = Place.load(state_dir)
        if attach and place is not None and _answers(place):
            return Running(place=place)
        if time.monotonic() > until:
            raise NoPostgres("另一个进程一直占用着内置数据库：请先停止它，或查看 logs/postgres.log。")
        time.sleep(0.1)
    try:
        place = Place.load(state_dir) or Place.choose(state_dir)
        _make(place, durable)
        _settle(place.data)
        process = _launch_on_a_free_port(place, durable)
        _check(place)
    except BaseException:
        lock.close()
        raise
    return Running(place=place, durable=durable, process=process, lock=lock)


def _own(state_dir: Path) -> IO[bytes] | None:
    lock = (state_dir / "postgres.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _make(place: Place, durable: bool) -> None:
    """Create the cluster once; it gets its final name only when it is whole."""
    version = place.data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != MAJOR:
            raise NoPostgres(f"数据目录属于 PostgreSQL {found}，本程序内置的是 {MAJOR}：请先导出旧数据再导入。")
        return
    place.prepare()
    draft = place.home / f"data.{os.getpid()}"
    secret = place.home / f"password.{os.getpid()}"
    secret.touch(mode=0o600)
    secret.write_text(place.password, encoding="ascii")
    place.give(secret)
    command = [
        pgfiles.programs(place.home) / "initdb",
        f"--pgdata={draft}",
        f"--username={ROLE}",
        f"--pwfile={secret}",
        "--auth-local=reject",
        "--auth-host=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        *(() if durable else ("--no-sync",)),
    ]
    with open_log(place.log) as log:
        try:
            code = spawn(command, log=log, cwd=place.home, account=pgfiles.account()).wait()
        finally:
            secret.unlink()
    if code != 0:
        raise NoPostgres(f"内置数据库初始化失败：{_last_words(place)}")
    draft.rename(place.data)


def _living(data: Path) -> list[int]:
    """Processes that work in `data`: the postmaster and its children all do. Others' processes are not readable."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == data:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _settle(data: Path) -> None:
    """Finish a server whose owner was killed, and clear a pid file that would keep a new one from starting."""
    for how, patience in ((signal.SIGINT, STOP_WITHIN), (signal.SIGKILL, 5.0)):
        until = time.monotonic() + patience
        living = _living(data)
        for pid in living:
            # Children are ended by their postmaster; only the last resort goes to all.
            if how is signal.SIGKILL or pid == _pid_in(data):
                _send(pid, how)
        while living and time.monotonic() < until:
            time.sleep(0.05)
            living = _living(data)
        if not living:
            break
    named = _pid_in(data)
    # A dead postmaster's file is PostgreSQL's own business. A number that now belongs to some other program (none is
    # left in our folder) would keep it from starting.
    if named is not None and Path("/proc", str(named)).exists():
        (data / "postmaster.pid").unlink()


def _pid_in(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _send(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return


def _launch_on_a_free_port(place: Place, durable: bool) -> subprocess.Popen[bytes]:
    """The saved port, or another when somebody has it, even when he was faster by a moment."""
    for _ in range(5):
        place.settle_port()
        try:
            return _launch(place, durable)
        except NoPostgres:
            if place.port_is_free():
                raise
    raise NoPostgres("找不到可用的本机端口来启动内置数据库。")


def _launch(place: Place, durable: bool) -> subprocess.Popen[bytes]:
    settings = {**SETTINGS, "port": str(place.port), **({} if durable else FORGETFUL)}
    command: list[str | os.PathLike[str]] = [pgfiles.programs(place.home) / "postgres", "-D", place.data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with open_log(place.log) as log:
        process = spawn(command, log=log, cwd=place.home, account=pgfiles.account(), how=signal.SIGINT)
    until = time.monotonic() + READY_WITHIN
    while not _says_ready(place.data, process.pid):
        if process.poll() is not None:
            raise NoPostgres(f"内置数据库启动失败：{_last_words(place)}")
        if time.monotonic() > until:
            _end(process)
            raise NoPostgres(f"内置数据库迟迟没有就绪：{_last_words(place)}")
        time.sleep(0.02)
    return process


def _says_ready(data: Path, pid: int) -> bool:
    """The eighth line of postmaster.pid is the server's own word on its state; pg_ctl reads it too."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _end(process: subprocess.Popen[bytes]) -> None:
    for how, patience in ((signal.SIGINT, STOP_WITHIN), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def _url(place: Place, database: str) -> str:
    return f"postgresql://{ROLE}:{quote(place.password, safe='')}@127.0.0.1:{place.port}/{database}"


def _check(place: Place) -> None:
    """Make sure it is our server that answers, and that our database is in it."""
    with psycopg.connect(_url(place, "postgres"), autocommit=True, connect_timeout=10) as link:
        _recognise(place, link)
        if not link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            link.execute(f"CREATE DATABASE {DATABASE}")


def _recognise(place: Place, link: psycopg.Connection[tuple[object, ...]]) -> None:
    row = link.execute("SHOW data_directory").fetchone()
    if row is None or Path(str(row[0])).resolve() != place.data.resolve():
        raise NoPostgres(f"本机端口 {place.port} 上应答的不是本系统的数据库。")


def _answers(place: Place) -> bool:
    try:
        with psycopg.connect(_url(place, DATABASE), connect_timeout=5) as link:
            _recognise(place, link)
    except psycopg.OperationalError:
        return False
    return True


def _last_words(place: Place) -> str:
    """The end of the server's log, for whoever has to find out why."""
    return " / ".join(place.log.read_text(errors="replace").strip().splitlines()[-4:]) or "（日志为空）"
