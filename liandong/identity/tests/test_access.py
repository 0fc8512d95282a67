"""Who sees which desk, and how long what the process keeps may be old."""

from __future__ import annotations

import pytest

from liandong.audit.by import By
from liandong.identity import queries
from liandong.identity.models import Desk, Post
from liandong.identity.rights import RIGHTS, not_for_systems, unknown
from liandong.identity.tests import cast
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.errors import NotAllowed, NotFound


def test_every_right_says_in_chinese_what_it_opens() -> None:
    for right in RIGHTS.values():
        assert right.code.count(".") == 1
        assert not right.label.isascii()
        assert not right.opens.isascii()


def test_what_asks_for_a_person_no_system_may_carry() -> None:
    assert not_for_systems(["order.read", "caller.reveal", "transfer.decide", "tokens.manage", "no.right"]) == [
        "caller.reveal", "transfer.decide", "tokens.manage", "no.right",
    ]  # fmt: skip
    assert unknown(["order.read", "order.fly"]) == ["order.fly"]


def codes(by: By) -> list[str]:
    return sorted(queries.access_desks(by).values_list("code", flat=True))


@pytest.mark.django_db
def test_a_desk_sees_itself_and_no_other() -> None:
    cast.city()
    agent = cast.by("agent", "agent", desk="hot")
    assert codes(agent) == ["hot"]
    assert queries.access_desk(agent, "hot").name == "测试市12345热线"
    with pytest.raises(NotFound):
        queries.access_desk(agent, "pol")


@pytest.mark.django_db
def test_who_sees_all_desks_and_who_sees_none() -> None:
    cast.city()
    assert codes(cast.by("admin", "admin")) == ["hot", "pol"]
    assert codes(cast.by("clerk", "clerk", unit="water")) == []
    with pytest.raises(NotFound):
        queries.access_desk(cast.by("admin2", "admin"), "nowhere")


@pytest.mark.django_db
def test_tokens_are_listed_only_to_who_manages_them() -> None:
    cast.city()
    with pytest.raises(NotAllowed):
        queries.access_tokens(cast.by("agent", "agent", desk="hot"))


@pytest.mark.django_db
def test_a_right_taken_away_is_gone_after_five_seconds() -> None:
    cast.city()
    agent = cast.person("agent", "agent", desk="hot")
    with running_on(VirtualClock(cast.MORNING)) as clock:
        assert isinstance(clock, VirtualClock)
        assert queries.by_person(agent).may("order.accept")
        # Another process takes it away: nothing tells this one.
        Post.objects.filter(code="agent").update(rights=["order.read"])
        clock.advance(seconds=4.9)
        assert queries.by_person(agent).may("order.accept")
        clock.advance(seconds=0.1)
        assert not queries.by_person(agent).may("order.accept")


@pytest.mark.django_db
def test_a_clock_set_back_does_not_keep_old_answers_alive() -> None:
    cast.city()
    with running_on(VirtualClock(cast.MORNING)):
        assert queries.desk("hot").name == "测试市12345热线"
    Desk.objects.filter(code="hot").update(name="改名后的热线")
    with running_on(VirtualClock(cast.MORNING.replace(hour=0))):
        assert queries.desk("hot").name == "改名后的热线"
