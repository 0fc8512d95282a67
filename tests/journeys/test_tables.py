"""Code tables and lists of two nodes: told when they change, kept as they were, and what differs is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string

from liandong.kernel.errors import NotAllowed
from tests.cast import HOTLINE, SUPERVISOR
from tests.nodes import Nodes

MANAGER = replace(SUPERVISOR, rights=SUPERVISOR.rights | {"peers.manage"})


def told(net: Nodes) -> int:
    """Let every node look whether it has something to say about its tables, and carry it."""
    from liandong.peers import actions

    posted = 0
    for code in ("gov", "police"):
        with net.at(code):
            posted += actions.tell_tables()
    net.quiet()
    return posted


def code(net: Nodes, node: str, table: str, which: str, /, **values: Any) -> None:
    from liandong.intake.models import Code
    from liandong.intake.queries import forget_rulebook

    given = {"name": "新代码", "effective_from": date(2024, 1, 1), "source": "测试"}
    with net.at(node):
        Code.objects.update_or_create(table=table, code=which, defaults={**given, **values})
        forget_rulebook()


def seen(net: Nodes, peer: str = "gov", at: str = "police") -> Any:
    from liandong.peers.queries.tables import access_tables

    with net.at(at):
        return access_tables(MANAGER, peer)


def shown(net: Nodes) -> str:
    import config.urls  # noqa: F401 - the tags of the page are found with the pages

    return render_to_string("peers/parts/tables.html", {"tables": seen(net), "name": "政务外网节点"})


def test_each_is_told_once_and_again_only_when_something_has_changed(nodes: Nodes) -> None:
    # Two tables to each of two other nodes, from two nodes.
    assert told(nodes) == 8
    assert told(nodes) == 0
    code(nodes, "gov", "nature", "rumour", name="传言")
    assert told(nodes) == 2
    assert told(nodes) == 0


def test_where_both_have_the_same_the_page_says_so(nodes: Nodes) -> None:
    assert "代码表" not in shown(nodes)
    told(nodes)
    found = seen(nodes)
    assert (found.unlike, found.count, found.same_list) == ([], 0, True)
    page = shown(nodes)
    assert "代码表一致" in page
    assert "分流清单一致" in page


def test_what_differs_is_listed_and_an_unknown_code_has_the_name_of_its_node(nodes: Nodes) -> None:
    from liandong.intake.queries import rulebook

    code(nodes, "gov", "nature", "rumour", name="传言")
    code(nodes, "gov", "urgency", "ordinary", name="十万火急")
    code(nodes, "police", "level", "own", name="本地一级")
    code(nodes, "gov", "level", "old", name="旧级别", effective_to=date(2025, 1, 1))
    code(nodes, "gov", "only_there", "x", name="对方独有的表")
    with nodes.at("police"):
        ours = rulebook().label("urgency", "ordinary")
        assert rulebook().label("nature", "rumour") == "rumour"
    told(nodes)
    found = [(one.table, one.code, one.ours, one.theirs) for one in seen(nodes).unlike]
    assert found == [
        ("level", "own", "本地一级", ""),
        ("nature", "rumour", "", "传言"),
        ("urgency", "ordinary", ours, "十万火急"),
    ]
    page = shown(nodes)
    assert "代码差异（3）" in page
    assert "十万火急" in page
    with nodes.at("police"):
        assert rulebook().label("nature", "rumour") == "传言（对方代码 rumour）"
        assert rulebook().label("urgency", "ordinary") == ours
        assert rulebook().label("nature", "nobody_knows") == "nobody_knows"


def test_a_code_they_gave_up_keeps_its_name_and_a_version_that_comes_late_changes_nothing(nodes: Nodes) -> None:
    from liandong.intake.models import Code, ForeignCode
    from liandong.intake.queries import forget_rulebook, rulebook

    code(nodes, "gov", "nature", "rumour", name="传言")
    told(nodes)
    first = [one for one in nodes.carried if one.kind == "codes" and one.receiver == "police"][-1]
    nodes.clock.advance(hours=1)
    with nodes.at("gov"):
        Code.objects.filter(table="nature", code="rumour").delete()
        forget_rulebook()
    told(nodes)
    with nodes.at("police"):
        forget_rulebook()
        assert rulebook().label("nature", "rumour") == "传言（对方代码 rumour）"
        kept = ForeignCode.objects.get(node="gov", table="nature", code="rumour")
        assert kept.until is not None
    assert seen(nodes).unlike == []
    late = nodes.deliver(replace(first, id=f"{first.id[:-2]}aa"))
    with nodes.at("police"):
        late.refresh_from_db()
    assert late.state == "duplicate"
    assert seen(nodes).unlike == []


def test_a_version_that_comes_back_is_told_again(nodes: Nodes) -> None:
    told(nodes)
    code(nodes, "gov", "nature", "rumour", name="传言")
    nodes.clock.advance(minutes=1)
    told(nodes)
    with nodes.at("gov"):
        from liandong.intake.models import Code
        from liandong.intake.queries import forget_rulebook

        Code.objects.filter(table="nature", code="rumour").delete()
        forget_rulebook()
    nodes.clock.advance(minutes=1)
    assert told(nodes) == 2
    assert seen(nodes).unlike == []


def test_two_lists_are_told_apart_by_their_content(nodes: Nodes) -> None:
    from liandong.routing.models import ListItem
    from liandong.routing.queries import forget_lists

    with nodes.at("gov"):
        ListItem.objects.filter(code="P01").update(text="聚众赌博、放高利贷")
        forget_lists()
    told(nodes)
    found = seen(nodes)
    assert (found.same_list, found.own_list, found.list.label) == (False, "T-1 测试清单", "T-1 测试清单")
    page = shown(nodes)
    assert "分流清单不一致" in page
    assert found.list.version[:8] in page
    assert found.own_version[:8] in page
    assert found.own_version != found.list.version


def test_who_does_not_manage_the_peers_sees_none_of_it(nodes: Nodes) -> None:
    from liandong.peers.queries.tables import access_tables

    told(nodes)
    with nodes.at("police"), pytest.raises(NotAllowed):
        access_tables(HOTLINE, "gov")


def test_a_house_that_is_alone_tells_nobody(nodes: Nodes) -> None:
    from django.conf import settings

    from liandong.peers import actions

    with nodes.at("gov"):
        settings.NODE = ""
        assert actions.tell_tables() == 0
