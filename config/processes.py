"""A child process that is kept running: started, watched, restarted with back-off, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.guarded import open_log, spawn
from config.statedir import BASE_DIR

FIRST_PAUSE = 0.5  # seconds before the first restart, doubled each time up to the longest
LONGEST_PAUSE = 30.0
SOUND_AFTER = 60.0  # a child that lived this long starts again with the first pause


def liandong(*arguments: str) -> list[str]:
    """The command line of a subcommand, run by this very Python."""
    return [sys.executable, "-m", "config.cli", *arguments]


@dataclass
class Backoff:
    pause: float = FIRST_PAUSE
    started: float = 0.0
    again_at: float | None = None

    def starts(self) -> None:
        self.started, self.again_at = time.monotonic(), None

    def fails(self) -> float:
        """Note a failure; returns the seconds until the next try."""
        if time.monotonic() - self.started > SOUND_AFTER:
            self.pause = FIRST_PAUSE
        wait, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        self.again_at = time.monotonic() + wait
        return wait

    def is_time(self) -> bool:
        return self.again_at is not None and time.monotonic() >= self.again_at


@dataclass
class Child:
    """One kept process. Its output goes to `<logs>/<name>.log`."""

    name: str
    command: Sequence[str]
    logs: Path
    process: subprocess.Popen[bytes] | None = None
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def log(self) -> Path:
        return self.logs / f"{self.name}.log"

    def start(self, env: Mapping[str, str]) -> None:
        self.backoff.starts()
        with open_log(self.log) as log:
            self.process = spawn(self.command, log=log, env={**os.environ, **env}, cwd=BASE_DIR)

    def tend(self, env: Mapping[str, str]) -> str | None:
        """Restart it when its pause is over; returns a sentence when it has just been found dead."""
        if self.backoff.is_time():
            self.start(env)
        elif self.backoff.again_at is None and self.process is not None and self.process.poll() is not None:
            wait = self.backoff.fails()
            return f"{self.name} 意外退出（代码 {self.process.returncode}），{wait:g} 秒后重新启动；详见 {self.log}"
        return None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, until: float) -> None:
        """Wait for its end until the monotonic moment `until`, then end it by force."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
