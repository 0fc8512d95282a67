from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from liandong.kernel.canonical import canonical, moment, plain
from tests.shared import shared


@pytest.mark.parametrize("case", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_bytes_are_those_rfc_8785_gives(case: str) -> None:
    given = json.loads(shared("interop", "rfc8785-jcs", "input", f"{case}.json").read_bytes())
    expected = bytes.fromhex(shared("interop", "rfc8785-jcs", "outhex", f"{case}.txt").read_text())
    assert canonical(given) == expected


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_VALUES)
@settings(max_examples=300)
def test_the_fast_writer_and_the_reference_writer_agree(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(plain(value))


def test_names_are_ordered_by_utf_16_as_the_rfc_has_it() -> None:
    assert canonical({"\ufb01": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb01":1}'.encode()


def test_a_moment_is_utc_with_microseconds_whatever_zone_it_came_in() -> None:
    city = timezone(timedelta(hours=8))
    assert moment(datetime(2026, 11, 24, 9, 2, 3, 4, tzinfo=city)) == "2026-11-24T01:02:03.000004Z"
    assert moment(datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)) == "2026-11-24T01:02:03.000000Z"


def test_a_moment_without_a_zone_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="time zone"):
        canonical({"at": datetime(2026, 11, 24)})  # noqa: DTZ001 - the naive moment is what is refused


def test_the_order_in_which_things_were_put_together_does_not_show() -> None:
    assert canonical({"b": (1, 2), "a": {"丙", "甲", "乙"}}) == canonical({"a": ["丙", "乙", "甲"], "b": [1, 2]})


def test_moments_deep_inside_are_made_plain() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    assert plain({"steps": [{"at": when}]}) == {"steps": [{"at": "2026-01-01T00:00:00.000000Z"}]}
