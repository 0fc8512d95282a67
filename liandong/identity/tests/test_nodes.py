"""Which desk lives at which node: rows of the pack, and what a process may act for."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.citypack import read_rows
from liandong.identity.errors import DeskElsewhere, NodeUnknown, NotItsDesk
from liandong.identity.hosting import load_nodes
from liandong.identity.models import Desk, Node
from liandong.identity.queries import forget, is_here, must_be_here, must_live_at, node_of, this_node
from liandong.identity.rights import INSTALLER
from liandong.kernel.rows import BadRow
from tests.cast import PACK, rows

HEAD = "code,name,ordinal,desks\n"


def load(text: str) -> None:
    load_nodes(by=INSTALLER, rows=rows("nodes.csv", HEAD + text))


@pytest.fixture
def split(city: object) -> None:
    """The city as its own pack splits it."""
    load_nodes(by=INSTALLER, rows=read_rows(PACK / "nodes.csv"))


@pytest.mark.usefixtures("split")
def test_a_house_that_is_alone_has_every_desk_and_asks_nothing() -> None:
    forget()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert is_here("110")
        assert (node_of("110"), this_node()) == ("", None)
        must_be_here("12345")
    assert len(asked) == 0


@pytest.mark.usefixtures("split")
def test_a_node_has_its_own_desks_and_no_others(settings: Settings) -> None:
    settings.NODE = "gov"
    assert (is_here("12345"), is_here("110"), node_of("110")) == (True, False, "police")
    must_be_here("12345")
    with pytest.raises(DeskElsewhere) as refused:
        must_be_here("110")
    assert refused.value.extra == {"node": "police", "desk": "110"}


@pytest.mark.usefixtures("split")
def test_who_sends_may_speak_for_the_desks_of_its_node_only(settings: Settings) -> None:
    settings.NODE = "gov"
    must_live_at("110", "police")
    for desk, sender in (("12345", "police"), ("110", "gov"), ("nowhere", "police")):
        with pytest.raises(NotItsDesk):
            must_live_at(desk, sender)


@pytest.mark.usefixtures("split")
def test_what_is_no_desk_is_here(settings: Settings) -> None:
    settings.NODE = "gov"
    assert is_here("county-gov-140902")


@pytest.mark.usefixtures("split")
def test_a_process_that_is_no_node_of_the_pack_does_not_guess(settings: Settings) -> None:
    settings.NODE = "elsewhere"
    forget()
    with pytest.raises(NodeUnknown):
        this_node()


@pytest.mark.usefixtures("city")
def test_every_desk_has_one_node() -> None:
    every = " ".join(Desk.objects.values_list("code", flat=True))
    with pytest.raises(BadRow, match="没有节点"):
        load("gov,甲,0,12345")
    with pytest.raises(BadRow, match="不是台席"):
        load(f"gov,甲,0,{every}\npolice,乙,1,110")
    load(f"gov,甲,0,{every}")
    assert Desk.objects.exclude(node="gov").count() == 0


@pytest.mark.usefixtures("split")
def test_an_ordinal_stays_with_its_node_for_good() -> None:
    gov, police = (
        " ".join(Desk.objects.filter(node=code).values_list("code", flat=True)) for code in ("gov", "police")
    )
    for text in (f"gov,甲,2,{gov}\npolice,乙,1,{police}", f"gov,甲,0,{gov}\nnew,丙,1,{police}"):
        with pytest.raises(BadRow, match="ordinal"):
            load(text)
    assert dict(Node.objects.values_list("code", "ordinal")) == {"gov": 0, "police": 1}


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize("ordinal", ["50", "-1", "0.5"])
def test_an_ordinal_is_one_that_numbers_can_tell_apart(ordinal: str) -> None:
    with pytest.raises(BadRow, match="整数"):
        load(f"third,丙,{ordinal},")
