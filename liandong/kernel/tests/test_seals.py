from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.kernel.seals import SealBroken, blind, seal, sm3, unseal, unseal_bytes
from tests.shared import shared

KEY = bytes(range(16))


def test_sm3_gives_the_published_digests() -> None:
    text = shared("interop", "gmt-sm", "SM3-oscca.txt").read_text()
    cases = re.findall(r"Len = (\d+)\s+Msg = ([0-9a-f]+)\s+MD = ([0-9a-f]+)", text)
    assert len(cases) == 6
    for bits, message, digest in cases:
        assert sm3(bytes.fromhex(message)[: int(bits) // 8]).hex() == digest


def test_a_seal_made_after_rfc_8998_opens() -> None:
    text = shared("interop", "gmt-sm", "rfc8998.txt").read_text()
    case = {name: bytes.fromhex(value) for name, value in re.findall(r"([A-Z]+) = ([0-9a-f]{8,})", text)}
    sealed = case["IV"] + case["CIPHERTEXT"] + case["TAG"]
    assert unseal_bytes(case["KEY"], sealed, bound_to=case["AAD"]) == case["PLAINTEXT"]


@given(st.text())
def test_what_was_sealed_opens_and_twice_sealed_looks_different(text: str) -> None:
    first, second = (seal(KEY, text, bound_to="caller.phone") for _ in range(2))
    assert first != second
    assert unseal(KEY, first, bound_to="caller.phone") == text
    assert unseal(KEY, memoryview(second), bound_to="caller.phone") == text


def test_any_single_flipped_bit_is_found() -> None:
    sealed = seal(KEY, "13800000000", bound_to="caller.phone")
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            unseal(KEY, bytes(changed), bound_to="caller.phone")


def test_a_sealed_value_does_not_open_with_another_key_in_another_place_or_cut_short() -> None:
    sealed = seal(KEY, "13800000000", bound_to="caller.phone")
    with pytest.raises(SealBroken):
        unseal(os.urandom(16), sealed, bound_to="caller.phone")
    with pytest.raises(SealBroken):
        unseal(KEY, sealed, bound_to="caller.name")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            unseal(KEY, sealed[:length], bound_to="caller.phone")


def test_equal_texts_are_found_by_their_blind_index_only_under_the_same_key() -> None:
    assert blind(KEY, "13800000000") == blind(KEY, "13800000000")
    assert blind(KEY, "13800000000") != blind(KEY, "13800000001")
    assert blind(KEY, "13800000000") != blind(bytes(16), "13800000000")
    assert b"138" not in blind(KEY, "13800000000")
