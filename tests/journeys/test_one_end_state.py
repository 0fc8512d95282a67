"""The same hand-overs on one node, over https, files and a joint database, and with one side on paper: what stands at
the end is the same. Three matters in a `make test`; LIANDONG_JOURNEYS=all: seven, in which every course comes up.

How it is compared, and what is left out: `houses.py`.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests import cast
from tests.cast import HOTLINE, POLICE
from tests.ferries import PAIR, Ferries
from tests.journeys.houses import MATTERS, Alone, Apart, Stream, known, play, renamed
from tests.journeys.paper import DESK, OnPaper
from tests.nodes import Nodes


def same_end(net: Ferries) -> bytes:
    houses = Alone(net), Apart(net)
    play(houses, net.clock)
    alone = known(houses[0].at("12345"))
    for code in PAIR:
        assert known(net.at(code)) == alone
        assert net.journal(code)[1] == 0
    return alone


def test_over_files_the_end_is_that_of_one_node(net: Ferries) -> None:
    assert len(same_end(net)) > 3000


def test_over_https_the_end_is_that_of_one_node(secured: Any) -> None:
    assert len(same_end(secured)) > 3000


def test_over_the_joint_database_the_end_is_that_of_one_node(joined: Any) -> None:
    assert len(same_end(joined)) > 3000


def test_the_comparison_sees_a_step_that_one_house_lacks(net: Ferries) -> None:
    stream = Stream(Random(1), (Alone(net), Apart(net)))
    stream.begin(1)
    before = known(net.at("gov"))
    assert before == known(stream.houses[0].at("12345"))
    with net.at("police"):
        from liandong.transfer.models import Transfer

        cast.step(Transfer.objects.get(number=stream.transfers[0][1]), "accept", by=POLICE)
    net.quiet()
    assert known(net.at("gov")) != before


@pytest.mark.parametrize(("text", "end"), [("140900L2026112400000001Z x", b"L1 x"), ("none", b"none")])
def test_numbers_are_replaced_by_where_they_are_met(text: str, end: bytes) -> None:
    assert renamed(text) == end


def test_with_one_side_on_paper_the_end_is_that_of_one_node_but_for_who_typed_it(nodes: Nodes) -> None:
    alone, paper = Alone(nodes), OnPaper(nodes)
    play((alone, paper), nodes.clock)
    assert known(paper.at("")) == known(alone.at(""))
    with alone.at(""):
        assert [said for _, said in answers()] == [None] * len(answers())
    with paper.at(""):
        typed = answers()
    # What the paper desk said, all of that and nothing else, was typed in: by whom, by a document of its own each time.
    assert {author for author, said in typed if said is not None} == {author for author, _ in typed if author == DESK}
    of_the_desk = [said for author, said in typed if author == DESK]
    assert None not in of_the_desk
    assert {(said["typist"], said["desk"]) for said in of_the_desk} == {(HOTLINE.name, HOTLINE.desk)}
    assert len({said["document"] for said in of_the_desk}) == len(of_the_desk)
    # Each answer names the report it was an answer to; what the desk began itself answers none.
    assert sum("report" in said for said in of_the_desk) == len(paper.documents) > MATTERS


def answers() -> list[tuple[str, Any]]:
    """Who said each step and note, and what it says of who typed it."""
    from liandong.transfer.models import NoteRow, StepRow
    from liandong.transfer.onbehalf import on_behalf_of

    return [(one.author, on_behalf_of(one.body)) for rows in (StepRow, NoteRow) for one in rows.objects.all()]
