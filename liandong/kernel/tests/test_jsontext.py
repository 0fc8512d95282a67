"""What a body must be before anybody looks at its fields."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.kernel.jsontext import (
    BadEncoding,
    BadJson,
    BadText,
    DuplicateKey,
    TooDeep,
    TooLarge,
    parse_json,
)

LIMIT = 1 << 20
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_another_writer_wrote_is_read_back(value: object, ascii_only: bool, indent: int | None) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode(), LIMIT) == value


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), VALUES, st.booleans(), st.data())
def test_a_name_given_twice_is_refused_however_it_is_written(
    value: dict[str, object], again: object, ascii_only: bool, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(value)))
    first = json.dumps(value, ensure_ascii=ascii_only)
    second = f"{json.dumps(name, ensure_ascii=not ascii_only)} : {json.dumps(again)}"
    depth = data.draw(st.integers(0, 3))
    raw = "[" * depth + first[:-1] + "," + second + "}" + "]" * depth
    with pytest.raises(DuplicateKey) as refused:
        parse_json(raw.encode(), LIMIT)
    assert refused.value.extra == {"key": name}
    assert refused.value.status == 400


def test_the_same_name_in_two_objects_is_no_repetition() -> None:
    assert parse_json(b'{"a":{"name":1},"b":{"name":2}}', LIMIT) == {"a": {"name": 1}, "b": {"name": 2}}


def test_a_name_written_with_an_escape_is_still_the_same_name() -> None:
    with pytest.raises(DuplicateKey, match="title"):
        parse_json(rb'{"title":"a","\u0074itle":"b"}', LIMIT)


def test_gbk_is_named_in_the_refusal() -> None:
    with pytest.raises(BadEncoding, match="GBK") as refused:
        # Not every text will do: the GBK bytes of some short words happen to be UTF-8 of something else.
        parse_json('{"title":"井盖缺失"}'.encode("gbk"), LIMIT)
    assert refused.value.status == 400
    assert refused.value.extra["guess"] == "GB18030"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_refused(encoding: str) -> None:
    with pytest.raises(BadJson):
        parse_json('{"title":"漏水"}'.encode(encoding), LIMIT)


def test_bytes_of_no_known_encoding_are_refused_with_their_place() -> None:
    with pytest.raises(BadEncoding, match="第3个字节"):
        parse_json(b'{"\xff\xff":1}', LIMIT)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]", LIMIT) == [1]


@pytest.mark.parametrize("raw", [b"", b" ", b"{", b'{"a":1,}', b"{'a':1}", b"[1]x", b"nul", b'"a\nb"'])
def test_what_is_not_json_is_refused_with_the_place(raw: bytes) -> None:
    with pytest.raises(BadJson, match="行第") as refused:
        parse_json(raw, LIMIT)
    assert refused.value.code == "bad_json"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "01", "+1", ".5"])
def test_what_is_no_json_number_is_refused(number: str) -> None:
    with pytest.raises(BadJson):
        parse_json(f'{{"longitude":{number}}}'.encode(), LIMIT)


def test_a_body_of_ten_megabytes_is_refused_by_its_size() -> None:
    with pytest.raises(TooLarge, match="拆分") as refused:
        parse_json(b'{"content":"' + b"a" * 10_000_000 + b'"}', LIMIT)
    assert refused.value.status == 413


@pytest.mark.parametrize("levels", [33, 500, 2_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_depth_bomb_is_refused(levels: int, opening: bytes, closing: bytes) -> None:
    with pytest.raises(TooDeep):
        parse_json(opening * levels + b"1" + closing * levels, LIMIT)
    with pytest.raises(TooDeep):
        parse_json(opening * levels, LIMIT)


def test_brackets_in_a_text_are_not_depth_and_many_in_a_row_are_not_either() -> None:
    text = '[[["\\\\\\"' * 100
    assert parse_json(json.dumps([text]).encode(), LIMIT) == [text]
    assert parse_json(b"[" + b"[]," * 1000 + b"[]]", LIMIT) == [[]] * 1001
    assert parse_json(b"[" * 32 + b"]" * 32, LIMIT)


@pytest.mark.parametrize("text", [r"\ud83d", r"\ude00", r"\ude00\ud83d", r"a\ud83db"])
def test_a_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises((BadText, BadJson), match=r"代理|JSON"):
        parse_json(f'{{"title":"{text}"}}'.encode(), LIMIT)


def test_half_a_pair_is_told_as_such() -> None:
    with pytest.raises(BadText, match="代理"):
        parse_json(rb'{"title":"\ud83d"}', LIMIT)


def test_a_surrogate_written_as_bytes_is_refused() -> None:
    with pytest.raises(BadEncoding):
        parse_json(b'{"title":"\xed\xa0\xbd"}', LIMIT)


def test_characters_of_four_bytes_are_read_in_both_spellings() -> None:
    assert parse_json('["𠮷😀"]'.encode(), LIMIT) == ["𠮷😀"]
    assert parse_json(rb'["\ud83d\ude00"]', LIMIT) == ["😀"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"caller":{"name":"a\u0000b"}}', "/caller/name"),
        (rb'{"list":["ok","\u0000"]}', "/list/1"),
        (rb'{"a\u0000b":1}', "/ab"),
    ],
)
def test_nul_is_refused_with_its_field(raw: bytes, field: str) -> None:
    with pytest.raises(BadText) as refused:
        parse_json(raw, LIMIT)
    assert refused.value.field == field
    assert refused.value.status == 422


def test_a_text_that_only_spells_an_escape_is_no_nul() -> None:
    assert parse_json(rb'["\\u0000"]', LIMIT) == ["\\u0000"]


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + rb"\"" * 500_000,
        b"[" + b'"' * 999_998,
        b'{"' + b"\\" * 999_998,
        b"{" + b",".join(b'"%d":1' % n for n in range(80_000)) + b',"79999":1}',
        b"[" + b"[]," * 300_000,
    ],
    ids=["escaped quotes", "quotes", "backslashes", "many names and one twice", "many brackets"],
)
def test_a_body_made_to_keep_us_busy_is_refused_within_a_second(raw: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(BadJson):
        parse_json(raw, LIMIT)
    # Reading back and forth over such a body takes minutes; going over it once takes a tenth of a second.
    assert time.process_time() - begun < 1


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(raw: bytes) -> None:
    with suppress(BadJson, BadText):
        parse_json(raw, LIMIT)
