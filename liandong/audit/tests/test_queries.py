"""Reading the trail is for auditors."""

from __future__ import annotations

import pytest
from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.audit.queries import access_events, access_sightings
from liandong.audit.tests.written import DONE, SEEN, small_trail
from liandong.kernel.errors import NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_kinds")]


def test_without_the_right_nothing_is_read(clerk: By) -> None:
    with pytest.raises(NotAllowed):
        access_events(clerk)
    with pytest.raises(NotAllowed):
        access_sightings(clerk, "a")


def test_an_auditor_turns_the_pages_from_new_to_old(clerk: By, auditor: By) -> None:
    written = small_trail(clerk)
    everything = sorted(written.a + written.b, reverse=True)

    first = access_events(auditor, limit=3)
    second = access_events(auditor, limit=3, before=first[-1].id)

    assert [event.id for event in first + second] == everything[:6]


def test_the_trail_can_be_asked_by_subject_person_and_kind(clerk: By, auditor: By) -> None:
    written = small_trail(clerk)

    assert {event.id for event in access_events(auditor, subject="a", person=7, kind=DONE.code)} == set(written.a)
    assert access_events(auditor, person=8) == []


def test_who_saw_a_subject_is_told_apart_from_who_did_something(clerk: By, auditor: By) -> None:
    small_trail(clerk)
    with transaction.atomic():
        seen = record(SEEN.code, by=auditor, subject="a")
        record(SEEN.code, by=auditor, subject="b")

    assert [(event.id, event.person) for event in access_sightings(auditor, "a")] == [(seen.id, 9)]
    assert access_sightings(auditor, "a", before=seen.id) == []
