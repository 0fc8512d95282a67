"""Which database a run writes to: one of its own that is dropped afterwards, or the current one when asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from config.citypack import load_city
from liandong.identity import queries as identity
from liandong.intake.queries import forget_rulebook
from liandong.kernel.errors import LiandongError
from liandong.routing.queries import forget_lists


class DatabaseRefused(LiandongError):
    code = "database_refused"
    message = "当前为正式库：模拟默认不写入。确需写入请加 --database current。"


def check_choice(choice: str | None, *, live: bool) -> str:
    """`scratch` or `current`. Raises DatabaseRefused where a run would silently write into a city's own database."""
    if choice is not None:
        return choice
    if not settings.TRY_MODE:
        raise DatabaseRefused
    return "current" if live else "scratch"


@contextmanager
def scratch(city: str, *, keep: bool = False) -> Iterator[str]:
    """Make an empty database beside the current one, load the city, and drop it at the end. Yields its name.

    Its commits do not wait for the disk: what a crash would lose is thrown away anyhow.
    """
    given = dict(connection.settings_dict)
    name = f"{given['NAME']}_sim_{os.getpid()}"[-63:]
    _outside(given, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    _outside(given, sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
    try:
        _point_to(name)
        call_command("migrate", verbosity=0, interactive=False)
        load_city(city)
        _forget()
        yield name
    finally:
        _point_to(str(given["NAME"]))
        _forget()
        if not keep:
            _outside(given, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _point_to(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name


def _forget() -> None:
    """What this process keeps of one database is not true of another."""
    identity.forget()
    forget_rulebook()
    forget_lists()


def _outside(given: dict[str, object], statement: sql.Composed) -> None:
    """CREATE and DROP DATABASE cannot run in a transaction, nor in the database they are about."""
    with psycopg.connect(
        dbname=str(given["NAME"]),
        user=str(given["USER"]) or None,
        password=str(given["PASSWORD"]) or None,
        host=str(given["HOST"]) or None,
        port=str(given["PORT"]) or None,
        autocommit=True,
    ) as outside:
        outside.execute(statement)
