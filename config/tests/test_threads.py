"""The bridge between the web server and Django, under the real server."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.statedir import BASE_DIR
from config.threads import LARGEST_BODY, Message, Send, ThreadedPages, environment

THREADS = 2


def example(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A small WSGI application with the habits that are hard to serve."""
    path = environ["PATH_INFO"]
    if path == "/broken":
        raise RuntimeError("the page is broken")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    if path == "/endless":
        return _endless()
    if path == "/body":
        return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))]
    return [path.encode("latin-1"), b" ", str("HTTP_X_FORWARDED_PROTO" in environ).encode()]


def _endless() -> Iterator[bytes]:
    while True:
        yield b"." * 1000
        time.sleep(0.01)


async def refuse(scope: Message, send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b"refused"})


application = ThreadedPages(example, threads=THREADS, body_seconds=30, refuse=refuse)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    target = f"{Path(__file__).stem}:application"
    command = ["uvicorn", "--http", "config.wire:BoundedHttp", "--ws", "none", "--port", str(port), target]
    command += ["--log-level", "warning", "--timeout-graceful-shutdown", "1"]
    path = os.pathsep.join((str(Path(__file__).parent), str(BASE_DIR)))
    server = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=Path(__file__).parent, env={**os.environ, "PYTHONPATH": path}
    )
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield "127.0.0.1", port
    server.send_signal(signal.SIGTERM)
    server.wait(20)


def ask(address: tuple[str, int], method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, Any]:
    link = http.client.HTTPConnection(*address, timeout=20)
    try:
        link.request(method, path, body=body, headers={k.replace("__", "-"): v for k, v in headers.items()})
        answer = link.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        link.close()


def test_a_page_comes_whole_with_every_header(address: tuple[str, int]) -> None:
    status, body, headers = ask(address, "GET", "/%E5%BF%BB%E5%B7%9E")
    assert (status, body) == (200, "/忻州 False".encode())
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert headers["content-length"] == str(len(body))


def test_a_body_arrives_whole_whether_its_length_was_told_or_not(address: tuple[str, int]) -> None:
    sent = os.urandom(3_000_000)
    assert ask(address, "POST", "/body", sent)[1] == sent
    assert ask(address, "POST", "/body", iter([sent[:1000], sent[1000:]]))[1] == sent


def test_a_body_past_the_limit_is_refused(address: tuple[str, int]) -> None:
    status, said, _ = ask(address, "POST", "/body", bytes(LARGEST_BODY + 1))
    assert status == 413
    assert said == b"refused"


def test_deserted_streams_give_their_threads_back(address: tuple[str, int]) -> None:
    for _ in range(THREADS * 2):
        with socket.create_connection(address) as leaver:
            leaver.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            assert leaver.recv(100)
    assert ask(address, "GET", "/still-there")[0] == 200


def test_slow_senders_hold_no_thread(address: tuple[str, int]) -> None:
    slow = [socket.create_connection(address) for _ in range(THREADS * 2)]
    try:
        for link in slow:
            link.sendall(b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        assert ask(address, "GET", "/others")[0] == 200
        for link in slow:
            link.sendall(b"67890")
            assert link.recv(1000).startswith(b"HTTP/1.1 200")
    finally:
        for link in slow:
            link.close()


def test_endless_headers_are_refused_before_they_fill_the_memory(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as link:
        lines = [b"x-%d: %s\r\n" % (number, b"y" * 1000) for number in range(66)]
        link.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n" + b"".join(lines[:64]))
        # What makes it too long comes by itself: anything still unread at the close would cut the answer short.
        link.sendall(b"".join(lines[64:]))
        assert link.recv(1000).startswith(b"HTTP/1.1 431 ")
        assert link.recv(1000) == b""
    assert ask(address, "GET", "/x", Cookie="c" * 8000)[0] == 200


def test_a_failing_page_fails_alone(address: tuple[str, int]) -> None:
    assert ask(address, "GET", "/broken")[0] == 500
    assert ask(address, "GET", "/others")[0] == 200


def test_a_header_with_an_underscore_cannot_pass_for_the_proxys(address: tuple[str, int]) -> None:
    assert ask(address, "GET", "/x", X_Forwarded_Proto="https")[1].endswith(b"False")
    assert ask(address, "GET", "/x", X__Forwarded__Proto="https")[1].endswith(b"True")


def test_the_environ_tells_what_the_scope_says(tmp_path: Path) -> None:
    scope = {
        "method": "POST",
        "path": "/forms/忻州",
        "root_path": "/forms",
        "query_string": b"a=1",
        "http_version": "1.1",
        "scheme": "https",
        "server": ("liandong", 443),
        "client": ("127.0.0.9", 5),
        "headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x"), (b"accept", b"y")],
    }
    with (tmp_path / "body").open("w+b") as body:
        body.write(b"12345")
        environ = environment(scope, body)
        assert environ["wsgi.input"].read() == b"12345"
    assert environ["SCRIPT_NAME"] == "/forms"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/忻州"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "x,y"
    assert environ["CONTENT_LENGTH"] == "5"
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"], environ["wsgi.url_scheme"]) == ("127.0.0.9", "443", "https")
