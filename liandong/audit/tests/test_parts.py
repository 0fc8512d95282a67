"""A part of the trail is verified by itself: a subject, a span of time; and a detail is shown without what it hides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from liandong.audit import catalogue, queries, verify
from liandong.audit.actions import verify_and_tell
from liandong.audit.by import By
from liandong.audit.catalogue import CatalogueError, Field, covered, describe, told
from liandong.audit.errors import SpanTooLong
from liandong.audit.findings import Wrong
from liandong.audit.models import Event
from liandong.audit.tests.written import forge, small_trail, write
from liandong.kernel import clock
from liandong.kernel.errors import NotAllowed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("known_kinds")]


def span() -> tuple[datetime, datetime]:
    return clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)


def test_an_untouched_subject_and_an_untouched_day_are_whole(clerk: By) -> None:
    written = small_trail(clerk)
    found = verify.verify_subject("b")
    assert (found.intact, found.events, found.waiting) == (True, len(written.b), 2)
    found = verify.verify_span(*span())
    assert (found.intact, found.events, found.subjects, found.seals) == (True, 7, 2, 2)
    assert verify.verify_subject("nobody").events == 0


@pytest.mark.parametrize(
    ("forged", "wrong"),
    [
        ("UPDATE audit_event SET body = body || ' ' WHERE id = {}", Wrong.BODY),
        ("UPDATE audit_event SET person = 8 WHERE id = {}", Wrong.COLUMNS),
        ("DELETE FROM audit_event WHERE id = {}", Wrong.LINK),
    ],
)
def test_what_was_changed_is_named_in_the_subject_and_in_the_span(clerk: By, forged: str, wrong: Wrong) -> None:
    written = small_trail(clerk)
    forge(forged.format(written.a[1]))
    subject, day = verify.verify_subject("a"), verify.verify_span(*span())
    broken = written.a[2] if wrong is Wrong.LINK else written.a[1]
    assert subject.first is not None
    assert (subject.first.id, subject.first.wrong) == (broken, wrong)
    assert day.first is not None
    assert day.first.id in (written.a[1], broken)
    assert verify.verify_subject("b").intact


def test_an_event_cut_off_the_end_is_found_by_the_seals_of_its_time(clerk: By) -> None:
    written = small_trail(clerk)
    forge(f"DELETE FROM audit_event WHERE id = {written.a[-1]}")
    assert verify.verify_subject("a").intact
    found = verify.verify_span(*span())
    assert found.first is not None
    assert (found.first.id, found.first.wrong) == (written.a[-1], Wrong.MISSING)


def test_an_event_that_is_in_no_seal_and_no_queue_is_found_both_ways(clerk: By) -> None:
    written = small_trail(clerk)
    forge(f"DELETE FROM audit_unsealed WHERE event_id = {written.b[-1]}")
    for found in (verify.verify_subject("b"), verify.verify_span(*span())):
        assert found.first is not None
        assert (found.first.id, found.first.wrong) == (written.b[-1], Wrong.UNQUEUED)


def test_a_changed_seal_is_found_by_the_subject_it_binds(clerk: By) -> None:
    small_trail(clerk)
    forge("UPDATE audit_seal SET root = hash WHERE number = 1")
    for found in (verify.verify_subject("a"), verify.verify_span(*span())):
        assert found.first is not None
        assert (found.first.table, found.first.id, found.first.wrong) == ("seal", 1, Wrong.SEAL_BODY)


def test_a_span_begins_in_the_middle_of_a_chain(clerk: By) -> None:
    small_trail(clerk)
    between = clock.now()
    write(clerk, "a", "甲四")
    found = verify.verify_span(between, between + timedelta(hours=1))
    assert (found.intact, found.events) == (True, 1)
    assert verify.verify_span(between - timedelta(days=9), between - timedelta(days=8)).events == 0


def test_a_span_with_more_than_a_page_waits_for_is_refused(clerk: By, monkeypatch: pytest.MonkeyPatch) -> None:
    small_trail(clerk)
    monkeypatch.setattr(verify, "MOST_IN_A_SPAN", 3)
    with pytest.raises(SpanTooLong, match="超过3条"):
        verify.verify_span(*span())


def test_a_verification_is_itself_in_the_trail_and_its_own_broken_chain_is_said(clerk: By, auditor: By) -> None:
    small_trail(clerk)
    with pytest.raises(NotAllowed):
        verify_and_tell(by=clerk, about="甲", subject="a", since=None, until=None)
    found, recorded = verify_and_tell(by=auditor, about="甲", subject="a", since=None, until=None)
    assert (found.intact, recorded) == (True, True)
    first = Event.objects.get(kind="trail.verified")
    assert first.subject == "person:9"
    verify_and_tell(by=auditor, about="甲", subject="a", since=None, until=None)
    forge(f"UPDATE audit_event SET hash = '\\x{bytes(first.hash).hex()}' WHERE id > {first.id}")
    found, recorded = verify_and_tell(by=auditor, about="本人", subject="person:9", since=None, until=None)
    assert (found.intact, recorded) == (False, False)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_moment_is_found_by_halving_the_key(clerk: By, count: int) -> None:
    for n in range(count):
        write(clerk, "a", str(n))
    events = list(Event.objects.order_by("id"))
    past, future = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    assert queries.first_since("audit_event", past) <= (events[0].id if events else 0)
    assert queries.first_since("audit_event", future) == (events[-1].id + 1 if events else 0)
    for event in events:
        first = next(one.id for one in events if one.at >= event.at)
        assert queries.first_since("audit_event", event.at) <= first


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("回访 13800138000", "回访 138********"),
        ("138-0013-8000", "138**********"),
        ("140902199001011234", "140***************"),
        ("14090219900101123X 本人", "140*************** 本人"),
        ("受理时间起 2026-03-01；文字 12 号楼", "受理时间起 2026-03-01；文字 12 号楼"),
        ("140900W2026030200000001X", "140900W2026030200000001X"),
        ("𠮷祥里3号", "𠮷祥里3号"),
    ],
)
def test_long_runs_of_digits_are_covered_and_dates_and_numbers_of_ours_are_not(typed: str, shown: str) -> None:
    assert covered(typed) == shown


def test_a_detail_is_shown_as_far_as_its_fields_say() -> None:
    detail = {"text": "王小明 13800138000", "verb": "answer", "order": "W1", "stranger": "密", "state": "answered"}
    shown = told("order.moved", detail)
    assert [name for name, _, _ in shown] == ["order", "verb", "state", "text", "stranger"]
    assert [text for _, _, text in shown] == ["W1", "答复", "已答复", "（15字，不在此显示）", "（1字，不在此显示）"]


def test_codes_in_a_list_are_called_by_their_names_too() -> None:
    shown = told("post.rights_changed", {"before": [], "after": ["a", "b"]}, lambda field, value: value.upper())
    assert [text for _, _, text in shown] == ["", "A、B"]


def test_every_field_of_every_kind_is_described_once() -> None:
    known = {field.code for field in catalogue.fields()}
    house = [kind for kind in catalogue.kinds() if not kind.code.startswith("thing.")]
    assert {name for kind in house for name in kind.fields} - known == set()
    assert {name for kind in house for name in kind.values} <= {name for kind in house for name in kind.fields}
    with pytest.raises(CatalogueError):
        describe(Field("order", "别的"))


def test_what_somebody_saw_is_told_by_the_end_of_the_code() -> None:
    assert {"caller.revealed", "phone.searched", "order.exported", "trail.exported"} <= set(catalogue.sightings())
    assert "order.moved" not in catalogue.sightings()


def test_pages_of_the_trail_lead_both_ways(clerk: By, auditor: By) -> None:
    ids = [write(clerk, "a", str(n)) for n in range(9)][::-1]
    first = queries.access_page(auditor, queries.Asked(), limit=4)
    second = queries.access_page(auditor, queries.Asked(), before=first.older, limit=4)
    third = queries.access_page(auditor, queries.Asked(), before=second.older, limit=4)
    assert [e.id for page in (first, second, third) for e in page.events] == ids
    assert (first.newer, third.older) == (None, None)
    back = queries.access_page(auditor, queries.Asked(), after=third.newer, limit=4)
    assert [e.id for e in back.events] == ids[4:8]
    with pytest.raises(NotAllowed):
        queries.access_page(clerk, queries.Asked())


def test_a_recorded_event_needs_no_index_on_its_moment(clerk: By, auditor: By) -> None:
    old = write(clerk, "a", "旧")
    asked = queries.Asked(since=clock.now() + timedelta(seconds=1))
    assert queries.access_page(auditor, asked).events == []
    asked = queries.Asked(until=clock.now() + timedelta(seconds=1), kinds=("thing.done",), people=(7,), subject="a")
    assert [event.id for event in queries.access_page(auditor, asked).events] == [old]
