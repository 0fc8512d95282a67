"""What must hold before the house opens (`manage check --deploy`, and every start of the server with a database)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from liandong.identity.models import Person


@register(Tags.database)
def no_demo_people_in_a_city(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Demo people have a password everybody knows, so outside the try mode none may be active (identity.E001)."""
    if settings.TRY_MODE or not databases or Person._meta.db_table not in connection.introspection.table_names():
        return []
    active = list(
        Person.objects.filter(demo=True, is_active=True).order_by("username").values_list("username", flat=True)
    )
    if not active:
        return []
    return [
        Error(
            f"正式环境中有{len(active)}个演示账号仍可登录：{'、'.join(active[:5])}",
            hint="停用这些账号后再启动；演示账号只能用于试用模式。",
            id="identity.E001",
        )
    ]
