"""The people of the tests: a city with two desks and a unit, and somebody in each post."""

from __future__ import annotations

from datetime import UTC, datetime

from liandong.audit.by import By
from liandong.identity.models import Desk, Division, Person, Post, Unit
from liandong.identity.queries import by_person

MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PASSWORD = "grey heron at dawn"


def city() -> None:
    """Division 990000 with the desks `hot` and `pol`, the unit `water`, and the posts."""
    division = Division.objects.create(code="990000", name="测试市", short="测试", kind="city", source="测试")
    Desk.objects.create(code="hot", name="测试市12345热线", kind=Desk.Kind.CITY_12345, division=division)
    Desk.objects.create(code="pol", name="测试市110", kind=Desk.Kind.CITY_110, division=division)
    Unit.objects.create(code="water", name="供水公司", kind="utility", division=division, source="测试")
    Post.objects.create(code="agent", name="话务员", rights=["order.accept", "order.read"])
    Post.objects.create(code="clerk", name="承办人", rights=["order.read"])
    Post.objects.create(code="keeper", name="本台管理员", rights=["people.manage", "tokens.manage"])
    Post.objects.create(
        code="admin", name="市管理员", rights=["codes.manage", "desk.all", "people.manage", "tokens.manage"]
    )


def person(
    username: str, post: str, *, desk: str | None = None, unit: str | None = None, first: bool = False
) -> Person:
    """Somebody with the password PASSWORD; `first`: who still has to change it."""
    made = Person(
        username=username,
        name=f"测试{username}",
        post_id=post,
        desk_id=desk,
        unit_id=unit,
        since=MORNING,
        must_change_password=first,
    )
    made.set_password(PASSWORD)
    made.save()
    return made


def by(username: str, post: str, *, desk: str | None = None, unit: str | None = None) -> By:
    """The same as an actor."""
    return by_person(person(username, post, desk=desk, unit=unit))
