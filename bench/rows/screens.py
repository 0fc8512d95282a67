"""A thousand open screens: what they weigh while nothing happens, and how soon a danger is on all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from bench.figures import Figure, Result
from bench.ground import BASE, Failed, Ground, end, free_port, point_to
from config.guarded import open_log, spawn
from config.processes import liandong

SCREENS, EACH = 1000, 20
MOST_MB, MOST_THREADS, MOST_SECONDS = 40.0, 20, 1.0
SETTLE = 20.0  # seconds: longer than one sign of life, so that every line was written to
BETWEEN = 0.3  # seconds between two dangers


def screens(ground: Ground, quick: bool) -> list[Result]:
    """Weigh the web server before and after, then signal dangers and note when each screen hears of them."""
    database = ground.fresh("screens")
    port = free_port()
    try:
        point_to(database)
        keys = _people(ground, database)
        with (
            ground.serving(liandong("web", "--port", str(port)), database, port, "web-screens"),
            _worker(ground, database),
        ):
            server = _server(port)
            _warm(port, keys[0])
            before = _weigh(server)
            with _screens(port, keys) as listening:
                time.sleep(2 if quick else SETTLE)
                after = _weigh(server)
                begun = _dangers(10 if quick else 60)
                moments = _heard(listening, len(begun))
    finally:
        point_to(BASE)
    return _figures(before, after, begun, moments)


# Run as a command on the database of the row: sessions are signed with the secret of its servers.
PEOPLE = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from liandong.identity.models import Person
person = Person.objects.get(username="jj-diaodu")
for number in range({count}):
    person.pk, person.username = None, f"bench-{{number}}"
    person.save(force_insert=True)
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    print("session", session.session_key)
"""


def _people(ground: Ground, database: str) -> list[str]:
    """A session for each of fifty more people of the city's 110, so often as they have screens open."""
    command = liandong("manage", "shell", "-v", "0", "-c", PEOPLE.format(count=SCREENS // EACH))
    done = subprocess.run(command, env=ground.env(database), capture_output=True, text=True, timeout=120, check=False)
    keys = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("session ")]
    if len(keys) * EACH != SCREENS:
        raise Failed(f"the people could not be made: {done.stderr.strip()[-400:]}")
    return keys * EACH


@contextmanager
def _worker(ground: Ground, database: str) -> Iterator[None]:
    with open_log(ground.folder / "logs" / "worker-screens.log") as log:
        process = spawn(liandong("worker"), log=log, env=ground.env(database))
    try:
        yield
    finally:
        end(process)


def _server(port: int) -> psutil.Process:
    """The process that listens on `port`."""
    for one in psutil.Process().children(recursive=True):
        if any(link.laddr.port == port and link.status == psutil.CONN_LISTEN for link in one.net_connections("tcp")):
            return one
    raise Failed("the web server was not found among the children")


def _warm(port: int, key: str) -> None:
    """Load what a first page and a first line load, so that it is not counted to the screens."""
    import http.client

    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(30):
        link.request("GET", "/desk/", headers={"Cookie": f"sessionid={key}"})
        if link.getresponse().read() == b"":
            raise Failed("the desk shows nothing")
    for _ in range(5):
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        line.request("GET", "/live/", headers={"Cookie": f"sessionid={key}"})
        line.getresponse().read1(64)
        line.close()


def _weigh(process: psutil.Process) -> tuple[float, int]:
    """Megabytes (10⁶ bytes) of its own and threads."""
    return process.memory_full_info().uss / 1e6, process.num_threads()


@contextmanager
def _screens(port: int, keys: list[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.listen", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{key}\n" for key in keys) + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != "open":
            raise Failed("not all screens could be opened")
        yield process
    finally:
        process.kill()
        process.wait()


def _dangers(count: int) -> dict[str, float]:
    """Signal dangers as the hotline's screen does; the moment before each, by the number of its transfer."""
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake.accepting import Incoming, Key
    from liandong.transfer.actions import accept_and_hand

    by = by_person(Person.objects.select_related("post").get(username="rx-shouli"))
    begun: dict[str, float] = {}
    for number in range(count):
        incoming = Incoming(kind="work", title="有人落水", content=f"第{number}次：桥下有人落水，请尽快处理。")
        moment = time.monotonic()
        key = Key("bench", f"screens-{number}", bytes(32))
        made = accept_and_hand(by=by, incoming=incoming, key=key, signal="有人落水")
        begun[made["danger_transfer"]] = moment
        time.sleep(BETWEEN)
    return begun


def _heard(listening: subprocess.Popen[str], count: int) -> dict[str, list[float]]:
    time.sleep(MOST_SECONDS * 2)
    said, _ = listening.communicate(timeout=60)
    moments: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    if moments.pop("lost", []):
        raise Failed("lines were lost while nothing was cut")
    return moments


def _figures(
    before: tuple[float, int], after: tuple[float, int], begun: dict[str, float], moments: dict[str, list[float]]
) -> list[Result]:
    taken = sorted(at - begun[number] for number, heard in moments.items() for at in heard)
    if len(taken) != len(begun) * SCREENS:
        raise Failed(f"{len(taken)} of {len(begun) * SCREENS} were heard")
    late, half = taken[int(len(taken) * 0.99)], taken[len(taken) // 2]
    more = after[0] - before[0]
    return [
        Figure(
            f"memory of {SCREENS} open screens in the web server",
            f"{after[0]:.0f} MB",
            f"without them {before[0]:.0f} MB",
            more,
            f"+{more:.1f} MB ({more * 1000 / SCREENS:.0f} kB each)",
            most=MOST_MB,
        ),
        Figure(
            "its threads with them",
            str(after[1]),
            f"without them {before[1]}",
            after[1],
            str(after[1]),
            most=MOST_THREADS,
        ),
        Figure(
            f"a danger from the act to each of {SCREENS} screens: 99th percentile",
            f"{1000 * late:.0f} ms (half within {1000 * half:.0f})",
            f"{len(begun)} dangers",
            late,
            f"{1000 * late:.0f} ms",
            most=MOST_SECONDS,
        ),
    ]
