"""Accepting: one or many, once however often it is sent, all or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from liandong.audit.models import Event
from liandong.intake.accepting import Incoming, Key
from liandong.intake.actions import accept_order, accept_orders
from liandong.intake.errors import CodeUnknown, DuplicateExternal, KeyReused
from liandong.intake.models import AcceptedKey, Custody, Matter, Order, OrderStep
from liandong.intake.numbering import LINKAGE, POLICE, WORK, read
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Invalid, NotAllowed
from liandong.kernel.models import Fact
from tests.cast import AUDITOR, HOTLINE, assert_whole, new_order
from tests.cast import POLICE as POLICE_DESK

pytestmark = pytest.mark.usefixtures("city")


def one(**given: object) -> Incoming:
    return Incoming(**{"kind": "work", "title": "路灯不亮", "content": "新建路路灯不亮", **given})  # type: ignore[arg-type]


def key(name: str, body: bytes = b"a" * 32) -> Key:
    return Key(system="卫健热线", key=name, body_hash=body)


def counts() -> list[int]:
    models = (Matter, Order, Custody, OrderStep, AcceptedKey)
    return [*(model._default_manager.count() for model in models), Event.objects.count(), Fact.objects.count()]


def test_one_order_brings_its_matter_custody_history_trail_and_fact(city: VirtualClock) -> None:
    before = counts()
    order = new_order()
    assert [now - was for now, was in zip(counts(), before, strict=True)] == [1, 1, 1, 1, 0, 1, 1]
    assert (order.state, order.desk, order.matter.first_desk) == ("received", "12345", "12345")
    assert (read(order.number, WORK), read(order.matter.number, LINKAGE)) == (order.number, order.matter.number)
    assert order.answer_by == order.due_at
    assert order.received_at == city.now()
    assert list(order.steps.values_list("verb", flat=True)) == ["receive"]
    assert_whole(order.matter)


def test_the_police_write_police_orders_and_the_hotline_work_orders() -> None:
    assert read(new_order(POLICE_DESK).number, POLICE)
    for by, kind in ((HOTLINE, "police"), (POLICE_DESK, "work")):
        with pytest.raises(Invalid) as why:
            accept_order(by=by, incoming=one(kind=kind))
        assert why.value.field == "/kind"


def test_the_same_message_again_gets_the_same_answer_and_changes_nothing() -> None:
    first = accept_order(by=HOTLINE, incoming=one(), key=key("k1"))
    before = counts()
    for _ in range(3):
        (again,) = accept_orders(by=HOTLINE, incoming=[one()], keys=[key("k1")])
        assert (again.answer, again.replayed) == (first, True)
    assert counts() == before


def test_the_same_key_with_another_body_is_refused() -> None:
    accept_order(by=HOTLINE, incoming=one(), key=key("k1"))
    before = counts()
    with pytest.raises(KeyReused):
        accept_order(by=HOTLINE, incoming=one(title="另一件"), key=key("k1", b"b" * 32))
    assert counts() == before


def test_one_key_twice_in_a_batch_makes_one_order() -> None:
    asked = [one(), one(), one(title="另一件")]
    found = accept_orders(by=HOTLINE, incoming=asked, keys=[key("k1"), key("k1"), key("k1", b"b" * 32)])
    assert Order.objects.count() == 1
    answers = [outcome.answer.get("order_number") for outcome in found]
    assert answers == [Order.objects.get().number] * 2 + [None]
    assert [outcome.replayed for outcome in found] == [False, True, False]
    assert isinstance(found[2].error, KeyReused)


def test_a_number_of_the_sender_is_accepted_once_and_the_refusal_names_the_order() -> None:
    first = accept_order(by=HOTLINE, incoming=one(external_id="A-1"), key=Key(system="卫健热线"))
    with pytest.raises(DuplicateExternal) as why:
        accept_order(by=HOTLINE, incoming=one(external_id="A-1"), key=Key(system="卫健热线"))
    assert why.value.extra["order_number"] == first["order_number"]
    assert why.value.extra["linkage_number"] == first["linkage_number"]
    accept_order(by=HOTLINE, incoming=one(external_id="A-1"), key=Key(system="另一系统"))
    assert Order.objects.count() == 2


def test_a_number_of_the_sender_twice_in_one_batch_is_said_so() -> None:
    with pytest.raises(DuplicateExternal):
        accept_orders(
            by=HOTLINE, incoming=[one(external_id="A-1"), one(external_id="A-1")], keys=[Key(system="卫健热线")] * 2
        )
    assert Order.objects.count() == 0


def test_a_row_that_fails_leaves_nothing_of_its_batch() -> None:
    accept_order(by=HOTLINE, incoming=one(external_id="A-1"), key=Key(system="卫健热线"))
    before = counts()
    asked = [one(), one(external_id="A-2"), one(external_id="A-1")]
    with pytest.raises(DuplicateExternal):
        accept_orders(by=HOTLINE, incoming=asked, keys=[key("k1"), Key(system="卫健热线"), Key(system="卫健热线")])
    assert counts() == before


def test_a_hundred_in_one_statement_each_have_their_own_numbers_and_matter() -> None:
    asked = [one(title=f"第{n}件") for n in range(100)]
    found = accept_orders(by=HOTLINE, incoming=asked, keys=[Key(system="")] * 100)
    assert len({outcome.answer["order_number"] for outcome in found}) == 100
    titles = [Order.objects.get(number=outcome.answer["order_number"]).title for outcome in found]
    assert titles == [f"第{n}件" for n in range(100)]
    assert Custody.objects.filter(role="lead", until=None).count() == 100


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("/nature", {"nature": "gossip"}),
        ("/channel", {"channel": "pigeon"}),
        ("/urgency", {"urgency": "very"}),
        ("/police/level", {"level": "five"}),
    ],
)
def test_a_code_the_table_does_not_know_is_refused_at_its_field(field: str, given: dict[str, str]) -> None:
    with pytest.raises(CodeUnknown) as why:
        accept_order(by=HOTLINE, incoming=one(**given))
    assert why.value.field == field


def test_a_moment_in_the_future_is_an_error_and_a_little_skew_is_not(city: VirtualClock) -> None:
    accept_order(by=HOTLINE, incoming=one(received_at=city.now() + timedelta(minutes=5)))
    for field in ("received_at", "occurred_at"):
        with pytest.raises(Invalid) as why:
            accept_order(by=HOTLINE, incoming=one(**{field: city.now() + timedelta(minutes=6)}))
        assert why.value.field == f"/{field}"


def test_who_may_not_accept_is_told_so() -> None:
    with pytest.raises(NotAllowed):
        accept_order(by=AUDITOR, incoming=one())


@pytest.mark.parametrize("text", ["𠮷野家门口", "🔥着火了🔥", "O'Brien \\ \" ; DROP TABLE --", "a" * 100, "\u200b‮rtl"])
def test_whatever_people_write_is_kept_as_it_was(text: str) -> None:
    order = new_order(title=text, content=text * 3)
    assert (order.title, order.content) == (text, text * 3)
