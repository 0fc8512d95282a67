"""Drafts on the database: kept, taken up again, gone when accepted, thrown away or left lying."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.identity.models import Person
from liandong.intake.accepting import Incoming, Key
from liandong.intake.callers import Caller
from liandong.intake.models import Order, OrderLink
from liandong.kernel.clock import VirtualClock
from liandong.kernel.errors import Invalid, NotAllowed, NotFound
from liandong.transfer.actions import accept_call, discard_draft, keep_draft, urge_by_call
from liandong.transfer.drafts import DraftTooLong
from liandong.transfer.errors import DraftAccepted, DraftMoved
from liandong.transfer.queries import accepted_with, access_draft, count_drafts, drafts_of, form_system
from tests.cast import AUDITOR, HOTLINE, HOTLINE_TAKER, POLICE, new_order, run_clocks

pytestmark = pytest.mark.django_db

KEY, OTHER = "a" * 32, "b" * 32
SAID = {"content": "王小明来电，路灯不亮", "caller_phone": "13800138000", "address": "和平小区"}


def with_account(by: By, username: str) -> By:
    person = Person.objects.create(
        username=username, name=by.name, post_id=by.post, desk_id=by.desk, since="2026-01-01T00:00:00Z"
    )
    return replace(by, person=person.pk)


@pytest.fixture
def writer(city: VirtualClock) -> By:
    return with_account(HOTLINE_TAKER, "writer")


def key_of(by: By, key: str = KEY) -> Key:
    return Key(form_system(by), key, b"\0" * 32)


def incoming() -> Incoming:
    return Incoming(kind="work", title="路灯不亮", content="路灯不亮", caller=Caller(phone="13800138000"))


def test_what_was_kept_comes_back_word_for_word(writer: By) -> None:
    assert keep_draft(by=writer, key=KEY, said=SAID).version == 1
    assert keep_draft(by=writer, key=KEY, said={**SAID, "title": "路灯"}, version=1).version == 2
    found = access_draft(writer, KEY)
    assert found is not None
    assert found.said == {**SAID, "title": "路灯"}
    assert (found.title, found.version) == ("路灯", 2)
    assert count_drafts(writer) == 1


def test_nothing_personal_stands_in_the_database_in_clear(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed, transfer_draft::text FROM transfer_draft")
        sealed, row = cursor.fetchone()
    for word in ("13800138000", "王小明", "和平小区"):
        assert word.encode() not in bytes(sealed)
        assert word not in row
        assert word.encode().hex() not in row


def test_two_forms_are_two_drafts_the_last_kept_first(writer: By, city: VirtualClock) -> None:
    keep_draft(by=writer, key=KEY, said={"content": "第一件"})
    city.move_to(city.now() + timedelta(minutes=1))
    keep_draft(by=writer, key=OTHER, said={"content": "第二件"})
    assert [draft.title for draft in drafts_of(writer)] == ["第二件", "第一件"]


def test_a_draft_is_its_writers_alone(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    colleague = with_account(HOTLINE, "colleague")
    assert access_draft(colleague, KEY) is None
    assert drafts_of(colleague) == []
    discard_draft(by=colleague, key=KEY)
    assert access_draft(writer, KEY) is not None


def test_two_windows_on_one_draft_notice_each_other(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said={"content": "原样"})
    keep_draft(by=writer, key=KEY, said={"content": "窗口一"}, version=1)
    with pytest.raises(DraftMoved):
        keep_draft(by=writer, key=KEY, said={"content": "窗口二"}, version=1)
    found = access_draft(writer, KEY)
    assert found is not None
    assert found.said["content"] == "窗口一"


def test_the_last_words_of_a_page_that_come_late_are_no_other_window(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    assert keep_draft(by=writer, key=KEY, said=SAID).version == 1
    with pytest.raises(DraftMoved) as moved:
        keep_draft(by=writer, key=KEY, said={"content": "别的"})
    assert moved.value.extra == {"version": 1, "said": SAID}


def test_an_emptied_form_is_no_draft_any_more(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    assert keep_draft(by=writer, key=KEY, said={"nature": "help"}, version=1).version == 0
    assert count_drafts(writer) == 0


@pytest.mark.parametrize("key", ["", "short", "A" * 32, "a" * 33, "../../../etc"])
def test_a_key_that_is_no_key_is_refused(writer: By, key: str) -> None:
    with pytest.raises(Invalid):
        keep_draft(by=writer, key=key, said=SAID)


def test_far_too_long_a_text_is_refused_and_the_draft_before_stays(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    with pytest.raises(DraftTooLong):
        keep_draft(by=writer, key=KEY, said={"content": "长" * 70_000}, version=1)
    assert access_draft(writer, KEY) is not None


def test_only_who_takes_calls_keeps_drafts(city: VirtualClock) -> None:
    with pytest.raises(NotAllowed):
        keep_draft(by=with_account(AUDITOR, "auditor"), key=KEY, said=SAID)


def test_an_accepted_draft_is_gone_and_never_comes_back(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    answer = accept_call(by=writer, incoming=incoming(), key=key_of(writer))
    assert count_drafts(writer) == 0
    with pytest.raises(DraftAccepted) as late:
        keep_draft(by=writer, key=KEY, said=SAID, version=1)
    assert late.value.extra == {"order_number": answer["order_number"]}
    assert accepted_with(writer, KEY) == answer["order_number"]
    assert count_drafts(writer) == 0


def test_a_repeat_is_linked_in_the_same_act_and_an_unknown_one_leaves_nothing(writer: By) -> None:
    first = new_order()
    accept_call(by=writer, incoming=incoming(), key=key_of(writer), repeats=first.number)
    link = OrderLink.objects.get()
    assert (link.other_id, link.relation) == (first.pk, "repeat")
    keep_draft(by=writer, key=OTHER, said=SAID)
    theirs = new_order(POLICE)
    with pytest.raises(NotFound):
        accept_call(by=writer, incoming=incoming(), key=key_of(writer, OTHER), repeats=theirs.number)
    assert Order.objects.count() == 3
    assert count_drafts(writer) == 1


def test_an_urge_by_call_makes_no_order_and_counts_once(writer: By) -> None:
    order = new_order()
    keep_draft(by=writer, key=KEY, said=SAID)
    for _ in range(2):
        assert urge_by_call(by=writer, number=order.number, text="还没人来", key=key_of(writer)) == order.number
    order.refresh_from_db()
    assert order.urges == 1
    assert Order.objects.count() == 1
    assert count_drafts(writer) == 0


def test_throwing_a_draft_away_is_in_the_trail_without_a_word_of_it(writer: By) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    discard_draft(by=writer, key=KEY)
    discard_draft(by=writer, key=KEY)
    event = Event.objects.get(kind="draft.discarded")
    assert "writer" in event.body
    assert "13800138000" not in event.body
    assert "路灯" not in event.body


def test_a_draft_nobody_comes_back_to_is_cleared_by_the_clock(writer: By, city: VirtualClock) -> None:
    keep_draft(by=writer, key=KEY, said=SAID)
    run_clocks(city, days=6, hours=23)
    assert count_drafts(writer) == 1
    keep_draft(by=writer, key=KEY, said={**SAID, "title": "又写"}, version=1)
    run_clocks(city, days=2)
    assert count_drafts(writer) == 1, "who goes on writing keeps the draft"
    run_clocks(city, days=5, minutes=1)
    assert count_drafts(writer) == 0
    assert '"clock"' in Event.objects.get(kind="draft.discarded").body
