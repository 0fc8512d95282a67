"""What a batch leaves that was taken at once is what the same messages leave when each is taken carefully."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from django.db import transaction

from tests.cast import HOTLINE, POLICE
from tests.nodes import Nodes, assert_custody_whole

# What is sealed with a key and a nonce of its own each time; whether it opens to the same is asked by `Nodes.told`.
SEALED = {"caller_name", "caller_phone", "caller_identity"}
BATCHES = (1, 3, 7, 100)


@pytest.fixture
def messages(nodes: Nodes) -> list[Any]:
    """All that gov has for police after days of silence: old matters that went on, new ones, a danger, urges."""
    old = [nodes.offer(nodes.order()) for _ in range(4)]
    nodes.quiet()
    nodes.step(old[0], "accept", POLICE)
    nodes.step(old[1], "accept", POLICE)
    nodes.step(old[1], "conclude", POLICE)
    nodes.step(old[2], "refuse", POLICE)
    nodes.cut = {frozenset(("gov", "police"))}
    nodes.note(old[0], "supplement", HOTLINE, text="请尽快回电。")
    nodes.step(old[1], "not_solved", HOTLINE)
    nodes.step(old[2], "offer_again", HOTLINE)
    for place in range(6):
        row = nodes.offer(nodes.order(title=f"第{place}件：聚众赌博"))
        nodes.note(row, "supplement", HOTLINE, text=f"补充{place}")
    nodes.pass_time(hours=3)
    nodes.offer(nodes.order(), "danger", signal="有人落水")
    nodes.cut = set()
    return [one for one in nodes._leaving("gov") if one.receiver == "police"]


def comes(nodes: Nodes, messages: Sequence[Any], limit: int, *, at_once: bool) -> dict[str, Any]:
    """Let police take them, in batches of `limit`, and undo it; returns what stood in its tables."""
    from liandong.peers import actions
    from liandong.peers.actions import settling

    with nodes.at("police"), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        if not at_once:
            patch.setattr(settling, "at_once", _never)
        else:
            patch.setattr(settling, "_settle", _watched(settling._settle))
        actions.keep_messages(messages=messages)
        while actions.settle_stored(limit=limit):
            pass
        found = tables()
        transaction.set_rollback(True)
    return found


def _never() -> Any:
    raise RuntimeError("each carefully")


def _watched(real: Any) -> Any:
    """The same, and what the transaction believes of rows that it holds is what stands in them."""
    from liandong.intake.actions.locks import HELD
    from liandong.intake.models import Custody, Matter
    from liandong.kernel.atonce import running

    def settle(*given: Any) -> Any:
        result = real(*given)
        together = running()
        if together is not None:
            together.write()
            for matter in {one.pk: one for one in together.known(HELD).values() if one is not None}.values():
                row = Matter.objects.get(pk=matter.pk)
                names = [field.attname for field in Matter._meta.concrete_fields]
                assert [getattr(matter, name) for name in names] == [getattr(row, name) for name in names]
            for key, segments in together.known("custody").items():
                going_on = Custody.objects.filter(matter=key, until__isnull=True).order_by("id")
                assert [one.pk for one in segments] == [one.pk for one in going_on]
        return result

    return settle


def tables() -> dict[str, Any]:
    """All of the story that stands here, by the names people use: a key differs each time."""
    from liandong.audit.models import Event, Unsealed
    from liandong.intake.models import Custody, Matter, MatterParty, Order
    from liandong.kernel.models import Fact
    from liandong.peers.models import Incoming
    from liandong.transfer.models import NoteRow, StepRow, Transfer

    for matter in Matter.objects.all():
        assert_custody_whole(matter)
    assert set(Event.objects.values_list("id", flat=True)) >= set(Unsealed.objects.values_list("event_id", flat=True))
    return {
        "matters": rows(Matter.objects.order_by("number")),
        "orders": rows(Order.objects.order_by("number")),
        "transfers": rows(Transfer.objects.order_by("number")),
        "steps": rows(StepRow.objects.order_by("transfer__number", "seq")),
        "notes": rows(NoteRow.objects.order_by("uid")),
        "custody": rows(Custody.objects.order_by("matter__number", "id")),
        "parties": rows(MatterParty.objects.order_by("matter__number", "party")),
        "trail": rows(Event.objects.order_by("subject", "id")),
        "facts": sorted(map(str, Fact.objects.values_list("kind", "payload", "next_try_at"))),
        "incoming": list(Incoming.objects.order_by("serial", "message").values_list("serial", "state", "waits_for")),
    }


def rows(found: Any) -> list[dict[str, Any]]:
    return [dict(_columns(one)) for one in found]


def _columns(row: Any) -> Iterator[tuple[str, Any]]:
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name in SEALED:
            continue
        value = getattr(row, field.name)
        if field.is_relation and value is not None:
            value = value.number
        yield field.name, bytes(value) if isinstance(value, memoryview) else value


def without_keys(found: dict[str, Any]) -> dict[str, Any]:
    """Without what is counted or drawn anew each time: the key of a note, the span of a trace."""
    anew = re.compile(r"'note': \d+|-[0-9a-f]{16}-01'")
    return {**found, "facts": sorted(anew.sub("", one) for one in found["facts"])}


def test_the_same_stands_there_whichever_way_and_in_whichever_batches(nodes: Nodes, messages: list[Any]) -> None:
    carefully = without_keys(comes(nodes, messages, 100, at_once=False))
    assert len(carefully["transfers"]) == 4 + 6 + 1
    assert {state for _, state, _ in carefully["incoming"]} == {"applied"}
    assert any(one["danger_at"] for one in carefully["matters"])
    assert any(one["silent_urges"] for one in carefully["transfers"])
    for limit in BATCHES:
        assert without_keys(comes(nodes, messages, limit, at_once=True)) == carefully


def test_so_it_does_when_they_come_in_any_order_and_twice(nodes: Nodes, messages: list[Any]) -> None:
    for seed in range(3):
        dice = Random(seed)
        again = [replace(one, id=f"{one.id[:-1]}x") for one in messages if dice.random() < 0.3]
        came = [*messages, *again]
        dice.shuffle(came)
        # Numbered as they come here, as a peer would that posted them in this order.
        came = [replace(one, serial=1000 + place) for place, one in enumerate(came)]
        carefully, at_once = (without_keys(comes(nodes, came, 9, at_once=way)) for way in (False, True))
        assert {state for _, state, _ in carefully["incoming"]} == {"applied", "duplicate"}
        assert at_once == carefully
