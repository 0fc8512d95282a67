"""The messages between two nodes as an AsyncAPI 3 document, made from their JSON Schemas. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

_ABOUT = (
    "Steps, notes and snapshots between two nodes of the linkage. The channel (HTTPS, intermediate database, "
    "file ferry) carries the same envelopes everywhere; delivery is at least once, a "
    "receipt says stored and never accepted. How to sign, seal and answer: docs/protocols/linkage.md."
)
# A schema is taken out of its own file here; these two name the file.
_OF_THE_FILE = ("$schema", "$id")
_ANSWERED_BY = "receipt"
_OUTSIDE_THE_JOURNAL = ("receipt", "heartbeat")


def render(schemas: Mapping[str, Document], examples: Mapping[str, Any]) -> Document:
    """The document. `schemas`: by name, `envelope` among them; `examples`: one valid document for each."""
    kinds = [name for name in examples if name != "envelope"]
    numbered = [name for name in kinds if name not in _OUTSIDE_THE_JOURNAL]
    outside = [name for name in kinds if name in _OUTSIDE_THE_JOURNAL]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "联动节点间报文", "version": "1.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": {
            "journal": _channel(
                "From one node to one other, numbered 1, 2, 3 …; sent again until receipted.", numbered
            ),
            "outside": _channel("Not numbered, not receipted, not sent again: the newest holds.", outside),
        },
        "operations": {
            "send": _operation("send", "journal", numbered, reply=True),
            "receive": _operation("receive", "journal", numbered, reply=True),
            "tell": _operation("send", "outside", outside),
            "hear": _operation("receive", "outside", outside),
        },
        "components": {
            "messages": {name: _message(name, schemas[name]) for name in kinds},
            "schemas": {name: _schema(schemas[name], examples[name]) for name in ("envelope", *kinds)},
        },
    }


def _channel(about: str, kinds: list[str]) -> Document:
    """Without an address: that is the channel's own matter."""
    return {
        "address": None,
        "description": about,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in kinds},
    }


def _operation(action: str, channel: str, kinds: list[str], *, reply: bool = False) -> Document:
    made: Document = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in kinds],
    }
    if reply:
        made["reply"] = {
            "channel": {"$ref": "#/channels/outside"},
            "messages": [{"$ref": f"#/channels/outside/messages/{_ANSWERED_BY}"}],
        }
    return made


def _message(name: str, schema: Document) -> Document:
    kind = schema["$id"].rsplit(":", 1)[1]
    return {
        "name": name,
        "title": schema["title"],
        "summary": schema["x-en"],
        "contentType": "application/json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": f"cn.liandong.{name}.{kind}"},
                        "dataschema": {"const": schema["$id"]},
                        "data": {"$ref": f"#/components/schemas/{name}"},
                    },
                },
            ]
        },
    }


def _schema(schema: Document, example: Any) -> Document:
    rest = {key: value for key, value in schema.items() if key not in _OF_THE_FILE}
    return {**rest, "x-schema": schema["$id"], "examples": [example]}
