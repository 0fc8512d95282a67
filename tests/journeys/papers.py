"""Documents between two nodes of a test: added at one, carried by hand or by files, looked at from the other."""

from __future__ import annotations

import base64
import io
import os
from dataclasses import replace
from hashlib import sha256
from typing import Any

from django.template.loader import render_to_string

from liandong.intake.documents import PIECE
from liandong.kernel.seals import sm3
from tests import files
from tests.cast import HOTLINE, POLICE
from tests.nodes import Nodes

LARGE = files.jpeg(os.urandom(4 * PIECE + 1000))  # five parts
NAME = "𠮷现场😀.jpg"


def add(net: Nodes, order: Any, data: bytes = LARGE, *, by: Any = HOTLINE, name: str = NAME, **given: Any) -> Any:
    from liandong.intake import actions

    with net.of(by):
        return actions.add_document(
            by=by, number=order.number, name=name, file=io.BytesIO(data), kind="scene", about="三单元门口", **given
        )


def there(net: Nodes, code: str, order: Any) -> list[Any]:
    from liandong.intake.models import Document

    with net.at(code):
        return list(Document.objects.filter(order__number=order.number).order_by("id"))


def content(net: Nodes, code: str, order: Any, by: Any = POLICE) -> bytes:
    from liandong.intake import actions
    from liandong.intake.queries.documents import bytes_of

    with net.at(code):
        (found,) = there(net, code, order)
        return b"".join(bytes_of(actions.see_document(by=by, number=order.number, document=found.pk)))


def shown(net: Nodes, code: str, order: Any, by: Any = POLICE) -> str:
    """The documents of the order's page as somebody at the node sees them."""
    import config.urls  # noqa: F401 - the tags of the page are found with the pages
    from liandong.transfer.pages import papers
    from liandong.transfer.pages.reading import read

    with net.at(code):
        reading = read(by, order.number)
        maker: Any = None  # asked only for what the actor's own party has added
        return render_to_string(
            "transfer/parts/documents.html",
            {"documents": papers.documents(reading, maker), "coming": papers.on_their_way(reading)},
        )


def sent(net: Nodes, code: str, order: Any, by: Any = HOTLINE) -> list[tuple[str, str, str]]:
    """Beside the documents of the order's page: the peer, how far the document is, and why it is refused."""
    from liandong.peers.pages.words import refusal
    from liandong.peers.queries.sent import access_sent

    with net.at(code):
        found = [(one.peer, one.progress) for one in access_sent(by, order.number)]
        return [(peer, said.label, refusal(said.refused) if said.refused else "") for peer, said in found]


def parts_of(net: Nodes, order: Any) -> list[Any]:
    """The messages of its documents as `gov` sends them, none of them carried yet."""
    from liandong.peers import actions
    from liandong.peers.models import Outgoing
    from liandong.peers.queries import message_of, unstored
    from tests import cast

    with net.at("gov"):
        cast.react()
        actions.number_waiting(peer="police")
        actions.top_up(peer="police")
        rows = [row for row in unstored("police") if row.kind == "attachment"]
        found = [message_of(row) for row in rows]
        Outgoing.objects.filter(pk__in=[row.pk for row in rows]).update(stored_at=net.clock.now())
    return found


def changed(message: Any, end: str, /, **data: Any) -> Any:
    """Another message, of a peer that is not what we are."""
    serial = 10_000 + int(end, 16)  # under a serial that is known other content is refused
    return replace(message, id=f"{message.id[:-2]}{end}", serial=serial, data={**message.data, **data})


def taken(net: Nodes, message: Any) -> tuple[str, str]:
    row = net.deliver(message)
    with net.at(message.receiver):
        row.refresh_from_db()
    return row.state, row.code


def tries(net: Nodes) -> list[int]:
    from liandong.peers.models import Outgoing

    with net.at("gov"):
        return sorted(Outgoing.objects.filter(kind="attachment").values_list("tries", flat=True))


def one_of(message: Any, end: str, data: bytes, /, **other: Any) -> Any:
    """A document of one part."""
    said = {
        "digest": sm3(data).hex(),
        "sha256": sha256(data).hexdigest(),
        "size": len(data),
        "name": "a.png",
        "parts": 1,
        "part": 1,
        "part_digest": sm3(data).hex(),
        "bytes": base64.b64encode(data).decode(),
    }
    return changed(message, end, **{**said, **other})
