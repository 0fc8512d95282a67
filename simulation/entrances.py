"""Which way in a run was asked to take."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module

from liandong.audit.by import By
from liandong.identity import actions as identity
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.errors import Invalid
from simulation.entrance import ByAction, ByApi, Entrance, into_app, over_http
from simulation.people import read_cast

IN_PROCESS = "app"
RIGHTS = ("order.read", "order.accept", "order.handle", "order.close", "transfer.offer", "transfer.act", "note.add")
VALID_DAYS = 365


def chosen(api: str | None, token: str | None, start: date) -> Entrance:
    """No `api`: the actions. `app`: the ASGI app in this process. Else the address of a server, with its token.

    Raises Invalid when an address comes without a token. A server elsewhere lives on its own clock and database: it
    can only be fed (`--live`-like use), not played with on virtual time.
    """
    if api is None:
        return ByAction()
    if api != IN_PROCESS:
        if not token:
            raise Invalid("--api 为地址时须以 --token 给出12345台的接口令牌。", field="token")
        return ByApi(over_http(api), {"12345": token})
    app = import_module("config.asgi").application
    with running_on(VirtualClock(datetime.combine(start - timedelta(days=1), time(), tzinfo=UTC))):
        tokens = {by.party: _token(by) for by in read_cast().people if by.may("tokens.manage")}
    return ByApi(into_app(app), tokens)


def _token(by: By) -> str:
    """A token for the system of `by`'s desk, issued by its interface administrator."""
    return identity.issue_token(by=by, name="模拟来电系统", desk=by.party, rights=RIGHTS, days=VALID_DAYS)
