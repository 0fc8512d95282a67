"""What stands in a log line: no caller, in no spelling; in JSON the number of the trace."""

from __future__ import annotations

import logging

import orjson
import pytest

from config.logs import JsonLine, Line, configuration, discreet
from liandong.kernel import trace

PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("来电13800138000", "来电138********"),
        ("138 0013 8000", "138**********"),
        ("证件14090219900101123X", "证件140***************"),
        ("0350-3012345", "035*********"),
        ("事项 140900L202611270000001X 已受理", "事项 140900L202611270000001X 已受理"),
        ("2026-11-27 完成", "2026-11-27 完成"),
        ("DETAIL:  Key (phone)=(王小明) already exists.\n后面", "DETAIL:（已略去）\n后面"),
        ("DETAIL:  Failing row contains (7, 王小明, 和平小区).", "DETAIL:（已略去）"),
        ("DETAIL:  Failing row contains (7, 王小明\n和平小区).\n后面", "DETAIL:（已略去）\n后面"),
        ("parameter $1 = '王小明\n和平小区'", "parameter $1 =（已略去）"),
    ],
)
def test_numbers_are_covered_and_the_values_of_rows_left_out(said: str, shown: str) -> None:
    assert discreet(said) == shown


def record(message: str, *given: object, failure: BaseException | None = None) -> logging.LogRecord:
    told = (type(failure), failure, failure.__traceback__) if failure else None
    return logging.LogRecord("liandong.test", logging.ERROR, __file__, 1, message, given, told)


def test_a_line_of_json_has_its_trace_and_no_number_even_in_an_exception() -> None:
    try:
        raise ValueError("来电人13800138000")
    except ValueError as why:
        one = record("未能处理 %s", "13900139000", failure=why)
    with trace.following(PARENT):
        found = orjson.loads(JsonLine().format(one))
        told = Line().format(one)
    assert found["trace_id"] == "a" * 32
    assert len(found["span_id"]) == 16
    assert found["span_id"] != "b" * 16
    assert (found["level"], found["logger"]) == ("ERROR", "liandong.test")
    assert "ValueError" in found["exception"]
    assert "a" * 32 in told
    for text in (str(found), told):
        assert "13800138000" not in text
        assert "13900139000" not in text
    assert "trace_id" not in orjson.loads(JsonLine().format(record("无")))


@pytest.mark.parametrize(
    ("asked", "level", "form"),
    [
        ("", "WARNING", "Line"),
        ("INFO", "INFO", "Line"),
        ("json", "WARNING", "JsonLine"),
        ("json,debug", "DEBUG", "JsonLine"),
    ],
)
def test_one_variable_says_level_and_form(asked: str, level: str, form: str) -> None:
    made = configuration(asked)
    assert made["root"]["level"] == level
    assert made["formatters"]["line"]["()"] == f"config.logs.{form}"


@pytest.mark.parametrize(
    "text", ["", "x", "00-" + "0" * 32 + "-" + "b" * 16 + "-01", PARENT.upper(), PARENT + "0", "13800138000"]
)
def test_what_is_no_trace_context_begins_a_new_one(text: str) -> None:
    with trace.following(text):
        assert trace.read(trace.current())
        assert text not in trace.current() or not text
    assert trace.current() == ""
