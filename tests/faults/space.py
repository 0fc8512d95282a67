"""Networks of our own for two nodes: a namespace each, a wire between, and packets that vanish on it.

Nothing has a name on the machine: a namespace ends with the last process in it, the wire with its namespaces.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
HERE = "/proc/thread-self/ns/net"
WIRE = "wire"
NOBODY = "02:00:00:00:00:ff"  # a card that is not there: what is sent to it vanishes
_libc = ctypes.CDLL(None, use_errno=True)


class NoSpace(Exception):
    """No namespace can be made here; the sentence says why."""


class Space:
    """A network namespace. `entered`: the sockets made and the processes begun meanwhile are in it, and stay there."""

    def __init__(self) -> None:
        made: list[int | OSError] = []
        thread = threading.Thread(target=_unshared, args=(made,))
        thread.start()
        thread.join()
        (found,) = made
        if isinstance(found, OSError):
            raise NoSpace(str(found))
        self.handle = found
        self.run("link", "set", "lo", "up")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """By this thread alone."""
        before = os.open(HERE, os.O_RDONLY)
        try:
            _enter(self.handle)
            try:
                yield
            finally:
                _enter(before)
        finally:
            os.close(before)

    def run(self, *words: str) -> None:
        """`ip` in it. Raises NoSpace."""
        with self.entered():
            try:
                subprocess.run(("ip", *words), check=True, capture_output=True, text=True, timeout=20)
            except FileNotFoundError:
                raise NoSpace("there is no `ip`") from None
            except subprocess.CalledProcessError as why:
                raise NoSpace(f"ip {' '.join(words)}: {why.stderr.strip()}") from None

    def close(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


class Wire:
    """Two spaces and what joins them; `addresses` are theirs on it. Each knows the other's card, and asks nobody."""

    addresses = ("10.211.7.1", "10.211.7.2")
    cards = ("02:00:00:00:00:01", "02:00:00:00:00:02")

    def __init__(self) -> None:
        self.spaces = (Space(), Space())
        try:
            self._lay()
        except BaseException:
            self.close()
            raise

    def _lay(self) -> None:
        first, second = self.spaces
        mine = ("link", "add", WIRE, "address", self.cards[0], "type", "veth")
        other = f"/proc/{os.getpid()}/fd/{second.handle}"
        first.run(*mine, "peer", "name", WIRE, "address", self.cards[1], "netns", other)
        for space, address in zip(self.spaces, self.addresses, strict=True):
            space.run("address", "add", f"{address}/30", "dev", WIRE)
            space.run("link", "set", WIRE, "up")
        self.hear(0, 1)

    def hear(self, *sides: int) -> None:
        """From now on what these send comes to the other. What the rest sends vanishes, and nobody is told."""
        for side, space in enumerate(self.spaces):
            card = self.cards[1 - side] if side in sides else NOBODY
            space.run("neighbour", "replace", self.addresses[1 - side], "lladdr", card, "dev", WIRE, "nud", "permanent")

    def close(self) -> None:
        for space in self.spaces:
            space.close()


def possible() -> str:
    """Empty where such networks can be made, else why not."""
    try:
        Wire().close()
    except NoSpace as why:
        return str(why)
    return ""


def _unshared(made: list[int | OSError]) -> None:
    """In a thread of its own, which ends in the new namespace."""
    try:
        _must(_libc.unshare(CLONE_NEWNET))
        made.append(os.open(HERE, os.O_RDONLY))
    except OSError as why:
        made.append(why)


def _enter(handle: int) -> None:
    _must(_libc.setns(handle, CLONE_NEWNET))


def _must(answer: int) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
