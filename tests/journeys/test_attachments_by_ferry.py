"""Documents between two nodes over files alone: in parts, behind everything else, whole or not at all."""

from __future__ import annotations

import base64
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings

from liandong.intake.documents import PIECE
from liandong.kernel.errors import NotFound
from liandong.peers.channels.ferry import MESSAGES
from tests import files
from tests.cast import COUNTY, HOTLINE, POLICE
from tests.ferries import Ferries, assert_all_is_said_and_stored
from tests.journeys.papers import LARGE, NAME, add, content, shown, there, tries


def test_a_document_goes_over_files_alone_and_is_whole_and_seen_by_who_may(net: Ferries) -> None:
    order = net.order()
    net.offer(order)
    add(net, order)
    net.quiet()
    assert content(net, "police", order) == LARGE
    (made,) = there(net, "police", order)
    assert (made.name, made.about, made.party, made.node, made.by["name"]) == (
        NAME,
        "三单元门口",
        "12345",
        "gov",
        HOTLINE.name,
    )
    with pytest.raises(NotFound):
        content(net, "police", order, COUNTY)
    page = shown(net, "police", order)
    assert "已到" in page
    assert NAME in page
    assert "传输中" not in page
    said = b"".join(file.read_bytes() for file in net.files("police", "done"))
    assert NAME.encode() not in said
    assert base64.b64encode(LARGE[:300]) not in said
    assert net.files("police", "quarantine") == []
    assert_all_is_said_and_stored(net, order.matter.number)


def test_both_sides_add_and_each_has_what_the_other_added_once(net: Ferries) -> None:
    row = net.offer(net.order())
    net.quiet()
    net.step(row, "accept", POLICE)
    order, own = net.own_order("12345", row.matter.number), net.own_order("110", row.matter.number)
    add(net, own, files.PNG, by=POLICE, name="到场.png")
    add(net, order, files.PNG, name="来件.png")
    add(net, order, files.jpeg(), by=POLICE, name="现场.jpg")  # by the police, at the order of 12345
    net.quiet()
    for code in ("gov", "police"):
        assert [one.name for one in there(net, code, own)] == ["到场.png"]
        assert sorted(one.name for one in there(net, code, order)) == ["来件.png", "现场.jpg"]


