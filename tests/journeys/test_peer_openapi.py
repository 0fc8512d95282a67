"""The description of the door of other nodes and the door itself: each answer that is described is asked for."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_spec_validator import OpenAPIV31SpecValidator

from config.documents import ROOT
from liandong.exchange.peerdoor import PEER_ROUTES, VERBS
from liandong.exchange.peeropenapi import LINE_CODES, NDJSON, document
from liandong.kernel.clock import SystemClock
from liandong.peers.channels.certs import files_in, make_node
from liandong.peers.channels.https import MESSAGES, PARCEL, SETTLED
from liandong.peers.channels.tls import client_context
from tests.secured import Secured

JSON = "application/json"
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/protocols/openapi-peers.json").read_text(encoding="utf-8"))
# Not asked for here: what has no name, and a database that is away (see tests/faults).
UNASKED = {"failed", "unavailable"}


def described(path: str, method: str, status: int) -> dict[str, Any]:
    answer: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]
    return answer


def schema(of: dict[str, Any]) -> Any:
    return jsonschema_rs.validator_for({**of, "components": DOCUMENT["components"]})


def ask(
    net: Secured, method: str, path: str, body: bytes = b"", kind: str = "", caller: str = "police", owed: int = 0
) -> tuple[int, Any, dict[str, str]]:
    """One request at the door of `gov`; what comes back must be as described. `owed`: bytes that never come."""
    context: ssl.SSLContext = client_context(files_in(net.root / "certs", caller))
    with closing(http.client.HTTPSConnection("127.0.0.1", net.ports["gov"], timeout=20, context=context)) as link:
        length = {"Content-Length": str(len(body) + owed)} if owed else {}
        link.request(method, path, body or None, {**length, **({"Content-Type": kind} if kind else {})})
        answer = link.getresponse()
        raw, headers = answer.read(), dict(answer.getheaders())
    found = raw if headers.get("content-type") == NDJSON else json.loads(raw) if raw else None
    if path in DOCUMENT["paths"] and method.lower() in DOCUMENT["paths"][path]:
        told = described(path, method, answer.status)
        for media, content in told.get("content", {}).items():
            assert headers["content-type"] == media
            if media != NDJSON:
                schema(content["schema"]).validate(found)
        assert all(name.lower() in headers for name in told.get("headers", {}))
    return answer.status, found, headers


def test_the_document_is_valid_openapi_3_1_and_the_one_in_the_repository() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []
    assert document() == DOCUMENT


def test_routes_and_document_name_the_same() -> None:
    there = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert there == {(path, method) for path, verbs in VERBS.items() for method in verbs}
    assert set(PEER_ROUTES) == set(VERBS) == set(DOCUMENT["paths"])


def test_every_example_is_fit_for_its_schema() -> None:
    checked = 0
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            bodies = [operation["requestBody"], *operation["responses"].values()] if "requestBody" in operation else []
            for body in bodies or operation["responses"].values():
                for media, content in body.get("content", {}).items():
                    for example in content["examples"].values():
                        if media == NDJSON:
                            lines = [json.loads(line) for line in example["value"].splitlines()]
                            assert lines
                            fits = schema({"$ref": "#/components/schemas/envelope"})
                            assert all(fits.is_valid(line) for line in lines)
                        else:
                            schema(content["schema"]).validate(example["value"])
                        checked += 1
    assert checked > 30


def test_the_codes_of_a_line_are_those_of_the_protocols_page() -> None:
    page = (ROOT / "docs/protocols/linkage.md").read_text(encoding="utf-8")
    table = page.split("## Receiving")[1].split("## Journal")[0]
    rows = [line.split("|")[-2] for line in table.splitlines() if line.startswith("| ")]
    named = {word.strip("`") for row in rows for word in row.split() if word.startswith("`")} - {"code"}
    # Of a line whose source is not the caller the page speaks under "https".
    assert set(LINE_CODES) - {"other_source"} == named


def envelopes(net: Secured) -> list[bytes]:
    """What `police` has to say."""
    from liandong.peers.models import Outgoing
    from tests.cast import POLICE

    net.offer(net.order(POLICE), target="12345")
    net.shut.add("gov")
    net.turn("police")
    net.shut.clear()
    with net.at("police"):
        return [bytes(row.raw) for row in Outgoing.objects.order_by("pk") if row.raw]


def test_what_is_pushed_is_answered_as_described(secured: Secured) -> None:
    raws = envelopes(secured)
    status, said, _ = ask(secured, "POST", MESSAGES, b"".join(one + b"\n" for one in raws), NDJSON)
    assert (status, said["taken"], said["refused"]) == (200, len(raws), [])
    assert said["receipt"]["type"] == "cn.liandong.receipt.v1"
    spoilt = raws[0].replace(b'"peerseq":1', b'"peerseq":9')
    status, said, _ = ask(secured, "POST", MESSAGES, spoilt + b"\n{\n" + raws[0] + b"\n", NDJSON)
    assert (status, said["taken"]) == (207, 1)
    assert [(one["line"], one["problem"]["code"]) for one in said["refused"]] == [(1, "signature_bad"), (2, "bad_json")]


def test_what_lies_is_fetched_and_settled_as_described(secured: Secured) -> None:
    secured.fetching = frozenset({"police"})
    secured.deployed("gov")
    secured.offer(secured.order())
    secured.turn("gov")
    status, lines, headers = ask(secured, "GET", MESSAGES)
    assert (status, len(lines.splitlines())) == (200, secured.laid("gov"))
    name = {key.lower(): value for key, value in headers.items()}[PARCEL.lower()]
    assert ask(secured, "POST", SETTLED, json.dumps({"parcel": "old"}).encode(), JSON)[1] == {"gone": 0}
    assert ask(secured, "POST", SETTLED, json.dumps({"parcel": name}).encode(), JSON)[1]["gone"] > 0
    assert ask(secured, "GET", MESSAGES)[:2] == (204, None)


def moved(folder: Path) -> Callable[[], object]:
    folder.rename(folder.with_name("away"))
    return lambda: folder.with_name("away").rename(folder)


def test_each_refusal_that_is_described_is_met(secured: Secured, settings: Any) -> None:
    make_node(secured.root / "certs", "somebody", SystemClock().now())
    met: dict[tuple[str, str], set[str]] = {(path, method): set() for path, verbs in VERBS.items() for method in verbs}

    def refused(path: str, method: str, *given: Any, status: int, **more: Any) -> None:
        found, problem, headers = ask(secured, method, path, *given, **more)
        assert found == status, problem
        if (path, method) in met:
            met[path, method].add(problem["code"])
        if status == 405:
            assert headers["allow"] == ", ".join(sorted(VERBS[path]))

    for path, method in met:
        kind = {MESSAGES: NDJSON, SETTLED: JSON}[path] if method == "POST" else ""
        refused(path, method, b"x" if kind else b"", kind, status=403, caller="somebody")
        refused(path, "DELETE", status=405)
        met[path, method].add("method_unfit")
        file = secured.root / "gov" / "channels.toml"
        text = file.read_text()
        file.write_text("[[peers.police]]\n")
        refused(path, method, b"x" if kind else b"", kind, status=500)
        file.write_text(text)
        if not kind:
            continue
        refused(path, method, b"{}", "text/plain", status=415)
        refused(path, method, b"{}\n" * (1001 if path == MESSAGES else 600), kind, status=413)
        settings.BODY_SECONDS = 0.1
        refused(path, method, b"{}", kind, status=408, owed=9)
        settings.BODY_SECONDS = 60
    refused(MESSAGES, "POST", b"\n\n", NDJSON, status=400)
    for body in (b"\xff", b"{", b'{"parcel":"a","parcel":"b"}', b"[" * 40 + b"]" * 40):
        refused(SETTLED, "POST", body, JSON, status=400)
    for body in (b"{}", b'{"parcel":"\\u0000"}'):
        refused(SETTLED, "POST", body, JSON, status=422)
    back = moved(secured.root / "gov" / "keys")
    refused(MESSAGES, "POST", b"{}\n", NDJSON, status=503)
    back()
    assert ask(secured, "GET", "/peers/v1/nothing")[:1] == (404,)

    for (path, method), codes in met.items():
        answers = DOCUMENT["paths"][path][method.lower()]["responses"]
        told = {
            code
            for status, one in answers.items()
            if int(status) >= 400
            for code in one["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"]
        }
        assert told - UNASKED == codes, (path, method)
