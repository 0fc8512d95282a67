"""What the fuzzer has to know of this API; loaded by schemathesis in its own process, see `fuzz.py`.

LIANDONG_FUZZ_NUMBERS holds numbers that exist: kind → list. Most requests go to one of them, or nothing beyond the
first check would ever be reached.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from typing import Any

import schemathesis

Case = schemathesis.Case[Any]

NUMBERS: dict[str, list[str]] = json.loads(os.environ["LIANDONG_FUZZ_NUMBERS"])
_SHAPE = re.compile("[0-9A-Z]{24}")


# Codes of the city's tables that the desk may use, and desks it may hand to: no schema can name them.
NATURES, CHANNELS, RESULTS = ("help", "consult", "complaint"), ("phone", "web"), ("solved", "explained")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Put numbers and codes that exist for those that were made up, seven times in eight."""
    made_up = str(case.path_parameters.get("number", ""))
    chosen = zlib.crc32(made_up.encode())
    if _SHAPE.fullmatch(made_up) and chosen % 8 and made_up not in _all_numbers():
        kind = case.path.split("/")[3]
        case.path_parameters["number"] = NUMBERS[kind][chosen % len(NUMBERS[kind])]
    if _positive(case) and isinstance(case.body, dict):
        chosen = zlib.crc32(repr(case.body).encode())
        if chosen % 8:
            case.body = _fit(case.body, chosen)


def _all_numbers() -> set[str]:
    return {number for numbers in NUMBERS.values() for number in numbers}


def _positive(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


def _fit(body: dict[str, Any], chosen: int) -> dict[str, Any]:
    """The body with codes, desks, numbers and moments that the rules take; lengths, texts and shapes stay."""
    fit = dict(body)
    if "content" in fit:
        fit |= {"kind": "work", "nature": NATURES[chosen % len(NATURES)]}
        fit.pop("police", None)
    known = {"channel": CHANNELS[chosen % len(CHANNELS)], "result": RESULTS[chosen % len(RESULTS)], "to": "110"}
    known |= dict.fromkeys(("received_at", "occurred_at"), "2026-01-05T08:00:00+08:00")
    known |= {"related": NUMBERS["orders"][chosen % len(NUMBERS["orders"])]}
    fit |= {name: value for name, value in known.items() if name in fit}
    if isinstance(fit.get("handover"), dict):
        fit["handover"] = _fit(fit["handover"], chosen)
    fit.pop("list_item", None)
    fit.pop("list_version", None)
    return fit


@schemathesis.serializer("application/x-ndjson")
def lines(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """A body of lines is text; what is no text would arrive as one all the same, so nothing is sent in its place."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b""


@schemathesis.check
def what_fits_the_schema_is_refused_only_by_a_rule(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: Case
) -> None:
    """422 may be the answer to a body that keeps its schema, for a rule no schema can say: a code table of the city,
    the state of a matter, the check character of a number. It must not be because of the schema."""
    if response.status_code != 422 or not _positive(case):
        return
    document = response.json()
    assert "complaints" not in document, document["complaints"]
