"""A peer: the same order written as one would first write it in Django: ninja, a schema, one ORM call a table.

It stands in the table so that the reader sees what the one statement buys. Granian serves it as WSGI, threads and
one process, persistent connections.
"""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import timedelta
from itertools import count, pairwise

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peersettings"
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import Func, Value  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

from liandong.audit.models import Event, Unsealed  # noqa: E402
from liandong.intake.models import AcceptedKey, Custody, Matter, Order, OrderStep  # noqa: E402
from liandong.kernel.clock import now  # noqa: E402
from liandong.kernel.models import Fact  # noqa: E402

THREADS = 8
DESK, SYSTEM = "12345", "peer"
BY = {"name": "peer", "post": "system", "desk": DESK, "unit": None, "person": None, "system": SYSTEM}
_numbers = count(1)


class Place(Schema):
    division: str
    address: str
    longitude: float
    latitude: float


class Caller(Schema):
    name: str
    phone: str


class Asked(Schema):
    kind: str
    external_id: str
    channel: str
    nature: str
    title: str
    content: str
    place: Place
    caller: Caller


api = NinjaAPI(urls_namespace="peer", docs_url=None, openapi_url=None)


@api.post("/orders", response={201: dict[str, str]})
def accept(request: HttpRequest, asked: Asked) -> tuple[int, dict[str, str]]:
    with transaction.atomic():
        return 201, _write(asked, request.headers.get("Idempotency-Key", ""), _digest(request.body))


def _write(asked: Asked, key: str, digest: bytes) -> dict[str, str]:
    moment = now()
    tail = f"{moment:%Y%m%d}{next(_numbers):08d}Y"
    answer = {"linkage_number": f"140900L{tail}", "order_number": f"140900W{tail}"}
    AcceptedKey.objects.create(system=SYSTEM, key=key, body_hash=digest, answer=str(answer), at=moment)
    matter = Matter.objects.create(
        number=answer["linkage_number"], division=asked.place.division, first_desk=DESK, opened_at=moment
    )
    _order(asked, matter, answer["order_number"])
    Custody.objects.create(
        matter=matter, party=DESK, role="lead", since=moment, why="received", via=answer["order_number"]
    )
    event = Event.objects.create(
        at=moment,
        kind="order.accepted",
        subject=matter.number,
        party=DESK,
        body=str({"at": moment, "by": BY, "detail": answer, "kind": "order.accepted", "subject": matter.number}),
        prev=bytes(32),
        hash=digest,
    )
    Unsealed.objects.create(event=event)
    Fact.objects.create(kind="order.accepted", payload=answer, occurred_at=moment, next_try_at=moment)
    return answer


def _order(asked: Asked, matter: Matter, number: str) -> None:
    moment = matter.opened_at
    text = f"{asked.title} {asked.content} {asked.place.address}"
    pairs = sorted({first + second for first, second in pairwise(text)})
    order = Order.objects.create(
        matter=matter,
        number=number,
        kind=asked.kind,
        desk=DESK,
        state="received",
        division=asked.place.division,
        channel=asked.channel,
        nature=asked.nature,
        urgency="ordinary",
        title=asked.title,
        content=asked.content,
        address=asked.place.address,
        longitude=asked.place.longitude,
        latitude=asked.place.latitude,
        received_at=moment,
        system=SYSTEM,
        external_id=asked.external_id,
        caller_name=os.urandom(28 + 3 * len(asked.caller.name)),
        caller_phone=os.urandom(28 + len(asked.caller.phone)),
        phone_blind=_digest(asked.caller.phone.encode()),
        words=Func(
            Func(Value("\n".join(pairs)), Value("\n"), function="string_to_array"), function="array_to_tsvector"
        ),
        due_at=moment + timedelta(days=7),
        answer_by=moment + timedelta(days=7),
    )
    OrderStep.objects.create(order=order, at=moment, verb="receive", by=BY)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


urlpatterns = [path("api/v1/", api.urls)]
application = get_wsgi_application()


def main() -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "bench.peer:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
