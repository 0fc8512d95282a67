"""The OpenAPI 3.1 document of the door of other nodes: what a peer may ask there, and everything it may be answered.

The messages are those of `liandong/peers/schemas`; which of them a line may hold, and why it is refused, is told in
docs/protocols/linkage.md. A test asks the real door for every answer that stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import orjson

from liandong.exchange.openapi import components as published
from liandong.kernel.schemas import documents
from liandong.peers.channels.https import MESSAGES, PARCEL, SETTLED

PACKAGE = "liandong.peers"
NDJSON, JSON, PROBLEM = "application/x-ndjson", "application/json", "application/problem+json"
EXAMPLE = "00000000-0000-7000-8000-000000000000"

JSON_CODES = ("bad_encoding", "bad_json", "duplicate_key", "too_deep")
# Status → what it means and with which codes; the caller sends all of it once more later, whichever it was.
REFUSALS: Mapping[int, tuple[str, tuple[str, ...]]] = {
    400: ("报文无法解析，整批未受理", ("batch_empty", *JSON_CODES)),
    403: ("证书不是已登记的对端的", ("certificate_unknown",)),
    404: ("没有这个地址", ("path_unknown",)),
    405: ("该地址不支持此方法", ("method_unfit",)),
    408: ("报文未在规定时间内传完，整批未受理", ("too_slow",)),
    413: ("超过1000行或16MiB，整批未受理", ("too_large",)),
    415: ("报文类型不符，整批未受理", ("media_type_unfit",)),
    422: ("内容有误", ("bad_text", "invalid")),
    500: ("本节点内部错误，或部署文件有误", ("failed", "deployment_unfit")),
    503: ("暂时无法保存，或本节点的密钥不能使用", ("unavailable", "not_ready")),
}
# Codes a route can answer: (path, method) → statuses, and of those with several the codes that lead there.
_BODY = (403, 405, 408, 413, 415, 500, 503)
REFUSED_BY: Mapping[tuple[str, str], Mapping[int, tuple[str, ...]]] = {
    (MESSAGES, "POST"): {400: ("batch_empty",), **{status: REFUSALS[status][1] for status in _BODY}},
    (MESSAGES, "GET"): {403: REFUSALS[403][1], 405: REFUSALS[405][1], 500: REFUSALS[500][1], 503: ("unavailable",)},
    (SETTLED, "POST"): {
        400: JSON_CODES,
        422: REFUSALS[422][1],
        **{status: REFUSALS[status][1] for status in _BODY if status != 503},
        503: ("unavailable",),
    },
}
# Why a line is refused (207): those of "Receiving" in linkage.md.
LINE_CODES = (
    *("too_large", *JSON_CODES, "bad_text", "not_an_envelope"),
    *("wrong_specversion", "attribute_missing", "attribute_unfit", "message_unknown", "wrong_receiver"),
    *("sender_key_unknown", "other_source", "signature_bad", "data_unfit", "seal_unfit", "unstorable"),
)
_HEADERS = {
    405: {"Allow": {"description": "可用的方法", "required": True, "schema": {"type": "string"}}},
    503: {"Retry-After": {"description": "几秒后再试", "required": True, "schema": {"type": "integer"}}},
}


def document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "联动节点间的 https 通道",
            "version": "1.0.0",
            "description": (
                "What one node asks of another under mutual TLS. Whoever calls is known by its certificate; messages "
                "are believed by their signature alone. 2xx: durable. How to write, sign and seal a message: "
                "docs/protocols/linkage.md; the messages: messages.md, asyncapi.json. This is not the API for systems "
                "(openapi.json)."
            ),
        },
        "servers": [{"url": "https://{host}:{port}", "variables": {"host": {"default": "10.20.0.5"},
                     "port": {"default": "8443"}}}],
        "security": [{"NodeCertificate": []}],
        "paths": {
            MESSAGES: {"post": _push(), "get": _fetch()},
            SETTLED: {"post": _settle()},
        },
        "components": {
            "securitySchemes": {
                "NodeCertificate": {
                    "type": "mutualTLS",
                    "description": "TLS 1.2 or newer; the common name or a DNS name is the node code of the caller.",
                }
            },
            "schemas": _schemas(),
        },
    }  # fmt: skip


def _push() -> dict[str, Any]:
    lines = "".join(orjson.dumps(_envelope(name)).decode() + "\n" for name in ("matter", "step"))
    body = {"schema": {"$ref": "#/components/schemas/lines"}, "examples": {"hand-over": {"value": lines}}}
    whole = {"taken": 2, "refused": []}
    part = {"taken": 1, "refused": [{"line": 2, "problem": _problem("signature_bad", 422, MESSAGES)}]}
    return {
        "operationId": "push_messages",
        "summary": "推送报文，每行一件",
        "requestBody": {"required": True, "content": {NDJSON: body}},
        "responses": {
            "200": _answered("全部已持久保存", "pushed", whole),
            "207": _answered("refused 所列各行未存，其余已持久保存", "pushed", part),
            **_refusals(MESSAGES, "POST"),
        },
    }


def _fetch() -> dict[str, Any]:
    line = orjson.dumps(_envelope("heartbeat")).decode() + "\n"
    name = {"description": "批次名称，存妥后以它结清", "required": True, "schema": {"type": "string", "minLength": 1}}
    content = {NDJSON: {"schema": {"$ref": "#/components/schemas/lines"}, "examples": {"one": {"value": line}}}}
    return {
        "operationId": "fetch_messages",
        "summary": "取放在这里的报文，紧急的在前；未结清的再取仍在，批次换新名",
        "responses": {
            "200": {"description": "有报文", "headers": {PARCEL: name}, "content": content},
            "204": {"description": "没有报文"},
            **_refusals(MESSAGES, "GET"),
        },
    }


def _settle() -> dict[str, Any]:
    body = {"schema": {"$ref": "#/components/schemas/parcel"}, "examples": {"one": {"value": {"parcel": EXAMPLE}}}}
    return {
        "operationId": "settle_parcel",
        "summary": "结清一批：已在调用方持久保存，不必再给",
        "requestBody": {"required": True, "content": {JSON: body}},
        "responses": {
            "200": _answered("gone 为移走的件数；旧批次名为0", "settled", {"gone": 1}),
            **_refusals(SETTLED, "POST"),
        },
    }


def _answered(what: str, schema: str, example: Any) -> dict[str, Any]:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {"one": {"value": example}}}
    return {"description": what, "content": {JSON: content}}


def _refusals(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, codes in sorted(REFUSED_BY[path, method].items()):
        schema = {
            "allOf": [{"$ref": "#/components/schemas/problem"}],
            "properties": {"code": {"enum": list(codes)}, "status": {"const": status}},
        }
        examples = {code: {"value": _problem(code, status, path)} for code in codes}
        answer = {"description": REFUSALS[status][0], "content": {PROBLEM: {"schema": schema, "examples": examples}}}
        found[str(status)] = {**answer, **({"headers": _HEADERS[status]} if status in _HEADERS else {})}
    return found


def _problem(code: str, status: int, path: str) -> dict[str, Any]:
    message = "签名不符，已隔离" if code == "signature_bad" else REFUSALS[status][0]
    return {
        "type": f"urn:liandong:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
        "instance": path,
        "code": code,
        "message": message,
        "request_id": "1f0c9d3e5a7b2468",
    }


def _schemas() -> dict[str, Any]:
    found = {name: schema for name, schema in published().items() if name == "problem" or name.startswith("problem.")}
    for name, schema in documents(PACKAGE).items():
        rest = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
        found[name] = {**rest, "x-schema": schema["$id"]}
    refused = {
        "type": "object",
        "required": ["line", "problem"],
        "properties": {
            "line": {"type": "integer", "minimum": 1, "description": "行号，从1起"},
            "problem": {
                "allOf": [{"$ref": "#/components/schemas/problem"}],
                "properties": {"code": {"enum": list(LINE_CODES)}},
            },
        },
    }
    found["lines"] = {
        "type": "string",
        "description": "NDJSON: one envelope a line, at most 1,000 lines and 16 MiB; each line is an `envelope`.",
        "contentMediaType": NDJSON,
        "x-line": {"$ref": "#/components/schemas/envelope"},
    }
    found["pushed"] = {
        "type": "object",
        "required": ["taken", "refused"],
        "properties": {
            "taken": {"type": "integer", "minimum": 0, "description": "已持久保存的件数"},
            "refused": {"type": "array", "items": refused},
            "receipt": {
                "allOf": [{"$ref": "#/components/schemas/envelope"}],
                "description": "给调用方的回执报文，可能没有",
            },
        },
    }
    found["parcel"] = {
        "type": "object",
        "required": ["parcel"],
        "properties": {"parcel": {"type": "string", "minLength": 1, "description": "X-Parcel 给出的批次名称"}},
    }
    found["settled"] = {
        "type": "object",
        "required": ["gone"],
        "properties": {"gone": {"type": "integer", "minimum": 0, "description": "移走的件数"}},
    }
    return found


def _envelope(name: str) -> Any:
    return orjson.loads((files(PACKAGE) / "schemas" / "examples" / f"envelope.{name}.json").read_bytes())
