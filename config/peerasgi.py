"""What the listener for other nodes runs: a few raw routes, under mutual TLS."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# The routes need Django's settings and apps, which the line above it has read.
from liandong.exchange.peerdoor import PEER_ROUTES, unknown  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PEER_ROUTES.get(scope["path"], unknown)(scope, receive, send)
