"""Child processes that cannot outlive the one that started them, however it ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LOG_BYTES = 10_000_000
AWAITED = "LIANDONG_AWAITED"  # names the file that is there once the tables are prepared
WEB_SERVER = "LIANDONG_WEB_SERVER"  # holds the process id of the server that forked the workers

# Loaded before any fork: between fork and exec nothing may be imported or looked up.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send `how` to this process when `parent` ends; if it has ended already, go now."""
    _libc.prctl(PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _before_exec(how: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def in_child() -> None:
        die_with_parent(parent, how)

    return in_child


def spawn(
    command: Sequence[str | os.PathLike[str]],
    *,
    log: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: tuple[int, int] | None = None,
    how: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` so that it gets `how` when the calling thread's process ends.

    `log` takes both output streams (None: inherited). `account` is a (uid, gid) to drop to; only root may. The child
    gets a session of its own: Ctrl-C reaches only the supervisor, which stops its children in order. The kernel
    watches the *thread* that forked, so call this from the main thread.
    """
    uid, gid = account or (None, None)
    return subprocess.Popen(  # noqa: S603 - our own programs
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=env,
        cwd=cwd,
        start_new_session=True,
        # A change of uid clears the death signal; Popen runs this after it.
        preexec_fn=_before_exec(how),
        user=uid,
        group=gid,
        extra_groups=None if account is None else [],
    )


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; past ten megabytes the old one is kept once as `<name>.1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def die_with_web_server() -> None:
    """In a worker of `liandong web`: end when the server process ends. Elsewhere: nothing."""
    parent = os.environ.get(WEB_SERVER)
    if parent is not None and os.getpid() != int(parent):
        die_with_parent(int(parent), signal.SIGKILL)
