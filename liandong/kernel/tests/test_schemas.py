"""How a schema complains."""

from __future__ import annotations

from typing import Any

import pytest

from liandong.kernel.schemas import Complaint, Schema, Unfit

COMMON: dict[str, Any] = {
    "$id": "urn:test:common",
    "$defs": {
        "phone": {"title": "电话", "type": "string", "maxLength": 11, "pattern": "^[0-9]*$", "x-form": "数字"},
        "person": {
            "title": "人",
            "type": "object",
            "additionalProperties": False,
            "required": ["phone"],
            "properties": {"phone": {"$ref": "#/$defs/phone"}, "name": {"title": "姓名", "type": "string"}},
        },
    },
}
DOCUMENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:test:document",
    "title": "报文",
    "type": "object",
    "additionalProperties": False,
    "required": ["title"],
    "properties": {
        "title": {"title": "标题", "type": "string", "maxLength": 5, "pattern": "\\S"},
        "caller": {"$ref": "urn:test:common#/$defs/person", "title": "来电人"},
        "others": {"title": "其他人", "type": "array", "items": {"$ref": "urn:test:common#/$defs/person"}},
        "colour": {"title": "颜色", "type": "string", "enum": ["red", "blue"], "x-labels": {"red": "红"}},
        "count": {"title": "数量", "type": "integer", "minimum": 0, "maximum": 9},
        "a/b~c": {"title": "怪名", "type": "boolean"},
        "extensions": {"title": "扩展", "type": "object", "additionalProperties": {"title": "值", "type": "string"}},
    },
}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema(DOCUMENT, [COMMON])


def only(complaints: list[Complaint]) -> Complaint:
    assert len(complaints) == 1, complaints
    return complaints[0]


def test_a_fitting_document_has_no_complaints(schema: Schema) -> None:
    assert schema.check({"title": "漏水", "caller": {"phone": "110"}}) == []
    schema.require({"title": "漏水"})


@pytest.mark.parametrize(
    ("change", "field", "code", "message"),
    [
        ({"title": "一二三四五六"}, "/title", "too_long", "“标题”过长：不得超过5个字。"),
        ({"title": " "}, "/title", "empty", "“标题”不能为空。"),
        ({"title": 5}, "/title", "wrong_type", "“标题”类型不正确：应为文字。"),
        ({"title": None}, "/title", "wrong_type", "“标题”不能为null；没有内容时请不要发送该字段。"),
        ({"caller": {"phone": "abc"}}, "/caller/phone", "bad_format", "“电话”格式不正确：应为数字。"),
        ({"caller": {}}, "/caller/phone", "missing", "缺少必填字段“电话”。"),
        ({"caller": 1}, "/caller", "wrong_type", "“来电人”类型不正确：应为对象。"),
        (
            {"others": [{"phone": "1"}, {"phone": 1}]},
            "/others/1/phone",
            "wrong_type",
            "“其他人”第2项的“电话”类型不正确：应为文字。",
        ),
        ({"others": [5]}, "/others/0", "wrong_type", "“其他人”第1项类型不正确：应为对象。"),
        ({"colour": "green"}, "/colour", "not_in_list", "“颜色”的取值不在允许的范围内：red（红）、blue。"),
        ({"count": -1}, "/count", "out_of_range", "“数量”超出范围：应不小于0。"),
        ({"count": 10}, "/count", "out_of_range", "“数量”超出范围：应不大于9。"),
        ({"titel": "x"}, "/titel", "unknown_field", "没有字段“titel”。是否应为“title”（标题）？"),
        (
            {"caller": {"phone": "1", "nam": "x"}},
            "/caller/nam",
            "unknown_field",
            "没有字段“nam”。是否应为“name”（姓名）？",
        ),
        ({"zzz": 1}, "/zzz", "unknown_field", "没有字段“zzz”。自有字段请放入“extensions”（扩展字段）。"),
        ({"extensions": {"x": 1}}, "/extensions/x", "wrong_type", "“扩展”中的“x”类型不正确：应为文字。"),
        ({"a/b~c": 1}, "/a~1b~0c", "wrong_type", "“怪名”类型不正确：应为true或false。"),
    ],
)
def test_each_mistake_is_named_by_field_and_in_chinese(
    schema: Schema, change: dict[str, Any], field: str, code: str, message: str
) -> None:
    assert only(schema.check({"title": "漏水", **change})) == Complaint(field, code, message)


def test_two_mistakes_in_one_field_give_one_complaint(schema: Schema) -> None:
    assert only(schema.check({"title": "漏水", "caller": {"phone": "abcdefghijklm"}})).code == "too_long"


def test_complaints_stand_in_the_same_order_whatever_the_order_of_the_fields(schema: Schema) -> None:
    wrong = {"zzz": 1, "colour": "green", "count": 99, "caller": {}}
    assert schema.check(wrong) == schema.check(dict(reversed(wrong.items())))
    assert [c.field for c in schema.check(wrong)] == ["/caller/phone", "/colour", "/count", "/title", "/zzz"]


def test_of_many_mistakes_twenty_are_told(schema: Schema) -> None:
    assert len(schema.check({f"x{n}": n for n in range(10_000)})) == 20
    assert len(schema.check({"title": "漏水", "others": [1] * 10_000})) == 20


def test_a_name_from_outside_is_cut_and_made_printable_in_the_message(schema: Schema) -> None:
    complaint = only(schema.check({"title": "漏水", "\x1b[31m" + "x" * 10_000: 1}))
    assert "\x1b" not in complaint.message
    assert len(complaint.message) < 100
    assert len(complaint.field) <= 500


def test_what_does_not_fit_is_refused_with_all_its_complaints(schema: Schema) -> None:
    with pytest.raises(Unfit) as refused:
        schema.require({"count": 10})
    assert refused.value.status == 422
    assert refused.value.field == "/count"
    assert refused.value.message == "“数量”超出范围：应不大于9。"
    assert [c["code"] for c in refused.value.extra["complaints"]] == ["out_of_range", "missing"]
