"""What of a document is told by its parts, without any node."""

from __future__ import annotations

from liandong.peers.attachments import part_of, progress, waits_with

DATA = {"order": "140900W20261127000000019", "digest": "ab" * 32, "nth": 0, "name": "a.jpg", "size": 3, "part": 1}


def test_parts_that_say_the_same_of_their_document_have_one_name() -> None:
    second = {**DATA, "part": 2, "part_digest": "0", "bytes": "AA=="}
    other = {**DATA, "name": "b.jpg"}
    assert part_of(DATA) == part_of(second) != part_of(other)
    assert waits_with(part_of(DATA)) == waits_with(part_of(other)) == f"document:{DATA['order']}:{'ab' * 8}:0:"


def test_what_is_no_part_as_we_know_it_has_no_name() -> None:
    for wrong in ({}, {**DATA, "digest": "xyz"}, {**DATA, "nth": "one"}, {**DATA, "nth": 10**15}):
        assert part_of(wrong) == "", wrong


def test_how_far_a_document_is() -> None:
    assert progress(5, 0, 0, "").label == "传输中 0/5"
    assert progress(5, 5, 3, "").label == "传输中 2/5"
    assert progress(5, 5, 0, "").label == "已送达"
    refused = progress(40, 16, 0, "document_too_large")
    assert (refused.label, refused.stored) == ("对方拒收", 16)
