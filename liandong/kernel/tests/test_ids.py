from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.kernel.ids import SEQUENCE_LIMIT, BadNumber, Number, compose, local_day, parse, uuid7

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FULL_WIDTH = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in ALPHABET})

numbers = st.builds(
    Number,
    division=st.text("0123456789", min_size=6, max_size=6),
    kind=st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    day=st.dates(min_value=date(2000, 1, 1), max_value=date(2999, 12, 31)),
    sequence=st.integers(0, SEQUENCE_LIMIT - 1),
)


@given(numbers)
def test_what_is_composed_is_read_back(number: Number) -> None:
    assert len(str(number)) == 24
    assert parse(str(number)) == number


@given(numbers, st.integers(0, 23), st.sampled_from(ALPHABET))
def test_every_single_mistyped_character_is_noticed(number: Number, place: int, typed: str) -> None:
    right = str(number)
    wrong = right[:place] + typed + right[place + 1 :]
    if wrong == right:
        assert parse(wrong) == number
    else:
        with pytest.raises(BadNumber):
            parse(wrong)


def test_every_mistake_in_one_number_is_noticed_without_exception() -> None:
    right = compose("140900", "W", date(2026, 11, 24), 12)
    wrong = [right[:i] + c + right[i + 1 :] for i in range(24) for c in ALPHABET if c != right[i]]
    assert len(wrong) == 24 * 35
    for typed in wrong:
        with pytest.raises(BadNumber):
            parse(typed)


def test_nearly_every_swap_of_two_neighbours_is_noticed() -> None:
    missed = seen = 0
    for sequence in range(0, 99_999_999, 99_991):
        right = compose("140900", "W", date(2026, 11, 24), sequence)
        for i in range(23):
            if right[i] == right[i + 1]:
                continue
            seen += 1
            swapped = right[:i] + right[i + 1] + right[i] + right[i + 2 :]
            try:
                parse(swapped)
                missed += 1
            except BadNumber:
                continue
    assert seen > 10_000
    assert missed / seen < 0.02


@given(numbers)
def test_full_width_lower_case_blanks_and_hyphens_are_forgiven(number: Number) -> None:
    plain = str(number)
    assert parse(plain.translate(FULL_WIDTH)) == number
    assert parse(plain.lower()) == number
    assert parse(f" {plain[:6]}-{plain[6]} {plain[7:15]}\u3000{plain[15:]}\n") == number
    assert parse(f"{plain[:6]}－{plain[6:]}") == number


@pytest.mark.parametrize("typed", ["", "1", "١٤٠٩٠٠W2026112400000012M", "140900W20261124000000120M", "忻州"])
def test_what_is_no_number_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(BadNumber) as refused:
        parse(typed)
    assert "校验位" in refused.value.message


def test_a_day_that_does_not_exist_is_refused_even_with_a_right_check_character() -> None:
    from stdnum.iso7064 import mod_37_36

    body = "140900W2026023000000012"
    with pytest.raises(BadNumber):
        parse(body + str(mod_37_36.calc_check_digit(body)))


def test_the_sequence_wraps_instead_of_growing_the_number() -> None:
    assert compose("140900", "W", date(2026, 1, 1), SEQUENCE_LIMIT + 7) == compose("140900", "W", date(2026, 1, 1), 7)


def test_the_day_of_a_number_is_the_citys_day() -> None:
    assert local_day(datetime(2026, 11, 23, 16, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert local_day(datetime(2026, 11, 23, 15, 59, tzinfo=UTC)) == date(2026, 11, 23)


def test_a_uuid_of_version_7_tells_its_moment_and_differs_from_the_next() -> None:
    moment = datetime(2026, 11, 24, 1, 2, 3, 456000, tzinfo=UTC)
    made = {uuid7(moment) for _ in range(50)}
    assert len(made) == 50
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}
    assert {one.int >> 80 for one in made} == {int(moment.timestamp() * 1000)}
