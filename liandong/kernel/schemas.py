"""Published JSON Schemas (2020-12): load a folder of them, compile, check values, complain in Chinese.

What people read is made from the schema itself: `title` is the name of a field, `x-form` says what form it takes.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from liandong.kernel.errors import Invalid
from liandong.kernel.jsontext import parse_json, pointer

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["Complaint", "Schema", "Unfit", "documents", "parse_json"]

MOST_COMPLAINTS = 20
LONGEST_FIELD = 500
# A document of a hundred thousand mistakes must not cost a hundred thousand messages.
MOST_LOOKED_AT = 200
SUFFIX = ".schema.json"
TYPES = {
    "string": "文字",
    "number": "数字",
    "integer": "整数",
    "boolean": "true或false",
    "object": "对象",
    "array": "数组",
    "null": "null",
}
CODES = {
    "required": "missing",
    "dependentRequired": "missing",
    "additionalProperties": "unknown_field",
    "unevaluatedProperties": "unknown_field",
    "propertyNames": "bad_name",
    "falseSchema": "not_here",
    "maxLength": "too_long",
    "minLength": "too_short",
    "type": "wrong_type",
    "pattern": "bad_format",
    "format": "bad_format",
    "enum": "not_in_list",
    "const": "not_in_list",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "exclusiveMinimum": "out_of_range",
    "exclusiveMaximum": "out_of_range",
    "multipleOf": "out_of_range",
    "maxItems": "too_many",
    "maxProperties": "too_many",
    "minItems": "too_few",
    "minProperties": "too_few",
    "uniqueItems": "repeated",
    # Used for "one of these must be given"; `x-form` beside it says which.
    "anyOf": "missing",
}
# Of several complaints about one field the most telling is given: a number where text belongs is that first of all.
_TELLING = ("wrong_type", "not_here", "unknown_field", "missing", "empty", "too_long", "not_in_list", "out_of_range")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one field. `field` is a JSON pointer, "" the whole document; `message` is Chinese."""

    field: str
    code: str
    message: str


