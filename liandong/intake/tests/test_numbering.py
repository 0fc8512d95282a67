"""Blocks of numbers: a house that is alone has all of them, of several nodes none has another's."""

from __future__ import annotations

from liandong.intake.numbering import BLOCK, NODES, block
from liandong.kernel.ids import SEQUENCE_LIMIT

STARTS = range(1, SEQUENCE_LIMIT // NODES, BLOCK)


def test_a_house_that_is_alone_takes_the_block_as_the_database_gives_it() -> None:
    assert block(4001, None) == range(4001, 5001)


def test_blocks_of_all_nodes_fill_the_numbers_there_are_without_meeting() -> None:
    firsts = [block(start, ordinal)[0] % SEQUENCE_LIMIT for start in STARTS for ordinal in range(NODES)]
    assert sorted(firsts) == list(range(1, SEQUENCE_LIMIT, BLOCK))


def test_a_node_keeps_to_its_blocks_when_the_numbers_have_gone_round() -> None:
    later = SEQUENCE_LIMIT // NODES * 3 + 1
    for ordinal in (0, 7, NODES - 1):
        assert block(later + 5 * BLOCK, ordinal)[0] % SEQUENCE_LIMIT == block(1 + 5 * BLOCK, ordinal)[0]
