"""Tokens of other systems: shown once, kept as a digest, dead within five seconds of their revocation."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liandong.audit.models import Event
from liandong.identity import actions, queries, tokens
from liandong.identity.errors import TokenExpired, TokenUnknown
from liandong.identity.models import SystemToken
from liandong.identity.tests import cast
from liandong.kernel.clock import VirtualClock, now, running_on
from liandong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city() -> None:
    cast.city()


def issue(days: int = 30) -> str:
    admin = cast.by("admin", "admin")
    return actions.issue_token(by=admin, name="热线系统", desk="hot", rights=["order.accept"], days=days)


def test_a_token_speaks_for_its_desk_with_its_rights() -> None:
    seen = queries.token(issue())
    assert (seen.name, seen.desk, seen.rights) == ("热线系统", "hot", frozenset({"order.accept"}))
    assert seen.by.desk == "hot"
    assert seen.by.may("order.accept")
    assert not seen.by.may("order.read")


def test_the_text_of_a_token_is_kept_nowhere() -> None:
    raw = issue()
    row = SystemToken.objects.get()
    assert bytes(row.digest) == tokens.digest(raw)
    assert all(raw not in body for body in Event.objects.values_list("body", flat=True))


def test_a_mistyped_token_is_refused_without_asking_the_database() -> None:
    raw = issue()
    wrong = raw[:10] + ("A" if raw[10] != "A" else "B") + raw[11:]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for text in (wrong, raw[:-1], "", "Bearer", raw + "\n"):
            with pytest.raises(TokenUnknown):
                queries.token(text)
    assert len(asked) == 0


def test_a_well_formed_token_nobody_issued_is_unknown() -> None:
    with pytest.raises(TokenUnknown):
        queries.token(tokens.make())


def test_the_database_is_asked_once_in_five_seconds() -> None:
    with running_on(VirtualClock(cast.MORNING)) as clock:
        assert isinstance(clock, VirtualClock)
        raw = issue()
        with CaptureQueriesContext(connection) as asked:
            for _ in range(50):
                queries.token(raw)
            assert queries.kept_token(raw) is not None
        assert len(asked) == 1
        clock.advance(seconds=5)
        assert queries.kept_token(raw) is None
        with CaptureQueriesContext(connection) as asked:
            queries.token(raw)
        assert len(asked) == 1


def test_a_token_revoked_by_another_process_is_dead_after_five_seconds() -> None:
    with running_on(VirtualClock(cast.MORNING)) as clock:
        assert isinstance(clock, VirtualClock)
        raw = issue()
        queries.token(raw)
        SystemToken.objects.update(revoked_at=now())
        clock.advance(seconds=4.9)
        assert queries.token(raw).desk == "hot"
        clock.advance(seconds=0.1)
        with pytest.raises(TokenUnknown):
            queries.token(raw)


def test_a_token_revoked_here_is_dead_at_once() -> None:
    raw = issue()
    queries.token(raw)
    actions.revoke_token(by=cast.by("admin2", "admin"), token=SystemToken.objects.get().pk)
    with pytest.raises(TokenUnknown):
        queries.token(raw)


def test_a_token_runs_out_to_the_second_even_while_it_is_kept() -> None:
    with running_on(VirtualClock(cast.MORNING)) as clock:
        assert isinstance(clock, VirtualClock)
        raw = issue(days=1)
        clock.advance(days=1, seconds=-1)
        queries.token(raw)
        clock.advance(seconds=1)
        with pytest.raises(TokenExpired):
            queries.kept_token(raw)


@pytest.mark.parametrize(
    ("rights", "days", "name"),
    [
        (["caller.reveal"], 30, "热线系统"),
        (["order.fly"], 30, "热线系统"),
        ([], 30, "热线系统"),
        (["order.read"], 0, "热线系统"),
        (["order.read"], actions.LONGEST_TOKEN_DAYS + 1, "热线系统"),
        (["order.read"], 30, " "),
    ],
)
def test_a_token_nobody_should_have_is_not_issued(rights: list[str], days: int, name: str) -> None:
    with pytest.raises(Invalid):
        actions.issue_token(by=cast.by("admin", "admin"), name=name, desk="hot", rights=rights, days=days)
    assert not SystemToken.objects.exists()


def test_tokens_are_managed_with_the_right_and_for_the_own_desk_only() -> None:
    issue()
    token = SystemToken.objects.get().pk
    with pytest.raises(NotAllowed):
        actions.issue_token(
            by=cast.by("agent", "agent", desk="hot"), name="x", desk="hot", rights=["order.read"], days=1
        )
    keeper = cast.by("keeper", "keeper", desk="pol")
    with pytest.raises(NotFound):
        actions.issue_token(by=keeper, name="x", desk="hot", rights=["order.read"], days=1)
    with pytest.raises(NotFound):
        actions.revoke_token(by=keeper, token=token)


def test_a_token_is_revoked_once() -> None:
    issue()
    by, token = cast.by("admin2", "admin"), SystemToken.objects.get().pk
    actions.revoke_token(by=by, token=token)
    with pytest.raises(Conflict):
        actions.revoke_token(by=by, token=token)
    assert Event.objects.filter(kind="token.revoked").count() == 1
