"""A line between a caller and a server on loopback, as bytes: cut one way, or as slow as one byte a second."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress

LOOK = 0.05
CHUNK = 65536


class Proxy:
    """`to`: the port that is called through it. `there`, `back`: whether what the caller says goes through, and what it
    is answered; `pace`: seconds a byte takes, both ways. What is not let through waits, as on a line that is dead.
    """

    def __init__(self, to: int) -> None:
        self.to = to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.there, self.back, self.pace = True, True, 0.0
        self._stop = threading.Event()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._take, daemon=True).start()

    def let(self, *, there: bool = True, back: bool = True, pace: float = 0.0) -> None:
        """How it is from now on. What is connected is broken: it has waited long enough, or must be felt."""
        self.there, self.back, self.pace = there, back, pace
        self.drop()

    def drop(self) -> None:
        with self._lock:
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._stop.set()
        self.drop()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _take(self) -> None:
        while not self._stop.is_set():
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.to), timeout=5)
        except OSError:
            caller.close()  # nobody there, as the caller would find without us
            return
        server.settimeout(None)
        with self._lock:
            self._ends |= {caller, server}
        try:
            self._between(caller, server)
        except OSError:
            pass  # one of them has gone; the other is closed with it
        finally:
            with self._lock:
                self._ends -= {caller, server}
            caller.close()
            server.close()

    def _between(self, caller: socket.socket, server: socket.socket) -> None:
        other = {caller: server, server: caller}
        while not self._stop.is_set():
            open_ends = [end for end in other if (self.there if end is caller else self.back)]
            for end in select.select(open_ends, [], [], LOOK)[0]:
                said = end.recv(1 if self.pace else CHUNK)
                if not said:
                    return
                other[end].sendall(said)
                time.sleep(self.pace)
            if not open_ends:
                time.sleep(LOOK)
