"""The web server: pages and API on one address."""

from __future__ import annotations

import argparse
import os
import resource
import socket
import sys
from collections.abc import Sequence

from config.guarded import WEB_SERVER

PORT = 8000
TRIED = 100
# Open streams (live updates) have no end of their own: after this many seconds a stopping server ends them.
STOP_WITHIN = 2
FILES = 65_536


class PortTaken(Exception):
    """Nobody can listen there; the sentence says so."""


def parser() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="liandong web", add_help=True)
    given.add_argument("--host", default="127.0.0.1", help="监听地址（默认仅本机）")
    given.add_argument("--port", type=int, default=None, help=f"端口（默认 {PORT}，被占用时另选并告知）")
    given.add_argument("--workers", type=int, default=1, help="工作进程数（默认 1）")
    return given


def main(argv: Sequence[str] = ()) -> int:
    options = parser().parse_args(argv)
    try:
        port = choose_port(options.host, options.port)
    except PortTaken as why:
        print(f"liandong: {why}", file=sys.stderr)
        return 1
    if options.port is None and port != PORT:
        print(f"端口 {PORT} 已被占用，改用 {port}。", file=sys.stderr)

    _allow_files()
    import uvicorn

    os.environ[WEB_SERVER] = str(os.getpid())
    uvicorn.run(
        "config.asgi:application",
        host=options.host,
        port=port,
        workers=options.workers,
        loop="uvloop",
        http="config.wire:BoundedHttp",
        ws="none",
        access_log=False,
        log_config=None,  # its lines go where ours go, and look like ours
        log_level="warning",
        # Whose address a request comes from is console.addresses' question; the server must not answer it before.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN,
    )
    return 0


def _allow_files() -> None:
    """Every open screen is a file to the system, and the usual thousand is less than a city has screens."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def choose_port(host: str, wanted: int | None) -> int:
    """The port asked for, or the first free one from 8000 on. Raises PortTaken."""
    if wanted is not None:
        if not _free(host, wanted):
            raise PortTaken(f"端口 {wanted} 已被占用或无权使用，请用 --port 另选一个。")
        return wanted
    for port in range(PORT, PORT + TRIED):
        if _free(host, port):
            return port
    raise PortTaken(f"端口 {PORT} 至 {PORT + TRIED - 1} 都被占用，请用 --port 指定一个。")


def _free(host: str, port: int) -> bool:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError:
        return False
    return True
