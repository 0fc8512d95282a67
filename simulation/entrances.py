"""Which way in a run was asked to take."""

from __future__ import annotations

from liandong.kernel.errors import Invalid
from simulation.entrance import ByAction, Entrance


def chosen(api: str | None, token: str | None) -> Entrance:
    """No `api`: the actions. `app`: the ASGI app in this process. Else the address of a server, with its token."""
    if api is None:
        return ByAction()
    raise Invalid("接口方式尚未启用")