def test_a_flipped_bit_on_the_way_costs_that_part_alone(net: Ferries) -> None:
    order = net.order()
    net.offer(order)
    net.quiet()
    add(net, order)
    spoilt: list[str] = []

    def flip(found: list[Path]) -> None:
        for file in found:
            if not spoilt and file.name.endswith(MESSAGES) and b"attachment" in file.read_bytes():
                raw = bytearray(file.read_bytes())
                raw[len(raw) // 2] ^= 1
                file.write_bytes(raw)
                spoilt.append(file.name)

    net.spoil = flip
    net.quiet()
    assert "传输中 4/5" in shown(net, "police", order)
    net.again()
    assert content(net, "police", order) == LARGE
    assert len([file for file in net.files("police", "quarantine") if file.name.endswith(MESSAGES)]) == 1
    assert tries(net) == [1, 1, 1, 1, 2]


def test_after_a_stop_half_way_only_what_is_missing_goes_again(net: Ferries) -> None:
    order = net.order()
    net.offer(order)
    net.quiet()
    add(net, order)

    def lose(found: list[Path]) -> None:
        """The gate dies with the third and the fifth part."""
        names = sorted(file.name for file in found if file.name.endswith(MESSAGES))
        for file in found:
            for name in (names[2:3], names[4:5]):
                if name and file.name.startswith(name[0].removesuffix(MESSAGES)):
                    file.unlink()

    net.turn("gov")
    net.spoil = lose
    net.gate()
    net.spoil = lambda found: None
    net.quiet()
    assert "传输中 3/5" in shown(net, "police", order)
    net.again()
    assert content(net, "police", order) == LARGE
    assert tries(net) == [1, 1, 1, 2, 2]
    with net.at("gov"):
        from liandong.peers.models import Outgoing

        assert not Outgoing.objects.filter(kind="attachment").exclude(raw=None).exists()


def test_no_part_goes_before_anything_else_that_waits(net: Ferries) -> None:
    order = net.order()
    net.offer(order)
    net.quiet()
    add(net, order)
    net.turn("gov")  # parts are under way
    net.gate()
    add(net, order, files.jpeg(os.urandom(9 * PIECE)), name="b.jpg")
    net.order(title="有人落水", urgency="danger")
    net.turn("gov")
    written = sorted(net.files("gov", "out"), key=lambda file: file.stat().st_mtime_ns)
    batches = [file.read_bytes() for file in written if file.name.endswith(MESSAGES)]
    kinds = [[orjson.loads(line)["type"].split(".")[2] for line in one.splitlines()] for one in batches]
    assert "attachment" not in kinds[0]
    assert orjson.loads(batches[0].splitlines()[0])["urgent"] is True
    assert all(one == ["attachment"] for one in kinds[1:])
    assert len(kinds) > 1


def test_parts_stop_for_a_danger_that_is_posted_between_them(net: Ferries) -> None:
    from liandong.peers.actions.keys import keyring
    from liandong.peers.actions.parts import give_parts
    from liandong.peers.actions.ways import Ways
    from tests import cast

    order = net.order()
    net.offer(order)
    net.quiet()
    add(net, order)
    with net.at("gov"):
        settings.KEYS, settings.PEER_KEYS = net.root / "gov" / "keys", net.root / "gov" / "peer-keys"
        cast.react()
        before = len(net.files("gov", "out"))
        ways = Ways("police", net.ways("gov"))
        real, calls = ways.behind, []

        def behind(envelopes: Any) -> bool:
            calls.append(len(envelopes))
            done = real(envelopes)
            net.order(title="有人落水", urgency="danger")
            cast.react()
            return done

        ways.behind = behind  # type: ignore[method-assign]
        assert give_parts("police", ways, keyring()) == 1
    assert calls == [1]
    assert len(net.files("gov", "out")) == before + 3
    net.quiet()
    assert content(net, "police", order) == LARGE


def test_what_is_taken_down_is_shown_no_more_at_the_other_node_nor_waited_for(net: Ferries) -> None:
    from liandong.intake import actions

    order = net.order()
    net.offer(order)
    net.quiet()
    made = add(net, order)
    other = add(net, order, files.jpeg(os.urandom(30 * PIECE)), name="b.jpg")
    unsent = add(net, order, files.PNG, name="c.png")
    with net.at("gov"):
        actions.take_down_document(by=HOTLINE, number=order.number, document=unsent.pk, why="传错了")
    net.turn("gov")
    net.gate()
    for one in (made, other):
        with net.at("gov"):
            actions.take_down_document(by=HOTLINE, number=order.number, document=one.pk, why="张三丰的身份证")
    net.quiet()
    page = shown(net, "police", order)
    assert NAME not in page
    assert "b.jpg" not in page
    assert "c.png" not in page
    assert "传输中" not in page
    assert_all_is_said_and_stored(net, order.matter.number)
    assert len(tries(net)) < 5 + 30
    made = add(net, order)  # the same bytes once more
    net.quiet()
    assert NAME in shown(net, "police", order)
    said = b"".join(file.read_bytes() for file in net.files("police", "done"))
    assert "张三丰的身份证".encode() not in said


def allow(size: int) -> int:
    """The largest document that the node takes; returns what it was."""
    from liandong.intake.models import Parameter
    from liandong.intake.queries import forget_rulebook

    rows = Parameter.objects.filter(name="document_bytes_max")
    before = int(rows.get().value)
    rows.update(value=size)
    forget_rulebook()
    return before


def states(net: Ferries) -> dict[str, int]:
    """What became of the parts that have come."""
    from liandong.peers.models import Incoming

    with net.at("police"):
        return dict(Counter(Incoming.objects.filter(kind="attachment").values_list("state", flat=True)))


def refused(net: Ferries) -> list[str]:
    from liandong.peers.queries import refused_there

    with net.at("gov"):
        return [row.refused for row in refused_there("police")]


def again(net: Ferries) -> None:
    """The sending side's duty desk sends again what is refused."""
    from liandong.peers import actions
    from liandong.peers.queries import refused_there
    from tests.cast import SUPERVISOR

    with net.at("gov"):
        manager = replace(SUPERVISOR, rights=SUPERVISOR.rights | {"peers.manage"})
        for row in refused_there("police"):
            actions.send_again(by=manager, outgoing=row.pk)


@pytest.mark.parametrize("mended", ["there", "here"])
def test_one_that_is_refused_is_one_line_and_holds_its_other_parts_until_it_is_mended(
    net: Ferries, mended: str
) -> None:
    from liandong.peers import actions
    from liandong.peers.actions.parts import IN_A_TURN
    from liandong.peers.attachments import UNDER_WAY
    from liandong.peers.queries import dead
    from liandong.peers.queries.desk import waiting_with
    from liandong.peers.queries.tallies import tallies
    from tests.cast import SUPERVISOR

    order = net.order()
    net.offer(order)
    net.quiet()
    with net.at("police"):
        before = allow(1000)
    large = files.jpeg(os.urandom(40 * PIECE))
    add(net, order, large)
    net.quiet()
    sent = len(tries(net))
    assert 8 <= sent <= UNDER_WAY + IN_A_TURN, "what had gone when it was heard of"
    assert states(net) == {"dead": 1, "waiting": sent - 1}
    assert refused(net) == ["document_too_large"]
    with net.at("police"):
        (line,) = dead()
        assert waiting_with([line]) == {line.part_of: sent - 1}
        assert tallies()["gov"]["dead"] == 1
        assert "waiting" not in tallies()["gov"]
    net.again()
    assert len(tries(net)) == sent
    if mended == "there":
        with net.at("police"):
            allow(before)
            manager = replace(SUPERVISOR, rights=SUPERVISOR.rights | {"peers.manage"})
            assert len(actions.try_all(by=manager, peer="gov", code="document_too_large")) == 1
    else:
        again(net)  # too early
        net.quiet()
        assert states(net) == {"dead": 1, "waiting": len(tries(net)) - 1}
        with net.at("police"):
            allow(before)
        again(net)
    net.quiet()
    assert content(net, "police", order) == large
    assert states(net).keys() <= {"applied", "duplicate"}
    assert refused(net) == []


def test_one_that_is_refused_and_then_taken_down_is_waited_for_no_more(net: Ferries) -> None:
    from liandong.intake import actions
    from liandong.peers.queries.desk import waiting_messages

    order = net.order()
    net.offer(order)
    net.quiet()
    with net.at("police"):
        allow(1000)
    made = add(net, order, files.jpeg(os.urandom(40 * PIECE)))
    other = add(net, order, files.jpeg(os.urandom(3 * PIECE)), name="b.jpg")
    net.quiet()
    found = states(net)
    assert found["dead"] == 2, "one of each document"
    assert sum(found.values()) == len(tries(net))
    with net.at("police"):
        assert waiting_messages() == [], "the dead ones speak for them"
    for one in (made, other):
        with net.at("gov"):
            actions.take_down_document(by=HOTLINE, number=order.number, document=one.pk, why="传错了")
    net.quiet()
    assert states(net) == {"dead": 2, "duplicate": found["waiting"], "applied": 2}
    assert "未接收" not in shown(net, "police", order)


def test_what_is_broken_here_is_never_sent(net: Ferries) -> None:
    from django.db import connection

    order = net.order()
    net.offer(order)
    net.quiet()
    made = add(net, order, files.PNG, name="a.png")
    with net.at("gov"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE intake_documentpiece DISABLE TRIGGER USER")
        cursor.execute("UPDATE intake_documentpiece SET sealed = sealed || 'x' WHERE document_id = %s", [made.pk])
        cursor.execute("ALTER TABLE intake_documentpiece ENABLE ALWAYS TRIGGER intake_documentpiece_append_only")
    net.quiet()
    assert tries(net) == []
    assert there(net, "police", order) == []
