"""The published standard as a page: a table of fields for each message, read from the JSON Schemas. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from liandong.kernel.schemas import TYPES

Document = dict[str, Any]

_HEAD = """# The data standard of the linkage

Written by `python -m config.documents --write` from the JSON Schemas (draft 2020-12) in `liandong/intake/schemas/`; a
test compares this page with them, and the same files check every message at run time. Tables are in Chinese for the
people who connect their systems; each field's English description is `x-en` in its schema. Absent values are left out,
never sent as `null`. Moments carry an offset. No text holds NUL or another control character; long texts may hold
`\\n` and tab. Characters outside the basic plane (rare ideographs, emoji) are welcome everywhere.
"""
_CODES = """
## 错误代码

检查不通过时，应答 `complaints` 中每处问题的 `code`：

| code | 含义 |
|---|---|
| `missing` | 缺少必填字段 |
| `unknown_field` | 没有这个字段（自有字段请放入 `extensions`） |
| `not_here` | 字段不适用于这一类报文 |
| `wrong_type` | 类型不正确，或为 `null` |
| `empty` | 必填文字为空白 |
| `too_long` `too_short` | 文字过长、过短 |
| `too_many` `too_few` | 项数过多、过少 |
| `bad_format` | 格式不正确 |
| `bad_name` | 扩展字段的字段名不合要求 |
| `not_in_list` | 取值不在允许的范围内 |
| `out_of_range` | 数字超出范围 |

报文本身无法读取时：`bad_json`、`bad_encoding`（不是UTF-8）、`duplicate_key`（同一字段两次）、`too_deep`（400）；
`too_large`（413）；`bad_text`（含空字符或不完整的代理字符，422）。
"""


_MESSAGES_HEAD = """# The messages between two nodes

Written by `python -m config.documents --write` from the JSON Schemas (draft 2020-12) in `liandong/peers/schemas/`; a
test compares this page with them, and the same files check every message at run time. How a message is signed, sealed
and answered is told in [linkage.md](linkage.md). Each schema stands alone: one file is all a validator needs.

