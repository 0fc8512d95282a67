"""Reading JSON that comes from outside: strict, because two readers of one signed text must see the same value.

Refused are other encodings than UTF-8, names given twice, NaN and Infinity, lone surrogates, NUL (PostgreSQL cannot
store it), and nesting or size beyond a limit.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from liandong.kernel.errors import Invalid, LiandongError

DEPTH = 32
_BOM = b"\xef\xbb\xbf"
# Possessive, and content with the end of the text: an open string must not make the search start over at each quote.
_STRING = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


class BadJson(LiandongError):
    code = "bad_json"
    status = 400
    message = "报文不是合法的JSON，请检查引号、逗号和括号。"


class BadEncoding(BadJson):
    code = "bad_encoding"
    message = "报文不是UTF-8编码，请以UTF-8编码发送。"


class DuplicateKey(BadJson):
    code = "duplicate_key"
    message = "报文中同一字段出现了两次，请只保留一个。"


class TooDeep(BadJson):
    code = "too_deep"
    message = "报文的嵌套层数过多，请检查报文结构。"


class BadText(Invalid):
    code = "bad_text"
    message = "文字中含有无法保存的字符，请删除后再发送。"


class TooLarge(LiandongError):
    code = "too_large"
    status = 413
    message = "报文过大，请拆分后再发送。"


def parse_json(raw: bytes, limit: int, *, depth: int = DEPTH) -> Any:
    """The value of `raw`, at most `limit` bytes and `depth` levels.

    Raises TooLarge (413), BadEncoding, DuplicateKey, TooDeep, BadJson (400), BadText (422).
    """
    if len(raw) > limit:
        raise TooLarge(f"报文过大（{len(raw)}字节），上限为{limit}字节，请拆分后再发送。", limit=limit)
    text = raw.removeprefix(_BOM)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as why:
        raise _reason(text, why, depth) from None
    if text.count(b"{") + text.count(b"[") > depth and _nesting(text) > depth:
        raise TooDeep(depth=depth)
    # Without an escape in the text every string of the value is written back as it stood, so a name that was dropped
    # because it came twice shows as two quotation marks too few. With escapes the slower reader has to look.
    if b"\\" in text:
        json.loads(text, object_pairs_hook=_each_name_once)
        if b"\\u0000" in text:
            _refuse_nul(value)
    elif orjson.dumps(value).count(b'"') != text.count(b'"'):
        json.loads(text, object_pairs_hook=_each_name_once)
    return value


def pointer(path: Iterator[str | int] | list[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        twice = next(name for name, times in counted.items() if times > 1)
        raise DuplicateKey(f"报文中字段“{twice[:64]}”出现了两次，请只保留一个。", key=twice[:64])
    return found


def _reason(text: bytes, why: orjson.JSONDecodeError, depth: int) -> LiandongError:
    try:
        text.decode()
    except UnicodeDecodeError as bad:
        return _encoding(text, bad)
    if _nesting(text) > depth:
        return TooDeep(depth=depth)
    if "surrogate" in why.msg:
        return BadText("文字中含有不完整的Unicode代理字符，请检查发送程序对四字节汉字和表情符号的处理。")
    return BadJson(f"报文不是合法的JSON：第{why.lineno}行第{why.colno}列附近有误，请检查引号、逗号、括号和数字。")


def _encoding(text: bytes, bad: UnicodeDecodeError) -> BadEncoding:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return BadEncoding("报文似乎是UTF-16编码，请改为UTF-8编码发送。", guess="UTF-16")
    try:
        text.decode("gb18030")
    except UnicodeDecodeError:
        return BadEncoding(f"报文第{bad.start + 1}个字节起不是UTF-8编码，请以UTF-8编码发送。")
    return BadEncoding("报文似乎是GBK（GB18030）编码，请改为UTF-8编码发送。", guess="GB18030")


def _nesting(text: bytes) -> int:
    """How many brackets are open at once, strings left out."""
    deepest = level = 0
    for bracket in _STRING.sub(b"", text).translate(None, _NO_BRACKETS):
        level += 1 if bracket in b"{[" else -1
        deepest = max(deepest, level)
    return deepest


def _refuse_nul(value: Any) -> None:
    for path, text in _strings(value, []):
        if "\0" in text:
            field = pointer(path).replace("\0", "")
            raise BadText("文字中含有空字符（NUL），无法保存，请删除后再发送。", field=field)


def _strings(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield [*path, name], name
            yield from _strings(inner, [*path, name])
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _strings(inner, [*path, place])
