"""Documents between two nodes, message by message: in any order, spoilt, or none that may be one."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from liandong.kernel.seals import sm3
from tests import files
from tests.journeys.papers import LARGE, add, changed, content, one_of, parts_of, shown, taken, there
from tests.nodes import Nodes


@pytest.fixture
def sent(nodes: Nodes) -> Any:
    """An order with a document that was handed over; the document has not gone yet."""
    order = nodes.order()
    nodes.offer(order)
    nodes.quiet()
    add(nodes, order)
    return order


def test_parts_come_in_any_order_and_twice_and_the_page_says_how_far_it_is(nodes: Nodes, sent: Any) -> None:
    parts = parts_of(nodes, sent)
    assert [one.data["part"] for one in parts] == [1, 2, 3, 4, 5]
    assert not any(one.urgent for one in parts)
    for number, part in enumerate((parts[4], parts[1], parts[1], parts[0])):
        assert taken(nodes, part) == ("applied", ""), number
    assert "传输中 3/5" in shown(nodes, "police", sent)
    assert there(nodes, "police", sent) == []
    again = replace(parts[0], id=f"{parts[0].id[:-2]}ab")
    assert taken(nodes, again) == ("duplicate", "")
    for part in (parts[3], parts[2]):
        assert taken(nodes, part) == ("applied", "")
    assert content(nodes, "police", sent) == LARGE
    assert taken(nodes, replace(parts[2], id=f"{parts[2].id[:-2]}ac")) == ("duplicate", "")
    with nodes.at("police"):
        from liandong.intake.models import ComingPiece
        from liandong.peers.models import Incoming

        assert ComingPiece.objects.count() == 0
        # What has taken effect stands in the documents; the journal keeps no second copy.
        assert max(len(row.document) for row in Incoming.objects.filter(kind="attachment")) < 2000


def test_parts_that_are_here_before_the_order_wait_for_it(nodes: Nodes) -> None:
    from liandong.peers import actions
    from liandong.peers.queries import message_of, unstored
    from tests import cast

    order = nodes.order()
    nodes.offer(order)
    add(nodes, order, files.PNG, name="a.png")
    with nodes.at("gov"):
        cast.react()
        actions.number_waiting(peer="police")
        actions.top_up(peer="police")
        messages = {row.kind: message_of(row) for row in unstored("police")}
    assert taken(nodes, messages["attachment"]) == ("waiting", "")
    nodes.deliver(messages["matter"])
    assert [one.name for one in there(nodes, "police", order)] == ["a.png"]


def test_one_part_with_other_bytes_is_refused_the_others_stay_and_it_comes_again(nodes: Nodes, sent: Any) -> None:
    parts = parts_of(nodes, sent)
    raw = bytearray(base64.b64decode(parts[2].data["bytes"]))
    raw[1000] ^= 1
    flipped = changed(parts[2], "f1", bytes=base64.b64encode(raw).decode())
    for part in (parts[0], parts[1]):
        taken(nodes, part)
    assert taken(nodes, flipped) == ("dead", "document_part_wrong")
    assert taken(nodes, changed(parts[2], "f9", name="b.jpg")) == ("dead", "document_announced_otherwise")
    taken(nodes, replace(flipped, id=f"{flipped.id[:-2]}f8"))
    page = shown(nodes, "police", sent)
    assert "未接收" in page
    assert "请对方重新发送这一部分" in page
    for part in parts[2:]:
        assert taken(nodes, part) == ("applied", "")
    assert content(nodes, "police", sent) == LARGE


def test_what_is_not_as_announced_when_all_is_here_is_not_kept_and_a_better_part_mends_it(
    nodes: Nodes, sent: Any
) -> None:
    parts = parts_of(nodes, sent)
    raw = bytearray(base64.b64decode(parts[0].data["bytes"]))
    raw[1000] ^= 1
    # Changed by who signs it: the part is as it is said to be, and the whole is not.
    other = changed(parts[0], "f2", bytes=base64.b64encode(raw).decode(), part_digest=sm3(bytes(raw)).hex())
    for part in (other, *parts[1:4]):
        assert taken(nodes, part) == ("applied", "")
    assert taken(nodes, parts[4]) == ("dead", "document_differs")
    assert there(nodes, "police", sent) == []
    assert "未接收" in shown(nodes, "police", sent)
    assert taken(nodes, parts[0]) == ("applied", "")
    assert taken(nodes, replace(parts[4], id=f"{parts[4].id[:-2]}f3")) == ("applied", "")
    assert content(nodes, "police", sent) == LARGE


def test_what_may_be_no_document_is_refused_with_its_reason_and_leaves_nothing(nodes: Nodes, sent: Any) -> None:
    from liandong.intake.models import Document, Parameter
    from liandong.intake.queries import forget_rulebook

    first = parts_of(nodes, sent)[0]
    for name, message, code in (
        ("b1", one_of(first, "b1", files.PROGRAM), "document_unfit"),
        ("b2", one_of(first, "b2", b"<html><script>1</script>"), "document_unfit"),
        ("b3", one_of(first, "b3", files.PNG, name="../../etc/passwd.png"), "document_unfit"),
        ("b4", one_of(first, "b4", files.PNG, name="..\\a.png"), "document_unfit"),
        ("b5", one_of(first, "b5", files.jpeg(b"x"), media_type="image/png"), "document_unfit"),  # it is sniffed
        ("b6", one_of(first, "b6", files.PNG, sha256="0" * 64), "document_differs"),
        ("b7", one_of(first, "b7", files.PNG, size=len(files.PNG) + 1), "document_part_wrong"),
        ("b8", one_of(first, "b8", files.PNG, parts=2), "document_part_wrong"),
        ("b9", one_of(first, "b9", files.PNG, part=2), "document_part_wrong"),
        ("ba", one_of(first, "ba", files.PNG, size=2**31 - 1), "document_too_large"),
        ("bb", one_of(first, "bb", files.PNG, desk="110"), "not_its_desk"),
        ("bc", one_of(first, "bc", files.PNG, linkage_number="140900L2026030200000999Z"), "invalid"),
    ):
        assert taken(nodes, message) == ("dead", code), name
    with nodes.at("police"):
        Parameter.objects.filter(name="document_bytes_max").update(value=len(files.PNG) - 1)
        forget_rulebook()
        assert taken(nodes, one_of(first, "bd", files.PNG)) == ("dead", "document_too_large")
        assert Document.objects.count() == 0


def test_an_empty_document_is_no_message_at_all(nodes: Nodes, sent: Any) -> None:
    from liandong.kernel.schemas import Schema

    empty = one_of(parts_of(nodes, sent)[0], "e0", b"")
    assert [one.field for one in Schema.load("liandong.peers", "attachment").check(empty.data)] == ["/bytes", "/size"]
