"""A desk's own system as it speaks with its node: what was not answered is asked again, as the guide says."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 60.0  # seconds a request is sent again for; a killed server is back long before
PAUSE = 0.2

# What a step or a note that met no answer left behind, if it was taken all the same.
Find = Callable[[], Any]


class Strange(Exception):
    """An answer no client should get; the sentence has it."""


@dataclass
class Client:
    """One connection; not for two threads. `tries` counts what had to be sent again, by why. `inside`: the network in
    which it is made.
    """

    port: int
    token: str
    desk: str
    inside: Callable[[], AbstractContextManager[object]] = nullcontext
    tries: Counter[str] = field(default_factory=Counter)
    _link: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Any:
        """The document, None where there is none yet. Raises Strange."""
        status, document = self._until_answered("GET", path, None, {})
        if status == 404:
            return None
        return self._good("GET", path, status, document)

    def accept(self, order: Mapping[str, Any], key: str) -> Any:
        """An order under a key of its own: sent again it is the same order. Raises Strange."""
        return self._good("POST", "/orders", *self._until_answered("POST", "/orders", order, {"Idempotency-Key": key}))

    def post(self, path: str, body: Mapping[str, Any], found: Find) -> Any:
        """What has no key. After a lost answer it is looked first whether it was taken. Raises Strange."""
        until = time.monotonic() + PATIENCE
        while True:
            status, document = self._once("POST", path, body, {})
            if 200 <= status < 300:
                return document
            if status not in (0, 408, 500, 503) or time.monotonic() > until:
                raise Strange(f"{self.desk}: POST {path} answered {status} {document}")
            time.sleep(PAUSE)
            if (there := found()) is not None:
                return there

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _good(self, method: str, path: str, status: int, document: Any) -> Any:
        if 200 <= status < 300:
            return document
        raise Strange(f"{self.desk}: {method} {path} answered {status} {document}")

    def _until_answered(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        until = time.monotonic() + PATIENCE
        while True:
            status, document = self._once(method, path, body, headers)
            if status not in (0, 408, 500, 503) or time.monotonic() > until:
                return status, document
            time.sleep(PAUSE)

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and document; status 0: no answer came."""
        link = self._link = self._link or http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        try:
            if link.sock is None:
                with self.inside():
                    link.connect()
            link.request(method, f"/api/v1{path}", raw, given)
            answer = link.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()  # the next request opens it anew
            self.tries["connection lost"] += 1
            return 0, None
        if answer.status >= 500:
            self.tries[str(answer.status)] += 1
        return answer.status, json.loads(content) if content else None
