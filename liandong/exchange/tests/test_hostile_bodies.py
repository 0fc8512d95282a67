"""Bodies as careless and hostile programs send them: each gets a clear answer and leaves nothing behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from liandong.exchange.tests.served import Served
from liandong.exchange.tests.speaking import Program, fits, problem, work

GOOD = json.dumps(work(), ensure_ascii=False)
BODIES: dict[str, tuple[bytes, int, str]] = {
    "GBK": (GOOD.encode("gbk"), 400, "bad_encoding"),
    "UTF-16 with mark": (GOOD.encode("utf-16"), 400, "bad_encoding"),
    "UTF-16 without mark": (GOOD.encode("utf-16-le"), 400, ""),
    "UTF-32": (GOOD.encode("utf-32"), 400, ""),
    "cut in a character": (GOOD.encode()[:-40], 400, ""),
    "overlong form": (GOOD.replace("停", "@").encode().replace(b"@", b"\xc0\xaf"), 400, "bad_encoding"),
    "NUL escaped": (json.dumps(work(title="停\0水")).encode(), 422, "bad_text"),
    "NUL in a name": (json.dumps(work(extensions={"a\0": 1})).encode(), 422, "bad_text"),
    "NUL raw": (GOOD.replace("停", "\0").encode(), 400, "bad_json"),
    "control character escaped": (json.dumps(work(title="停\x1b水")).encode(), 422, "invalid"),
    "control character in a name given twice": (b'{"a\\u0001": 1, "a\\u0001": 2}', 400, "duplicate_key"),
    "lone high surrogate": (GOOD.replace("停", "\\ud83d").encode(), 422, "bad_text"),
    "lone low surrogate": (GOOD.replace("停", "\\ude00").encode(), 422, "bad_text"),
    "surrogate in raw bytes": (GOOD.encode().replace("停".encode(), b"\xed\xa0\xbd"), 400, "bad_encoding"),
    "name given twice": (GOOD[:-1].encode() + b', "title": "x"}', 400, "duplicate_key"),
    "name given twice within": (json.dumps(work())[:-1].encode() + b', "place": {"a":1,"a":2}}', 400, "duplicate_key"),
    "nothing": (b"", 400, "bad_json"),
    "blanks": (b"  \n ", 400, "bad_json"),
    "only the mark": (b"\xef\xbb\xbf", 400, "bad_json"),
    "half": (GOOD.encode()[:-1], 400, "bad_json"),
    "two documents": ((GOOD + GOOD).encode(), 400, "bad_json"),
    "single quotes": (GOOD.replace('"', "'").encode(), 400, "bad_json"),
    "a comma too many": (GOOD[:-1].encode() + b",}", 400, "bad_json"),
    "NaN": (GOOD[:-1].encode() + b', "extensions": {"n": NaN}}', 400, "bad_json"),
    "Infinity": (GOOD[:-1].encode() + b', "extensions": {"n": -Infinity}}', 400, "bad_json"),
    "1e400": (GOOD[:-1].encode() + b', "extensions": {"n": 1e400}}', 400, ""),
    "a huge integer": (GOOD[:-1].encode() + b', "extensions": {"n": ' + b"9" * 400 + b"}}", 400, ""),
    "an integer beyond double": (GOOD[:-1].encode() + b', "extensions": {"n": 9007199254740993}}', 422, "invalid"),
    "1e400 degrees": (GOOD[:-1].encode() + b', "place": {"longitude": 1e400, "latitude": 1}}', 400, ""),
    "181 degrees": (GOOD[:-1].encode() + b', "place": {"longitude": 181, "latitude": 1}}', 422, "invalid"),
    "deep objects": (b'{"extensions":' * 200 + b"1" + b"}" * 200, 400, "too_deep"),
    "deep arrays": (b"[" * 60_000 + b"]" * 60_000, 400, "too_deep"),
    "deep and open": (b"[" * 100_000, 400, ""),
    "an array": (b"[]", 422, "invalid"),
    "a string": (b'"x"', 422, "invalid"),
    "null": (b"null", 422, "invalid"),
    "a number": (b"-0", 422, "invalid"),
    "10 MB": (json.dumps(work(content="x" * 10_000_000)).encode(), 413, "too_large"),
    "129 KiB": (b" " * 129 * 1024 + GOOD.encode(), 413, "too_large"),
    "a long text": (json.dumps(work(content="长" * 10_001)).encode(), 422, "invalid"),
    "unknown names": (json.dumps(work(**{f"x{n}": n for n in range(3000)})).encode(), 422, "invalid"),
    "a long unknown name": (json.dumps(work(**{"x" * 100_000: 1})).encode(), 422, "invalid"),
    "a name with a slash and a tilde": (json.dumps(work(**{"a/b~c\u202e": 1})).encode(), 422, "invalid"),
    "a text as an object": (json.dumps(work(title={"a": 1})).encode(), 422, "invalid"),
    "an object as a text": (json.dumps(work(place="和平街")).encode(), 422, "invalid"),
    "null in a field": (json.dumps(work(external_id=None)).encode(), 422, "invalid"),
    "true as a text": (json.dumps(work(content=True)).encode(), 422, "invalid"),
    "blank title": (json.dumps(work(title=" \u3000 ")).encode(), 422, "invalid"),
    "51 extensions": (json.dumps(work(extensions={str(n): n for n in range(51)})).encode(), 422, "invalid"),
    "nested extension": (json.dumps(work(extensions={"a": {"b": 1}})).encode(), 422, "invalid"),
}


@pytest.fixture(scope="module")
def number(hot: Program) -> str:
    return str(hot.accepted(work())["order_number"])


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_at_the_door_is_named_and_leaves_nothing(served: Served, hot: Program, name: str) -> None:
    raw, status, code = BODIES[name]
    before = served.rows()
    told = problem(hot.send("/orders", raw), status if status != 400 or code else 400, code)
    assert told["instance"] == "/api/v1/orders"
    assert served.rows() == before


@pytest.mark.parametrize("name", [name for name, (_, status, _) in BODIES.items() if status != 422])
def test_a_bad_body_at_the_other_doors_is_named_and_leaves_nothing(
    served: Served, hot: Program, number: str, name: str
) -> None:
    raw, status, code = BODIES[name]
    before = served.rows()
    problem(hot.send(f"/orders/{number}/steps", raw), status, code)
    assert served.rows() == before


@pytest.mark.parametrize("name", ["GBK", "NUL escaped", "name given twice", "deep arrays", "nothing", "129 KiB"])
def test_a_bad_line_of_a_batch_is_named(served: Served, hot: Program, name: str) -> None:
    raw, status, code = BODIES[name]
    before = served.rows()
    response = hot.batch(b'{"kind":1}\n' + raw.replace(b"\n", b" ") + b"\n")
    assert response.status_code == 207
    answers: list[dict[str, Any]] = [json.loads(line) for line in response.content.splitlines()]
    assert [a["status"] for a in answers] == ([422] if name == "nothing" else [422, status])
    if name != "nothing":
        assert answers[1]["problem"]["code"] == code
    assert served.rows() == before


def test_a_byte_order_mark_and_blanks_are_forgiven(hot: Program) -> None:
    fits("order-accepted", hot.send("/orders", b"\xef\xbb\xbf" + GOOD.encode()), 201)
    fits("order-accepted", hot.send("/orders", b"\n\t " + GOOD.encode() + b"\r\n"), 201)


@pytest.mark.parametrize(
    "media",
    [
        *("application/json; charset=utf-8", "APPLICATION/JSON", "application/json ; charset=GBK", "application/json;"),
    ],
)
def test_json_is_json_whatever_follows_its_name(hot: Program, number: str, media: str) -> None:
    fits("order-accepted", hot.send("/orders", GOOD.encode(), media), 201)
    fits("order", hot.send(f"/orders/{number}/steps", b'{"verb":"urge","text":"x"}', media), 200)


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data", "x" * 900],
)
def test_another_media_type_is_refused(served: Served, hot: Program, number: str, media: str) -> None:
    before = served.rows()
    for path in ("/orders", "/orders/batch", f"/orders/{number}/steps"):
        problem(hot.send(path, GOOD.encode(), media), 415, "media_type_unfit")
    problem(hot.send("/orders/batch", GOOD.encode(), "application/json"), 415, "media_type_unfit")
    assert served.rows() == before
