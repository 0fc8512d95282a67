"""`liandong up`: the database and every process of one node, started in order, kept running, stopped together.

The supervisor itself loads no Django and does no work: it stays small, and nothing of what it watches can upset it.
"""

from __future__ import annotations

import argparse
import fcntl
import http.client
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from config import embedded, receive, web, welcome
from config.guarded import AWAITED
from config.pgfiles import NoPostgres
from config.processes import Backoff, Child, liandong
from config.statedir import BASE_DIR, STATE_DIR
from liandong.peers.channels.deployment import DeploymentUnfit

STOP_WITHIN = 8.0
ANSWER_WITHIN = 60.0
TICK = 0.25


class Stopped(Exception):
    """Somebody asked us to stop."""


class NotStarted(Exception):
    """The node could not be started; the sentence says why."""


def main(argv: Sequence[str] = ()) -> int:
    """Run the node until SIGINT, SIGTERM or SIGHUP. Returns 0 after an ordered stop, 1 when it could not start."""
    parser = argparse.ArgumentParser(prog="liandong up", parents=[web.parser()], add_help=False)
    parser.add_argument("--no-calls", action="store_true", help="演示模式下不产生模拟来电")
    options = parser.parse_args(argv)
    STATE_DIR.mkdir(parents=True, exist_ok=True)
    node = Node(options)
    try:
        node.run()
    except Stopped:
        return 0
    except (NotStarted, NoPostgres, web.PortTaken) as why:
        print(f"liandong: {why}", file=sys.stderr)
        return 1
    finally:
        node.stop()
    return 0


class Node:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.city = os.environ.get("LIANDONG_CITY", "xinzhou")
        self.try_mode = os.environ.get("LIANDONG_MODE", "try") == "try"
        self.logs = STATE_DIR / "logs"
        self.database: embedded.Running | None = None
        self.database_pause = Backoff()
        self.children: list[Child] = []
        self.env = {"LIANDONG_STATE": str(STATE_DIR), "PYTHONUNBUFFERED": "1"}
        self.stopping = False
        self.lock: IO[str] | None = None
        self.wake = self._listen_for_signals()

    def run(self) -> None:
        self.lock = self._be_the_only_one()
        port = web.choose_port(self.options.host, self.options.port)
        if self.options.port is None and port != web.PORT:
            print(f"端口 {web.PORT} 已被占用，改用 {port}。", flush=True)
        address = f"http://{_in_url(self.options.host)}:{port}/"
        self._start_database()
        serving, *behind = (Child(name, liandong(*command), self.logs) for name, command in self._kept(port))
        # Loading the pages takes as long as preparing the tables; who has loaded waits until those are prepared.
        prepared = STATE_DIR / "prepared"
        prepared.unlink(missing_ok=True)
        self.env[AWAITED] = str(prepared)
        self._keep(serving)
        self._once("prepare", self.city)
        prepared.touch()
        self._wait_for_an_answer(port)
        for child in behind:
            self._keep(child)
        self.lock.write(address)
        self.lock.flush()
        pack = BASE_DIR / "cities" / self.city if self.try_mode else None
        print(welcome.text(address, pack, self.logs), flush=True)
        while True:
            self._pause()
            self._tend()

    def stop(self) -> None:
        """Children first, all at once; the database when nobody writes any more."""
        until = time.monotonic() + STOP_WITHIN
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.wait(until)
        if self.database is not None:
            self.database.stop()
        if self.lock is not None:
            self.lock.truncate(0)
            self.lock.close()

    def _keep(self, child: Child) -> None:
        self.children.append(child)
        child.start(self.env)

    def _kept(self, port: int) -> list[tuple[str, list[str]]]:
        """Name and command of each child; the web server, on whose answer everybody waits, first."""
        host, workers = self.options.host, str(self.options.workers)
        kept = [("web", ["web", "--host", host, "--port", str(port), "--workers", workers]), ("worker", ["worker"])]
        try:
            if receive.listener() is not None:
                kept.append(("receive", ["receive"]))
        except DeploymentUnfit as why:
            self._say(f"对端接入服务未启动：{why.message}")
        if self.try_mode and not self.options.no_calls:
            kept.append(("simulate", ["simulate", "--live"]))
        return kept

    def _be_the_only_one(self) -> IO[str]:
        lock = (STATE_DIR / "up.lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read() or "正在启动"
            lock.close()
            raise NotStarted(f"联动系统已在运行（{where}），状态目录 {STATE_DIR}。") from None
        lock.truncate(0)
        return lock

    def _start_database(self) -> None:
        if "DATABASE_URL" not in os.environ:
            self.database = embedded.start(STATE_DIR, attach=False)
            self.env["DATABASE_URL"] = self.database.url

    def _once(self, *command: str) -> None:
        """Run a preparing step to its end. Raises NotStarted with the end of its log when it fails."""
        step = Child(command[0], liandong(*command), self.logs)
        step.start(self.env)
        assert step.process is not None
        try:
            while step.process.poll() is None:
                self._pause(0.05)
        except Stopped:
            step.ask_to_stop()
            step.wait(time.monotonic() + STOP_WITHIN)
            raise
        if step.process.returncode != 0:
            raise NotStarted(f"{' '.join(command)} 未成功：{_last_line(step.log)}（详见 {step.log}）")

    def _wait_for_an_answer(self, port: int) -> None:
        until = time.monotonic() + ANSWER_WITHIN
        while not _answers(self.options.host, port):
            if time.monotonic() > until:
                log = self.logs / "web.log"
                raise NotStarted(f"网页服务没有应答：{_last_line(log)}（详见 {log}）")
            self._pause(0.1)
            self._tend()

    def _tend(self) -> None:
        self._tend_database()
        for child in self.children:
            self._say(child.tend(self.env))

    def _tend_database(self) -> None:
        if self.database is None or self.database.alive():
            return
        if self.database_pause.again_at is None:
            wait = self.database_pause.fails()
            self._say(f"数据库意外退出，{wait:g} 秒后重新启动；详见 {self.database.place.log}")
        elif self.database_pause.is_time():
            self.database_pause.starts()
            try:
                self.database.restart()
            except NoPostgres as why:
                self._say(f"{why}，{self.database_pause.fails():g} 秒后再试")

    def _say(self, sentence: str | None) -> None:
        if sentence is not None:
            print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)

    def _listen_for_signals(self) -> int:
        """Signals become bytes in a pipe, so that waiting ends at once and nothing is interrupted half-way."""
        read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return read

    def _note_stop(self, *_: object) -> None:
        self.stopping = True

    def _pause(self, seconds: float = TICK) -> None:
        """Wait, shorter when a signal comes. Raises Stopped when it was one that asks us to stop."""
        if select.select([self.wake], [], [], seconds)[0]:
            os.read(self.wake, 512)
        if self.stopping:
            raise Stopped


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - not bound here, only shown
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _answers(host: str, port: int) -> bool:
    """Whether the pages answer at all; a sign-in page or a redirect will do, a failing server will not."""
    link = http.client.HTTPConnection(_in_url(host).strip("[]"), port, timeout=5)
    try:
        link.request("GET", "/")
        return link.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "日志为空"
