"""How the tests speak with the server: as an integrator's program does, with what every answer must keep."""

from __future__ import annotations

import itertools
import re
from typing import Any

import httpx

from liandong.kernel.schemas import Schema

_HAN = re.compile("[\u4e00-\u9fff]")
_names = itertools.count(1)

ORDER: dict[str, Any] = {
    "kind": "work",
    "nature": "help",
    "title": "小区停水",
    "content": "和平小区3号楼从早上起停水，至今没有恢复。",
}
POLICE: dict[str, Any] = {"kind": "police", "title": "楼道有人打架", "content": "两人在楼道内争吵推搡。"}


def work(**changes: Any) -> dict[str, Any]:
    return {**ORDER, **changes}


def police(**changes: Any) -> dict[str, Any]:
    return {**POLICE, **changes}


def unused(what: str = "test") -> str:
    """A key or number nobody has used in this run."""
    return f"{what}-{next(_names)}"


class Program:
    """A system with its token."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=30, verify=False)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query or None)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers=headers)

    def send(self, path: str, raw: bytes, media: str = "application/json", key: str | None = None) -> httpx.Response:
        """A body of exactly these bytes."""
        headers = {"Content-Type": media} | ({"Idempotency-Key": key} if key is not None else {})
        return self.http.post(path, content=raw, headers=headers)

    def accept(self, body: Any, key: str = "") -> httpx.Response:
        return self.post("/orders", body, **({"Idempotency-Key": key} if key else {}))

    def accepted(self, body: Any, key: str = "") -> dict[str, Any]:
        """The answer to an order that is taken."""
        return fits("order-accepted", self.accept(body, key), 201)

    def batch(self, raw: bytes, key: str | None = None) -> httpx.Response:
        return self.send("/orders/batch", raw, "application/x-ndjson", key)

    def step(self, number: str, verb: str, **body: Any) -> dict[str, Any]:
        """The transfer after a step that is taken."""
        asked = {"verb": verb} | ({"body": body} if body else {})
        return fits("transfer", self.post(f"/transfers/{number}/steps", asked), 200)

    def note(self, number: str, kind: str, **body: Any) -> dict[str, Any]:
        return fits("note", self.post(f"/transfers/{number}/notes", {"kind": kind, "body": body}), 201)

    def act(self, number: str, verb: str, **rest: Any) -> dict[str, Any]:
        return fits("order", self.post(f"/orders/{number}/steps", {"verb": verb, **rest}), 200)

    def offer(self, number: str, kind: str, to: str, **rest: Any) -> dict[str, Any]:
        asked = {"kind": kind, "to": to, **rest}
        return fits("transfer", self.post(f"/orders/{number}/transfers", asked), 201)


def fits(schema: str, response: httpx.Response, status: int) -> dict[str, Any]:
    """The body of an answer with this status that keeps its published schema."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    keeps(schema, document)
    return document


def keeps(schema: str, document: Any) -> None:
    """`order` stands for whichever of the two kinds of order it is."""
    if schema == "order":
        schema = f"{document['kind']}-order"
    assert Schema.load("liandong.intake", schema).check(document) == []


def problem(response: httpx.Response, status: int, code: str = "", field: str | None = None) -> dict[str, Any]:
    """The problem document of a refused request: by the schema, in Chinese, with the id of the request."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    keeps("problem", document)
    assert document["status"] == status
    assert document["request_id"] == response.headers["x-request-id"]
    assert _HAN.search(document["message"]), document["message"]
    if code:
        assert document["code"] == code, document
    if field is not None:
        assert document.get("field") == field, document
    return document
