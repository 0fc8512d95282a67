"""HTTP on the wire: uvicorn's protocol with a bound on what comes before the body, and a hand on the connection.

The parser below takes headers of any length and number; a sender of endless ones would fill the memory before any of
our own limits is asked. A stream that never ends by itself has to be told when the server stops, and must be able to
drop a reader that takes nothing: both it does by `scope["wire"]`.
"""

from __future__ import annotations

import http
import socket
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BEFORE_THE_BODY = 64 * 1024  # bytes of address and headers


class BoundedHttp(HttpToolsProtocol):
    """Ends a connection whose address and headers are longer than `MOST_BEFORE_THE_BODY` with 431."""

    _length = 0
    _in_head = True
    _at_stop: Callable[[], None] | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._at_stop = None
        self.scope["wire"] = self  # type: ignore[typeddict-unknown-key]

    def for_a_stream(self, at_stop: Callable[[], None], buffer: int) -> None:
        """Call `at_stop` when the server is asked to stop; have no more than `buffer` bytes wait for a slow reader."""
        self._at_stop = at_stop
        self.transport.set_write_buffer_limits(high=buffer)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)

    def drop(self) -> None:
        """Close the connection at once; what waits in it is thrown away."""
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        if self._at_stop is not None:
            self._at_stop()

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._length += len(data)
        super().data_received(data)
        if self._in_head and self._length > MOST_BEFORE_THE_BODY and not self.transport.is_closing():
            self._end_with(http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._length = True, 0
        super().on_message_complete()

    def _end_with(self, status: http.HTTPStatus) -> None:
        line = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        self.transport.write(line.encode())
        self.transport.close()


class PeerHttp(BoundedHttp):
    """The same under mutual TLS: `scope["peercert"]` is what the connection's certificate says."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["peercert"] = self.transport.get_extra_info("peercert")  # type: ignore[typeddict-unknown-key]
