"""A caller of one peer: a kept connection under mutual TLS, and a deadline for a call however slowly it trickles.

A socket's timeout is for each read of it: a peer of one byte a second never meets it. So a watch cuts the connection
at the deadline, whatever it is doing then.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from liandong.peers.channels.tls import Files, client_context, ends_in

LISTEN = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


class Caller:
    """One thread at a time. `host` is the name the peer's certificate must have.

    `certified_until`: when that certificate ends, by the last handshake.
    """

    def __init__(self, address: str, port: int, host: str, connect: float, files: Files) -> None:
        self._address, self._port, self._host = address, port, host
        self._connect_within, self._files = connect, files
        self._link: http.client.HTTPConnection | None = None
        self._end = 0.0
        self.cut = False
        self.certified_until: datetime | None = None

    @contextmanager
    def until(self, seconds: float) -> Iterator[None]:
        """All calls inside must be over by then."""
        self._end, self.cut = time.monotonic() + seconds, False
        watch = threading.Timer(seconds, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def ask(self, method: str, path: str, body: bytes, kind: str, *, most: int) -> Answer:
        """One request; a connection that was kept and has ended meanwhile is made anew, once.

        Raises OSError (ssl.SSLError too), HTTPException, ValueError (longer than `most`), ChannelDown (own files).
        """
        kept = self._link is not None
        try:
            return self._asked(method, path, body, kind, most)
        except (ConnectionError, ssl.SSLEOFError):
            if self.cut:
                raise
            if not kept:
                self._hear_why()
                raise
            return self._asked(method, path, body, kind, most)

    def close(self) -> None:
        self._drop()

    def _hear_why(self) -> None:
        """A peer that does not take our certificate says so after the handshake, when we are speaking already, and what
        it said is lost with the connection. So listen once without speaking. Raises ssl.SSLError when it says so.
        """
        try:
            link = self._connected()
            link.sock.settimeout(LISTEN)
            link.sock.recv(1)
        except ssl.SSLError:
            raise
        except OSError:
            return  # it has nothing to say; what happened first is told
        finally:
            self._drop()

    def _asked(self, method: str, path: str, body: bytes, kind: str, most: int) -> Answer:
        if time.monotonic() >= self._end:
            self.cut = True
            raise TimeoutError
        try:
            link = self._link or self._connected()
            link.request(method, path, body or None, {"Content-Type": kind} if kind else {})
            found = link.getresponse()
            content = found.read(most + 1)
            if len(content) > most:
                raise ValueError("the answer is too long")
            if self.cut:
                raise TimeoutError
            if found.length:
                raise http.client.IncompleteRead(content, found.length)
            if found.will_close:
                self._drop()
            return Answer(found.status, found.headers, content)
        except BaseException:
            self._drop()
            raise

    def _connected(self) -> http.client.HTTPConnection:
        context = client_context(self._files)
        within = max(0.05, min(self._connect_within, self._end - time.monotonic()))
        plain = socket.create_connection((self._address, self._port), timeout=within)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            safe = context.wrap_socket(plain, server_hostname=self._host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        link = http.client.HTTPConnection(self._address, self._port)
        link.sock = self._sock = safe
        # Here already, so that the watch can cut a handshake too.
        self._link = link
        safe.settimeout(max(0.05, self._end - time.monotonic()))
        safe.do_handshake()
        self.certified_until = ends_in(safe.getpeercert())
        safe.settimeout(60)  # the watch comes first
        return link

    def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(OSError):
                link.close()

    def _cut(self) -> None:
        self.cut = True
        link = self._link
        sock = None if link is None else link.sock
        if sock is not None:
            with suppress(OSError, ValueError):
                # Not SSLSocket's own, which takes its state from under the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
