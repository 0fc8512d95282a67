"""The AsyncAPI document holds together, and what it calls a payload is what the node takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from config import documents

DOCUMENT = json.loads(documents.asyncapi())
EXAMPLES = documents.ROOT / "liandong" / "peers" / "schemas" / "examples"


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 20
    for reference in found:
        node: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_message_is_on_one_channel_and_every_operation_stays_on_its_own() -> None:
    channels = DOCUMENT["channels"]
    told = [name for channel in channels.values() for name in channel["messages"]]
    assert sorted(told) == sorted(DOCUMENT["components"]["messages"])
    for operation in DOCUMENT["operations"].values():
        prefix = operation["channel"]["$ref"] + "/messages/"
        assert all(message["$ref"].startswith(prefix) for message in operation["messages"])


@pytest.mark.parametrize("kind", ["step", "matter", "heartbeat"])
def test_a_signed_example_fits_its_payload_and_no_other(kind: str) -> None:
    example = json.loads((EXAMPLES / f"envelope.{kind}.json").read_text(encoding="utf-8"))
    for name, message in DOCUMENT["components"]["messages"].items():
        validator = jsonschema_rs.Draft202012Validator(
            {**message["payload"], "components": {"schemas": DOCUMENT["components"]["schemas"]}}
        )
        assert validator.is_valid(example) == (name == kind), name