class Unfit(Invalid):
    """A document that breaks its schema; `complaints` says where."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        first = self.complaints[0]
        super().__init__(
            first.message,
            field=first.field,
            complaints=[{"field": c.field, "code": c.code, "message": c.message} for c in self.complaints],
        )


@cache
def documents(package: str) -> Mapping[str, dict[str, Any]]:
    """Every schema in the folder `schemas` of `package`, by name ("order-accept"), sorted."""
    folder = files(package) / "schemas"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(SUFFIX)), key=lambda f: f.name)
    return {f.name.removesuffix(SUFFIX): orjson.loads(f.read_bytes()) for f in found}


class Schema:
    """One compiled schema."""

    def __init__(self, document: dict[str, Any], others: Sequence[dict[str, Any]]) -> None:
        self.document = document
        self._by_id = {other["$id"]: other for other in [document, *others]}
        # Only here: it imports the network's modules for nothing, and pure rules name this file's errors.
        import jsonschema_rs

        registry = jsonschema_rs.Registry(list(self._by_id.items()))
        # The linear-time engine: a pattern can't be made to run long by what somebody sends.
        self._validator = jsonschema_rs.Draft202012Validator(
            document,
            registry=registry,
            validate_formats=True,
            ignore_unknown_formats=False,
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
        )
        self._nodes: dict[Path, list[dict[str, Any]]] = {}
        self._learn(document, document, ())

    @staticmethod
    @cache
    def load(package: str, name: str) -> Schema:
        """The schema `name` of `package` ("liandong.intake", "order-accept"), compiled once a process."""
        found = documents(package)
        return Schema(found[name], list(found.values()))

    def check(self, value: Any) -> list[Complaint]:
        """What is wrong with `value` (as `parse_json` gives it), in a stable order, at most 20; [] when it fits."""
        if self._validator.is_valid(value):
            return []
        worst: dict[str, Complaint] = {}
        for error in islice(self._validator.iter_errors(value), MOST_LOOKED_AT):
            for complaint in self._complaints(error):
                known = worst.get(complaint.field)
                if known is None or _rank(complaint) < _rank(known):
                    worst[complaint.field] = complaint
        return sorted(worst.values(), key=lambda c: (c.field, c.code))[:MOST_COMPLAINTS]

    def require(self, value: Any) -> None:
        """Raises Unfit when `value` breaks the schema."""
        if complaints := self.check(value):
            raise Unfit(complaints)

    def _learn(self, node: Any, root: dict[str, Any], path: Path) -> None:
        """Remember which schemas speak about which place of a document; "*" stands for any item or name."""
        if not isinstance(node, dict):
            return
        self._nodes.setdefault(path, []).append(node)
        if ref := node.get("$ref"):
            where, _, fragment = ref.partition("#")
            target_root = self._by_id[where] if where else root
            target: Any = target_root
            for part in fragment.split("/")[1:]:
                target = target[part]
            self._learn(target, target_root, path)
        for name, inner in node.get("properties", {}).items():
            self._learn(inner, root, (*path, name))
        for keyword in ("items", "additionalProperties"):
            self._learn(node.get(keyword), root, (*path, "*"))
        for keyword in ("then", "else"):
            self._learn(node.get(keyword), root, path)
        for keyword in ("allOf", "anyOf", "oneOf"):
            for inner in node.get(keyword, ()):
                self._learn(inner, root, path)

    def _place(self, path: Sequence[str | int]) -> Path:
        """Which place of the schema a place of a document is."""
        at: Path = ()
        for part in path:
            named = (*at, str(part))
            at = named if isinstance(part, str) and named in self._nodes else (*at, "*")
        return at

    def _speaking_of(self, path: Sequence[str | int]) -> list[dict[str, Any]]:
        return self._nodes.get(self._place(path), [])

    def _said(self, path: Sequence[str | int], keyword: str) -> str:
        return next((str(node[keyword]) for node in self._speaking_of(path) if keyword in node), "")

    def _named(self, path: Sequence[str | int]) -> str:
        """The field as people call it: “联系电话”, “证据”第2项的“材料名称”, “扩展字段”中的“x”."""
        if not path:
            return "报文"
        last = path[-1]
        if isinstance(last, int):
            return f"{self._named(path[:-1])}第{last + 1}项"
        if self._place(path)[-1] != last:
            return f"{self._named(path[:-1])}中的“{_short(last)}”"
        within = f"{self._named(path[:-1])}的" if isinstance((path[-2:-1] or [""])[0], int) else ""
        return f"{within}“{self._said(path, 'title') or last}”"

    def _complaints(self, error: jsonschema_rs.ValidationError) -> list[Complaint]:
        keyword: str = error.kind.name
        path = list(error.instance_path)
        if keyword in ("required", "dependentRequired"):
            missing = [*path, _detail(error, "property")]
            return [Complaint(_at(missing), "missing", f"缺少必填字段{self._named(missing)}。")]
        if keyword in ("additionalProperties", "unevaluatedProperties"):
            return [self._unknown(path, name) for name in sorted(_detail(error, "unexpected"))[:MOST_COMPLAINTS]]
        code = CODES.get(keyword, "invalid")
        if keyword == "anyOf":
            return [Complaint(_at(path), code, f"{self._named(path)}不完整：{self._said(path, 'x-form')}。")]
        if code == "bad_format" and isinstance(error.instance, str) and not error.instance.strip():
            code = "empty"
        return [Complaint(_at(path), code, f"{self._named(path)}{self._rule(code, keyword, error, path)}")]

    def _unknown(self, path: list[str | int], name: str) -> Complaint:
        known = sorted({key for node in self._speaking_of(path) for key in node.get("properties", ())})
        near = difflib.get_close_matches(name[:64], known, n=1)
        advice = f"是否应为“{near[0]}”（{self._said([*path, near[0]], 'title')}）？" if near else ""
        if not advice and "extensions" in known:
            advice = "自有字段请放入“extensions”（扩展字段）。"
        return Complaint(_at([*path, name]), "unknown_field", f"没有字段“{_short(name)}”。{advice}")

    def _rule(self, code: str, keyword: str, error: jsonschema_rs.ValidationError, path: list[str | int]) -> str:
        """What follows the name of the field."""
        limit = _detail(error, "limit")
        form = self._said(path, "x-form")
        match code:
            case "wrong_type" if error.instance is None:
                return "不能为null；没有内容时请不要发送该字段。"
            case "wrong_type":
                return f"类型不正确：应为{_types(_detail(error, 'types'))}。"
            case "bad_format":
                return f"格式不正确：应为{form}。" if form else "格式不正确。"
            case "not_in_list":
                return f"的取值不在允许的范围内：{_choices(self._speaking_of(path))}。"
            case "out_of_range":
                return f"超出范围：应{'不小于' if 'inimum' in keyword else '不大于'}{limit}。"
            case "bad_name":
                return f"的字段名不合要求：应为{form}。" if form else "的字段名不合要求。"
            case _:
                return _RULES.get(code, "不符合要求。").format(limit=limit)


_RULES = {
    "empty": "不能为空。",
    "not_here": "不适用于这一类报文，请删除。",
    "too_long": "过长：不得超过{limit}个字。",
    "too_short": "过短：不得少于{limit}个字。",
    "too_many": "过多：不得超过{limit}项。",
    "too_few": "过少：不得少于{limit}项。",
    "repeated": "中有重复的内容。",
}


def _rank(complaint: Complaint) -> tuple[int, str]:
    place = _TELLING.index(complaint.code) if complaint.code in _TELLING else len(_TELLING)
    return place, complaint.code


def _at(path: list[str | int]) -> str:
    """The pointer, cut: a name in it came from outside and may be of any length."""
    return pointer(path)[:LONGEST_FIELD]


def _detail(error: jsonschema_rs.ValidationError, name: str) -> Any:
    """What the kind of error carries; each kind has its own attributes and the stubs know only the common ones."""
    return getattr(error.kind, name, None)


def _types(types: Sequence[str]) -> str:
    return "、".join(TYPES.get(name, name) for name in types)


def _choices(nodes: Sequence[Mapping[str, Any]]) -> str:
    for node in nodes:
        if "enum" in node:
            labels = node.get("x-labels", {})
            return "、".join(f"{c}（{labels[c]}）" if c in labels else str(c) for c in node["enum"])
        if "const" in node:
            return f"应为{node['const']}"
    return "请核对代码表"


def _short(name: str) -> str:
    """A name that came from outside, fit to be shown in a message."""
    shown = "".join(c if c.isprintable() else "?" for c in name[:40])
    return shown + ("…" if len(name) > 40 else "")
