"""Memory of everything `liandong up` starts in try mode, after some load. PSS: shared pages count in parts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from bench.figures import Figure, Result
from bench.ground import Failed, Ground, end, free_port, issue_at, send
from bench.rows.accepting import ONE
from config.guarded import open_log, spawn
from config.pgplace import Place
from config.processes import liandong

WEB_MB, ALL_MB = 200.0, 700.0
UP_WITHIN = 90.0


def memory(ground: Ground, quick: bool) -> list[Result]:
    """Start it in a folder of its own, load it, weigh it, stop it."""
    folder = Path(tempfile.mkdtemp(prefix="liandong-bench-up-"))
    folder.chmod(0o711)
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    env["LIANDONG_STATE"] = str(folder)
    port = free_port()
    with open_log(folder / "logs" / "up.log") as log:
        process = spawn(liandong("up", "--port", str(port)), log=log, env=env)
    try:
        _await(port, process, folder)
        token = issue_at(folder, ground)
        send(port, ONE, token, seconds=2 if quick else 8)
        for _ in range(20 if quick else 100):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
        return _weigh(process)
    finally:
        end(process)
        place = Place.load(folder)
        if place is not None:
            shutil.rmtree(place.home, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + UP_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
        except OSError:
            time.sleep(0.2)
            continue
        return
    raise Failed(f"liandong up gave no answer: {(folder / 'logs' / 'up.log').read_text(errors='replace')[-400:]}")


def _weigh(process: subprocess.Popen[bytes]) -> list[Result]:
    """Megabytes (10⁶ bytes) by what the process is."""
    kinds: dict[str, list[tuple[float, float]]] = {}
    top = psutil.Process(process.pid)
    for one in [top, *top.children(recursive=True)]:
        kinds.setdefault(_kind(one), []).append((_pss(one.pid), one.memory_info().rss / 1e6))
    sums = {kind: (sum(p for p, _ in found), sum(r for _, r in found)) for kind, found in kinds.items()}
    parts = ", ".join(f"{kind} {pss:.0f}" for kind, (pss, _) in sorted(sums.items()))
    web = max(kinds["web"])
    every = sum(pss for pss, _ in sums.values()), sum(rss for _, rss in sums.values())
    beside = "resident {:.0f} MB".format
    return [
        Figure(
            "memory of a web worker after load",
            f"{web[0]:.0f} MB",
            beside(web[1]),
            web[0],
            f"{web[0]:.0f} MB",
            most=WEB_MB,
        ),
        Figure(
            f"memory of all of the try mode ({parts})",
            f"{every[0]:.0f} MB",
            beside(every[1]),
            every[0],
            f"{every[0]:.0f} MB",
            most=ALL_MB,
        ),
    ]


def _kind(process: psutil.Process) -> str:
    line = process.cmdline()
    if any("postgres" in part for part in line[:1]):
        return "database"
    found = re.search(r"config\.cli (\w+)", " ".join(line))
    return found[1] if found else process.name()


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise Failed("the kernel does not tell the proportional size")
