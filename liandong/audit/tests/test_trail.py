"""The form of the trail, without a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandong.audit import trail
from liandong.audit.by import By
from liandong.audit.catalogue import CatalogueError
from liandong.kernel.canonical import canonical
from liandong.kernel.seals import sm3

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(texts, texts, st.dictionaries(texts, texts | st.integers(-(2**53) + 1, 2**53 - 1) | st.none(), max_size=5))
def test_the_body_is_the_canonical_form_of_the_whole_event(
    name: str, subject: str, detail: dict[str, str | int | None]
) -> None:
    by = By(name=name, post="acceptor", desk="desk-a", person=7)

    body = trail.compose("thing.done", by, subject, AT, detail)

    whole = {"kind": "thing.done", "subject": subject, "detail": detail, "by": by.described(), "at": AT}
    assert body.encode() == canonical(whole)


def test_of_an_actor_the_body_keeps_who_but_not_the_rights() -> None:
    by = By(name="李受理", post="acceptor", desk="desk-a", person=7, rights=frozenset({"order.accept"}))

    body = json.loads(trail.compose("thing.done", by, "a", AT, {}))

    assert body["by"] == by.described()
    assert "rights" not in body["by"]


def test_a_link_is_sm3_over_the_hash_before_and_the_body() -> None:
    assert trail.link(trail.GENESIS, "事") == sm3(bytes(32) + "事".encode())


def test_the_same_body_after_another_event_has_another_hash() -> None:
    assert trail.link(trail.GENESIS, "x") != trail.link(sm3(b"before"), "x")


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        trail.compose("thing.done", By(name="甲", post="p"), "a", datetime(2026, 3, 1), {})  # noqa: DTZ001


def test_an_entry_of_an_unlisted_kind_is_a_programming_error() -> None:
    with pytest.raises(CatalogueError, match="is not in the catalogue"):
        trail.entry("nobody.knows", by=By(name="甲", post="p"), subject="a", at=AT, detail={})


@pytest.mark.usefixtures("known_kinds")
def test_an_entry_with_a_field_its_kind_does_not_have_is_a_programming_error() -> None:
    with pytest.raises(CatalogueError, match="phone"):
        trail.entry("thing.done", by=By(name="甲", post="p"), subject="a", at=AT, detail={"phone": "1"})


@given(leaves, st.data())
def test_any_flipped_bit_of_any_leaf_changes_the_root(given_leaves: list[bytes], data: st.DataObject) -> None:
    which = data.draw(st.integers(0, len(given_leaves) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(given_leaves[which], "big") ^ (1 << bit)).to_bytes(32, "big")

    changed = [*given_leaves[:which], flipped, *given_leaves[which + 1 :]]

    assert trail.merkle_root(changed) != trail.merkle_root(given_leaves)


@given(leaves)
def test_a_leaf_more_or_less_changes_the_root(given_leaves: list[bytes]) -> None:
    assert trail.merkle_root([*given_leaves, given_leaves[-1]]) != trail.merkle_root(given_leaves)


def test_leaves_and_inner_nodes_are_hashed_under_different_first_bytes() -> None:
    one, two, three = (sm3(text) for text in (b"1", b"2", b"3"))
    pair = sm3(b"\x01" + sm3(b"\x00" + one) + sm3(b"\x00" + two))

    assert trail.merkle_root([one]) == sm3(b"\x00" + one)
    assert trail.merkle_root([one, two]) == pair
    assert trail.merkle_root([one, two, three]) == sm3(b"\x01" + pair + sm3(b"\x00" + three))


def test_no_leaves_have_no_root() -> None:
    with pytest.raises(ValueError, match="leaf"):
        trail.merkle_root([])


def test_everything_a_seal_says_is_in_its_hash() -> None:
    root, prev, later = sm3(b"root"), sm3(b"prev"), AT.replace(second=1)
    hashes = {
        trail.seal_hash(1, AT, root, prev, (4, 5)),
        trail.seal_hash(2, AT, root, prev, (4, 5)),
        trail.seal_hash(1, later, root, prev, (4, 5)),
        trail.seal_hash(1, AT, prev, prev, (4, 5)),
        trail.seal_hash(1, AT, root, root, (4, 5)),
        trail.seal_hash(1, AT, root, prev, (5, 4)),
        trail.seal_hash(1, AT, root, prev, (4,)),
    }

    assert len(hashes) == 7
