"""The door of other nodes: what a peer pushes, what lies here for it, and that it has it.

Served by a listener of its own under mutual TLS (`liandong receive`). Who comes is read from the certificate; what is
said is believed by its signature alone. 2xx means durable: the answer is sent after the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson

from liandong.exchange.messages import lines_of
from liandong.exchange.problems import MediaTypeUnfit, MethodUnfit, PathUnknown, named, problem
from liandong.exchange.raw import Receive, Scope, Send, body_of, in_thread, refuse, request_id_of, send_answer
from liandong.identity.gate import raw_route
from liandong.kernel.errors import Invalid
from liandong.kernel.jsontext import parse_json
from liandong.kernel.keys import KeyOpenToOthers, KeyUnknown
from liandong.kernel.sm2 import Sm2KeyUnfit
from liandong.peers.actions import Pushed, take_pushed, who_comes
from liandong.peers.channels import laid
from liandong.peers.channels.https import ANSWER_BYTES, MESSAGES, PARCEL, SETTLED
from liandong.peers.errors import CertificateUnknown, KeyOfTwoNodes, NotReady

BODY_BYTES = ANSWER_BYTES
NAME_BYTES = 1024
# Bodies of one peer that are read and taken at once; more of them would only fill the memory.
AT_ONCE = 2

log = logging.getLogger("liandong.peers")


Answer = tuple[int, bytes, list[tuple[bytes, bytes]]]
Peer = tuple[str, str]  # its code, and the channel it comes by
JSON = [(b"content-type", b"application/json")]
_turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))


@raw_route(certificate=True)
async def messages(scope: Scope, receive: Receive, send: Send) -> None:
    """POST envelopes as NDJSON: 200 when all lines are kept, 207 when some were refused. GET what lies for the peer."""
    await _serve(scope, receive, send)


@raw_route(certificate=True)
async def settled(scope: Scope, receive: Receive, send: Send) -> None:
    """POST the name of a parcel that is kept now by the peer: it goes from here."""
    await _serve(scope, receive, send)


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    request_id, verbs = request_id_of(scope), VERBS[scope["path"]]
    try:
        found = await in_thread(who_comes, scope.get("peercert"))
        if found is None:
            raise CertificateUnknown
        if scope["method"] not in verbs:
            raise _unfit(verbs)
        async with _turns[found[0]]:
            status, body, extra = await verbs[scope["method"]](scope, receive, found)
    except Exception as failure:  # noqa: BLE001 - the door answers every failure with a problem document
        await refuse(scope, send, named(failure, request_id=request_id), request_id)
        return
    await send_answer(send, status, body, extra, request_id)


async def _pushed(scope: Scope, receive: Receive, peer: Peer) -> Answer:
    _must_be(scope, b"application/x-ndjson")
    lines = lines_of(await body_of(receive, BODY_BYTES))
    code, channel = peer
    try:
        found = await in_thread(take_pushed, peer=code, channel=channel, envelopes=[line for _, line in lines])
    except (KeyUnknown, KeyOpenToOthers, KeyOfTwoNodes, Sm2KeyUnfit) as why:
        log.error("a peer's messages cannot be taken: %s", why)
        raise NotReady from why
    return (207 if found.refused else 200), orjson.dumps(_answer(scope, found, [n for n, _ in lines])), JSON


def _answer(scope: Scope, found: Pushed, numbers: list[int]) -> dict[str, Any]:
    request_id = request_id_of(scope)
    refused = [
        {"line": numbers[one.line - 1], "problem": problem(one.why, request_id=request_id, path=scope["path"])}
        for one in found.refused
    ]
    answer: dict[str, Any] = {"taken": found.taken, "refused": refused}
    if found.receipt is not None:
        answer["receipt"] = orjson.Fragment(found.receipt)
    return answer


async def _lying(scope: Scope, receive: Receive, peer: Peer) -> Answer:
    name, found = await in_thread(laid.lying, peer[0])
    if not found:
        return 204, b"", []
    body = b"".join(one + b"\n" for one in found)
    return 200, body, [(b"content-type", b"application/x-ndjson"), (PARCEL.lower().encode(), name.encode())]


async def _settled(scope: Scope, receive: Receive, peer: Peer) -> Answer:
    _must_be(scope, b"application/json")
    asked = parse_json(await body_of(receive, NAME_BYTES), NAME_BYTES)
    name = asked.get("parcel") if isinstance(asked, dict) else None
    if not isinstance(name, str) or not name:
        raise Invalid("缺少批次名称。", field="parcel")
    return 200, orjson.dumps({"gone": await in_thread(laid.taken, peer[0], name)}), JSON


def _unfit(verbs: Iterable[str]) -> MethodUnfit:
    why = MethodUnfit()
    why.allow = ", ".join(sorted(verbs))
    return why


def _must_be(scope: Scope, media_type: bytes) -> None:
    given = dict(scope["headers"]).get(b"content-type", b"")
    if given.split(b";")[0].strip().lower() != media_type:
        raise MediaTypeUnfit(f"报文类型须为 {media_type.decode()}。", header="Content-Type")


async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """Any other path."""
    await refuse(scope, send, PathUnknown())


VERBS: Mapping[str, Mapping[str, Callable[[Scope, Receive, Peer], Awaitable[Answer]]]] = {
    MESSAGES: {"POST": _pushed, "GET": _lying},
    SETTLED: {"POST": _settled},
}
PEER_ROUTES = {MESSAGES: messages, SETTLED: settled}
