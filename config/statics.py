"""Scripts, styles and pictures of the pages: read once at start, answered from memory on the event loop.

Their address carries the digest of all of them, `/static/<digest>/console/app.js`, so that a browser may keep each for
good and asks for all anew after an upgrade; relative imports of scripts and styles stay what they are (ADR 0014).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/static/"
FOR_GOOD = "public, max-age=31536000, immutable"
# A page made before an upgrade asks for files of before: it gets those of now, and does not keep them.
NOT_KEPT = "no-cache"
WORTH_PACKING = 512  # bytes; what is shorter fits into one packet anyway
# By the ending of the name: the machine's own tables differ. What is not here goes to nobody (source maps).
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
PACKED = ("text/", "application/json", "image/svg+xml")
# A worker lives by the policy its script comes with, not by its page's.
SCRIPT_POLICY = b"default-src 'none'; script-src 'self'; connect-src 'self'"


def folders(apps: Iterable[str]) -> list[Path]:
    """The `static` folders of the installed apps, as Django's own finder has them; apps are not loaded for it."""
    found = []
    for app in apps:
        spec = find_spec(app)
        for home in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(home) / "static").is_dir():
                found.append(Path(home) / "static")
    return found


def files(places: Iterable[Path]) -> dict[str, Path]:
    """Name below `/static/` → file, of the kinds that are served; where two have one name the first place wins."""
    found: dict[str, Path] = {}
    for place in places:
        for path in place.rglob("*"):
            if path.suffix in KINDS and path.is_file():
                found.setdefault(path.relative_to(place).as_posix(), path)
    return found


def digest(found: dict[str, Path]) -> str:
    """Twelve hexadecimal digits that change when any name or any byte does; the same on every machine."""
    summed = hashlib.sha256()
    for name in sorted(found):
        summed.update(f"{name}\0".encode())
        summed.update(hashlib.sha256(found[name].read_bytes()).digest())
    return summed.hexdigest()[:12]


@dataclass(slots=True)
class Held:
    """One file as it goes out. `packed` is made when somebody asks: few processes are asked for all."""

    body: bytes
    kind: str
    packed: bytes | None = None

    @property
    def packs(self) -> bool:
        return len(self.body) >= WORTH_PACKING and self.kind.startswith(PACKED)

    async def pack(self) -> bytes:
        if self.packed is None:
            self.packed = await asyncio.to_thread(gzip.compress, self.body, 9)
        return self.packed


class Statics:
    """The ASGI application behind `/static/`; a name it does not know is `otherwise`'s to answer."""

    def __init__(self, found: dict[str, Path], *, digest: str, otherwise: App) -> None:
        self.held = {name: Held(path.read_bytes(), KINDS[path.suffix]) for name, path in found.items()}
        self.digest = digest
        self.otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given, _, name = scope["path"].removeprefix(PREFIX).partition("/")
        one = self.held.get(name)
        if one is None or scope["method"] not in ("GET", "HEAD"):
            await self.otherwise(scope, receive, send)
            return
        headers = [
            (b"content-type", one.kind.encode()),
            (b"cache-control", (FOR_GOOD if given == self.digest else NOT_KEPT).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        if one.kind.startswith("text/javascript"):
            headers.append((b"content-security-policy", SCRIPT_POLICY))
        body = one.body
        if one.packs:
            headers.append((b"vary", b"accept-encoding"))
            if takes_gzip(scope["headers"]):
                headers.append((b"content-encoding", b"gzip"))
                body = await one.pack()
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def takes_gzip(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request's `Accept-Encoding` names gzip and does not forbid it (`gzip;q=0`)."""
    given = b",".join(value for name, value in headers if name == b"accept-encoding").decode("latin-1")
    for part in given.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
