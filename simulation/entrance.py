"""How a call comes in: through the accept action, or through the API as an integrator's system would send it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from django.db import transaction

from liandong.audit.by import By
from liandong.intake import actions as intake
from liandong.intake.accepting import Incoming, Key, Settled
from liandong.intake.callers import Caller
from liandong.intake.models import Matter
from liandong.kernel.errors import LiandongError
from liandong.transfer import actions as transfer
from liandong.transfer.actions.offers import hands_danger_on

SYSTEM = "simulation"


class NotTaken(LiandongError):
    code = "not_taken"
    message = "接口没有受理模拟来电。"


@dataclass(frozen=True, slots=True)
class Entering:
    """One call as the call taker has noted it. `danger` holds the words that signal one."""

    kind: str
    title: str
    content: str
    nature: str = "help"
    category: str = ""
    urgency: str = "ordinary"
    level: str = ""
    division: str = ""
    address: str = ""
    phone: str = ""
    name: str = ""
    external_id: str = ""
    danger: str = ""
    settled: Settled | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    order: str
    matter: str


class Entrance(Protocol):
    """A way in. Returns the numbers; raises LiandongError when the call was not taken."""

    def enter(self, by: By, call: Entering) -> Entered: ...


class ByAction:
    """The way the screens go. Danger first: its transfer is made in the transaction that accepts the order."""

    def enter(self, by: By, call: Entering) -> Entered:
        if not call.danger or by.desk is None or not hands_danger_on(by.desk):
            return self._accept(by, call)
        with transaction.atomic():
            entered = self._accept(by, call)
            matter = Matter.objects.only("pk").get(number=entered.matter)
            transfer.raise_danger(by=by, matter_id=matter.pk, signal=call.danger)
        return entered

    def _accept(self, by: By, call: Entering) -> Entered:
        incoming = Incoming(
            kind=call.kind,
            title=call.title,
            content=call.content,
            nature=call.nature,
            category=call.category,
            urgency=call.urgency,
            level=call.level,
            division=call.division,
            address=call.address,
            external_id=call.external_id,
            caller=Caller(name=call.name, phone=call.phone),
            settled=call.settled,
        )
        answer = intake.accept_order(by=by, incoming=incoming, key=Key(system=SYSTEM if call.external_id else ""))
        return Entered(answer["order_number"], answer["linkage_number"])


class ByApi:
    """POST /api/v1/orders with the desk's token; `send` does the request (over a socket, or into the ASGI app).

    A desk without a token has no system of its own: its people use the screens.
    """

    def __init__(self, send: Callable[[Mapping[str, Any], str], httpx.Response], tokens: Mapping[str, str]) -> None:
        self._send, self._tokens = send, tokens

    def enter(self, by: By, call: Entering) -> Entered:
        token = self._tokens.get(by.party)
        if token is None:
            return ByAction().enter(by, call)
        answer = self._send(message(call), token)
        told = answer.json()
        if answer.status_code not in (200, 201):
            raise NotTaken(f"接口没有受理模拟来电（{answer.status_code}）：{told.get('detail') or told.get('title')}")
        return Entered(told["order_number"], told["linkage_number"])


def message(call: Entering) -> dict[str, Any]:
    """The call as the published accept message."""
    told: dict[str, Any] = {"kind": call.kind, "title": call.title, "content": call.content, "nature": call.nature}
    told |= {name: getattr(call, name) for name in ("category", "external_id") if getattr(call, name)}
    told["urgency"] = call.urgency
    caller = {name: getattr(call, name) for name in ("name", "phone") if getattr(call, name)}
    if caller:
        told["caller"] = caller
    place = {name: getattr(call, name) for name in ("division", "address") if getattr(call, name)}
    if place:
        told["place"] = place
    if call.level:
        told["police"] = {"level": call.level}
    if call.settled:
        told["settled"] = {"outcome": call.settled.outcome, "text": call.settled.text}
        told["settled"] |= {"result": call.settled.result} if call.settled.result else {}
    if call.danger:
        told["danger"] = {"signal": call.danger}
    return told


def over_http(url: str) -> Callable[[Mapping[str, Any], str], httpx.Response]:
    """Requests to a running server at `url`."""
    client = httpx.Client(base_url=url, timeout=30)
    return lambda told, token: client.post(
        "/api/v1/orders", json=dict(told), headers={"Authorization": f"Bearer {token}"}
    )


def into_app(app: Any) -> Callable[[Mapping[str, Any], str], httpx.Response]:
    """Requests into the ASGI app in this process, so that they too live on the virtual clock."""
    runner = asyncio.Runner()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver", timeout=30)

    def send(told: Mapping[str, Any], token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return runner.run(client.post("/api/v1/orders", json=dict(told), headers=headers))

    return send
