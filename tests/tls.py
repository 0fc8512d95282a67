"""A server on loopback that demands certificates, in a thread of the test."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from config.wire import PeerHttp


@contextmanager
def serving(app: Any, context: ssl.SSLContext) -> Iterator[int]:
    """Serve the ASGI app as `liandong receive` does; gives the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=PeerHttp,
        ws="none",
        lifespan="off",
        loop="uvloop",
        access_log=False,
        log_level="critical",
        timeout_graceful_shutdown=1,
        ssl_context_factory=lambda *_: context,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listening.close()
        assert not thread.is_alive()


@contextmanager
def trickling(context: ssl.SSLContext, every: float) -> Iterator[int]:
    """A server that takes a request and answers a byte at a time, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        try:
            plain, _ = listening.accept()
            with context.wrap_socket(plain, server_side=True) as safe:
                safe.recv(65536)
                safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(every):
                    safe.sendall(b" ")
        except OSError:
            return  # the caller has gone, as it should

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        listening.close()
        thread.join(10)
        assert not thread.is_alive()