**Unknown fields are no mistake.** Objects are open: a receiver keeps a field it does not know where it stands, because
it is under the signature. A code that is not in its list is a mistake, and is shown to a person. Absent values are left
out, never sent as `null`. Each field's English description is `x-en` in its schema.
"""


def render(documents: Mapping[str, Document], order: Sequence[str], examples: Mapping[str, Any]) -> str:
    """The page of the standard over `documents` in `order`; `examples` gives one valid document for each name."""
    return _HEAD + _sections(documents, order, examples) + _CODES


def messages(documents: Mapping[str, Document], order: Sequence[str], examples: Mapping[str, Any]) -> str:
    """The catalogue of the messages between nodes, in the same way."""
    return _MESSAGES_HEAD + _sections(documents, order, examples)


def _sections(documents: Mapping[str, Document], order: Sequence[str], examples: Mapping[str, Any]) -> str:
    by_id = {document["$id"]: document for document in documents.values()}
    names = {document["$id"]: name for name, document in documents.items()}
    page = _Page(by_id, names)
    return "".join(page.section(name, documents[name], examples[name]) for name in order)


class _Page:
    def __init__(self, by_id: Mapping[str, Document], names: Mapping[str, str]) -> None:
        self._by_id = by_id
        self._names = names

    def section(self, name: str, document: Document, example: Any) -> str:
        rows = "".join(self._rows(document, document, ""))
        rules = [*self._together(document, document, ""), *self._conditions(document)]
        conditions = "".join(f"* {line}\n" for line in rules)
        return (
            f"\n## {document['title']} `{name}`\n\n{document['description']}\n\n标识：`{document['$id']}`\n\n"
            f"| 字段 | 名称 | 必填 | 类型与约束 | 说明 |\n|---|---|---|---|---|\n{rows}"
            + (f"\n附加规则：\n\n{conditions}" if conditions else "")
            + f"\n示例：\n\n```json\n{json.dumps(example, ensure_ascii=False, indent=2)}\n```\n"
        )

    def _whole(self, node: Document, root: Document) -> tuple[Document, Document]:
        """The node with what its `$ref` says merged under it, and the document it stands in."""
        if "$ref" not in node:
            return node, root
        where, _, fragment = node["$ref"].partition("#")
        target_root = self._by_id[where] if where else root
        target: Any = target_root
        for part in fragment.split("/")[1:]:
            target = target[part]
        below, target_root = self._whole(target, target_root)
        return {**below, **{key: value for key, value in node.items() if key != "$ref"}}, target_root

    def _rows(self, node: Document, root: Document, prefix: str) -> Iterator[str]:
        for name, inner in node.get("properties", {}).items():
            whole, inner_root = self._whole(inner, root)
            needed = "是" if name in node.get("required", ()) else ""
            field = prefix + name
            cells = (f"`{field}`", whole["title"], needed, self._rule(inner, whole, root), whole.get("description", ""))
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
            if self._link(inner) is None:
                yield from self._rows(whole, inner_root, f"{field}.")
                if "items" in whole and self._link(whole["items"]) is None:
                    yield from self._rows(*self._whole(whole["items"], inner_root), f"{field}[].")

    def _link(self, node: Document) -> str | None:
        """The heading of the message this node is, if it is one of the published ones."""
        name = self._names.get(node.get("$ref", ""))
        return None if name is None else f"见 `{name}`"

    def _rule(self, node: Document, whole: Document, root: Document) -> str:
        if link := self._link(node):
            return link
        if "enum" in whole:
            labels = whole.get("x-labels", {})
            return "、".join(f"`{choice}` {labels.get(choice, '')}".rstrip() for choice in whole["enum"])
        if "const" in whole:
            return f"`{whole['const']}`"
        kinds = whole["type"] if isinstance(whole["type"], list) else [whole["type"]]
        said = ["、".join(TYPES[kind] for kind in kinds)]
        if whole["type"] == "array":
            said.append(self._link(whole["items"]) or self._whole(whole["items"], root)[0]["title"])
        for keyword, words in (
            ("maxLength", "不超过{}个字"),
            ("maxItems", "不超过{}项"),
            ("maxProperties", "不超过{}个"),
            ("minimum", "不小于{}"),
            ("maximum", "不大于{}"),
        ):
            if keyword in whole:
                said.append(words.format(whole[keyword]))
        if "x-form" in whole and whole["type"] == "string":
            said.append(whole["x-form"])
        return "；".join(said)

    def _together(self, node: Document, root: Document, prefix: str) -> Iterator[str]:
        """The fields that need one another, at every depth of this message."""
        for name, needs in node.get("dependentRequired", {}).items():
            yield f"有 `{prefix}{name}` 时必须有 {_listed(prefix + need for need in needs)}"
        for name, inner in node.get("properties", {}).items():
            if self._link(inner) is None:
                yield from self._together(*self._whole(inner, root), f"{prefix}{name}.")

    def _conditions(self, document: Document) -> Iterator[str]:
        for rule in [document, *document.get("allOf", ())]:
            if "if" in rule:
                when = "，".join(_test(name, test) for name, test in rule["if"]["properties"].items())
                yield from (f"{when} 时：{line}" for line in self._consequences(rule["then"], ""))
                yield from (f"否则：{line}" for line in self._consequences(rule.get("else", {}), ""))

    def _consequences(self, node: Document, prefix: str) -> Iterator[str]:
        if "required" in node:
            yield f"必填 {_listed(prefix + name for name in node['required'])}"
        if "anyOf" in node:
            yield f"{node['x-form']}（{_listed(prefix + name for one in node['anyOf'] for name in one['required'])}）"
        for name, inner in node.get("properties", {}).items():
            if inner is False:
                yield f"不得有 `{prefix}{name}`"
            elif "enum" in inner:
                yield f"`{prefix}{name}` 为 {_listed(inner['enum'])}"
            else:
                yield from self._consequences(inner, f"{prefix}{name}.")


def _test(name: str, test: Document) -> str:
    if "const" in test:
        return f"`{name}` 为 `{test['const']}`"
    if "enum" in test:
        return f"`{name}` 为 {_listed(test['enum'])}"
    return f"`{name}` 不小于 `{test['minimum']}`"


def _listed(names: Iterable[str]) -> str:
    return "、".join(f"`{name}`" for name in names)
