"""The OpenAPI 3.1 document: the paths of ninja and of the accept door, the published schemas as components."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import orjson

from liandong.kernel.schemas import documents

PACKAGE = "liandong.intake"
_PREFIX = "urn:liandong:schema:"
_QUERY = {
    "words": ("检索的词语或编号", {"type": "string", "minLength": 1, "maxLength": 200}),
    "after": ("上一页返回的位置", {"type": "string", "maxLength": 80}),
    "limit": ("每页条数", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}),
    "name": (
        "文件名，带扩展名，不带路径",
        {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000-\\u001F\\u007F/\\\\]*$"},
    ),
    "document_kind": ("材料类别，代码表 document_kind", {"type": "string", "minLength": 1, "maxLength": 20}),
    "about": ("说明", {"type": "string", "maxLength": 200, "pattern": "^[^\\u0000-\\u001F\\u007F]*$"}),
    "box": ("转入或转出", {"type": "string", "enum": ["inbound", "outbound"], "default": "inbound"}),
}
_REQUIRED = ("words", "name", "document_kind")
_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "同键同文返回首次的应答，同键异文返回422",
    "schema": {"type": "string", "minLength": 1, "maxLength": 150, "pattern": "^[!-~]+$"},
}
_REFUSALS = {
    "400": "报文无法解析",
    "401": "令牌缺失、错误或过期",
    "403": "令牌没有此项权限",
    "404": "没有该记录，或无权查看",
    "408": "报文未在规定时间内传完，未受理",
    "409": "状态已变化或与已有记录冲突",
    "413": "报文过大",
    "415": "报文类型不符",
    "422": "内容不符合标准或业务规则",
    "503": "暂时无法保存，未受理",
}
_HEADERS = {
    "401": {"WWW-Authenticate": {"description": "固定为 Bearer", "required": True, "schema": {"type": "string"}}},
    "503": {"Retry-After": {"description": "几秒后再试", "required": True, "schema": {"type": "integer"}}},
}


# The media type is that of the file.
_BYTES = {"*/*": {"schema": {"type": "string", "format": "binary"}}}


def _links(pointer: str, *operations: str) -> dict[str, Any]:
    parameters = {"number": f"$response.body#/{pointer}"}
    return {operation: {"operationId": operation, "parameters": parameters} for operation in operations}


# What may be done next with the numbers of an answer.
_LINKS = {
    "accept_order": _links("order_number", "get_order", "act_on_order", "offer")
    | _links("linkage_number", "get_matter"),
    "transfer": _links("number", "get_transfer", "take_step", "get_steps", "add_note", "get_notes"),
}


def _answer_schema(name: str) -> dict[str, Any]:
    many = {"steps": "step", "notes": "note", "documents": "document"}
    if name in many:
        return {"type": "array", "items": _component(many[name])}
    if name in ("orders", "transfers"):
        order = {"anyOf": [_component("work-order"), _component("police-order")]}
        items = order if name == "orders" else _component("transfer")
        return {
            "type": "object",
            "required": [name, "after"],
            "properties": {name: {"type": "array", "items": items}, "after": {"type": "string"}},
        }
    if name == "work-order":
        return {"anyOf": [_component("work-order"), _component("police-order")]}
    return _component(name)


def _answer_content(name: str) -> dict[str, Any]:
    """The answer by its schema, with the examples of the standard where it is one document."""
    examples = _examples(name) | (_examples("police-order") if name == "work-order" else {})
    return {"schema": _answer_schema(name), **({"examples": examples} if examples else {})}


def _component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _refusals(*codes: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _component("problem")}}
    found = {code: {"description": _REFUSALS[code], "content": content} for code in codes}
    for code in found.keys() & _HEADERS.keys():
        found[code] = {**found[code], "headers": _HEADERS[code]}
    return found


def _body(name: str) -> dict[str, Any]:
    """The request body by the schema `name`, with the examples of the standard."""
    content = {"schema": _component(name), "examples": _examples(name)}
    return {"required": True, "content": {"application/json": content}}


def _examples(name: str) -> dict[str, Any]:
    folder = files(PACKAGE) / "schemas" / "examples"
    found = {f.name.split(".")[1]: f for f in folder.iterdir() if f.name.startswith(f"{name}.")}
    return {case: {"value": orjson.loads(found[case].read_bytes())} for case in sorted(found)}


def described(
    summary: str, *, answer: str, body: str = "", raw: str = "", query: Sequence[str] = (), status: int = 200
) -> dict[str, Any]:
    """The arguments by which ninja describes an operation: what it takes and gives, by names of schemas.

    `raw`: the media type of a body that is taken as it is; the answer `bytes` is one.
    """
    refusals = (
        ("400", "401", "403", "404", "408", "409", "413", "415", "422", "503")
        if body or raw
        else ("401", "403", "404", "422", "503")
    )
    extra: dict[str, Any] = {
        "responses": {
            str(status): {
                "description": "成功",
                "content": _BYTES if answer == "bytes" else {"application/json": _answer_content(answer)},
                **({"links": _LINKS[answer]} if status == 201 and answer in _LINKS else {}),
            },
            **_refusals(*refusals),
        }
    }
    if body:
        extra["requestBody"] = _body(body)
    if raw:
        extra["requestBody"] = {"required": True, "content": {raw: {"schema": {"type": "string", "format": "binary"}}}}
    if query:
        extra["parameters"] = [
            {"name": name, "in": "query", "required": name in _REQUIRED, "description": text, "schema": schema}
            for name, (text, schema) in ((name, _QUERY[name]) for name in query)
        ]
    return {"summary": summary, "openapi_extra": extra}


def describe(document: Any) -> Any:
    """Add the accept door and the components; drop the 200 that ninja assumes where we answer otherwise."""
    for operations in document["paths"].values():
        for operation in operations.values():
            _tidy(operation)
    doors = {"/api/v1/orders": {"post": _accept_one()}, "/api/v1/orders/batch": {"post": _accept_batch()}}
    document["paths"] = {**doors, **document["paths"]}
    document.setdefault("components", {}).setdefault("schemas", {}).update(components())
    return document


def _tidy(operation: Any) -> None:
    operation["operationId"] = operation["operationId"].rpartition("_api_")[2]
    if "201" in operation["responses"]:
        operation["responses"].pop(200, None)
    operation["responses"] = {str(code): answer for code, answer in operation["responses"].items()}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "document":
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 19, "pattern": "^[0-9]{1,19}$"}
        if parameter["name"] == "number":
            parameter["schema"] = {"type": "string", "minLength": 24, "maxLength": 24, "pattern": "^[0-9A-Z]{24}$"}


def _accept_one() -> dict[str, Any]:
    accepted = {"application/json": _answer_content("order-accepted")}
    return {
        "operationId": "accept_order",
        "summary": "受理一张单",
        "security": [{"SystemToken": []}],
        "parameters": [_KEY_HEADER],
        "requestBody": _body("order-accept"),
        "responses": {
            "201": {"description": "已受理并持久保存", "content": accepted, "links": _LINKS["accept_order"]},
            "200": {
                "description": "同一幂等键此前已受理，返回首次的应答",
                "headers": {"Idempotency-Replayed": {"required": True, "schema": {"const": "true"}}},
                "content": accepted,
            },
            **_refusals("400", "401", "403", "404", "408", "409", "413", "415", "422", "503"),
        },
    }


def _accept_batch() -> dict[str, Any]:
    line = {"application/x-ndjson": {"schema": {"type": "string"}}}
    asked = {
        "application/x-ndjson": {
            "schema": {"type": "string", "pattern": "[^ \\t\\n\\r\\f\\v]"},
            "examples": _batch_examples(),
        }
    }
    return {
        "operationId": "accept_batch",
        "summary": "批量受理，每行一张单",
        "description": "请求每行一个 order-accept，应答每行一个 batch-answer，行号对应；最多1000行。",
        "security": [{"SystemToken": []}],
        "parameters": [_KEY_HEADER],
        "requestBody": {"required": True, "content": asked},
        "responses": {
            "200": {"description": "每一行都已受理", "content": line},
            "207": {"description": "有的行未受理，见各行", "content": line},
            **_refusals("400", "401", "403", "408", "413", "415", "422", "503"),
        },
    }


def _batch_examples() -> dict[str, Any]:
    orders = [example["value"] for case, example in _examples("order-accept").items() if case in ("smallest", "work")]
    return {"two": {"value": "".join(orjson.dumps(order).decode() + "\n" for order in orders)}}


def components() -> dict[str, Any]:
    """The published schemas with their references turned to where OpenAPI keeps them."""
    found: dict[str, Any] = {}
    for name, document in documents(PACKAGE).items():
        body = _turned({k: v for k, v in document.items() if k not in ("$schema", "$id", "$defs")}, name)
        if name != "common":
            found[name] = body
        for part, schema in document.get("$defs", {}).items():
            found[f"{name}.{part}"] = _turned(schema, name)
    return found


def _turned(node: Any, name: str) -> Any:
    if isinstance(node, list):
        return [_turned(item, name) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _reference(value, name) if key == "$ref" else _turned(value, name) for key, value in node.items()}


def _reference(ref: str, name: str) -> str:
    where, _, part = ref.partition("#/$defs/")
    owner = where.removeprefix(_PREFIX).rsplit(":", 1)[0] if where else name
    return f"#/components/schemas/{owner}.{part}" if part else f"#/components/schemas/{owner}"
