"""节点对接: each other node, whether it can be reached, what lies between us, and whose key it signs with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desks, node_name, node_of, this_node
from liandong.kernel import clock
from liandong.peers.actions.heartbeats import software
from liandong.peers.channels.registry import is_connected
from liandong.peers.envelope import SPOKEN
from liandong.peers.pages.restored import held_back
from liandong.peers.pages.words import BADGES, KINDS, kind_of, waits
from liandong.peers.queries import desk as queries
from liandong.peers.queries import pace
from liandong.peers.queries.certificates import own_certificates
from liandong.peers.queries.tables import access_tables

NOT_MENTIONED = ("receipt", "heartbeat")


def versions(messages: Mapping[str, int]) -> str:
    """Which messages of which versions are understood; of most there is one version, so it is told once."""
    told: dict[int, list[str]] = {}
    for kind, version in messages.items():
        if kind not in NOT_MENTIONED:
            told.setdefault(version, []).append(KINDS.get(kind, "其他报文"))
    return "；".join(f"第{version}版：{'、'.join(dict.fromkeys(kinds))}" for version, kinds in sorted(told.items()))


@page(right=queries.MANAGE)
@require_safe
def peers(request: HttpRequest, by: By) -> HttpResponse:
    """All other nodes, and this one's own keys."""
    return render(request, "peers/desk.html", {**_now(by), "own": this_node(), **_own()})


@page(right=queries.MANAGE)
@require_safe
def now_part(request: HttpRequest, by: By) -> HttpResponse:
    """The same without the frame, for a page that heard that something has changed."""
    return render(request, "peers/parts/now.html", _now(by))


@page(right=queries.MANAGE)
@require_safe
def tables_part(request: HttpRequest, by: By, peer: str) -> HttpResponse:
    """A peer's code tables and list beside ours. It comes alone: two lists to compare are too much for every card."""
    found = access_tables(by, peer)
    return render(request, "peers/parts/tables.html", {"tables": found, "name": node_name(peer)})


def _own() -> dict[str, Any]:
    return {
        "own_keys": queries.own_keys(),
        "certificates": own_certificates(),
        "software": software(),
        "versions": versions(SPOKEN),
    }


def _now(by: By) -> dict[str, Any]:
    seen = queries.access_peers(by)
    return {
        "held": held_back(),
        "cards": [_card(one) for one in seen],
        "waiting": [(row, kind_of(row), waits(row)) for row in queries.waiting_messages()] if seen else [],
        "read_at": clock.now(),
        "carried": is_connected(),
        "stuck_after": pace().stuck if seen else None,
    }


def _card(one: queries.PeerSeen) -> dict[str, Any]:
    oldest = one.backlog.oldest
    return {
        "one": one,
        "badge": BADGES[one.reach.condition],
        "desks": [desk.name for desk in desks() if node_of(desk.code) == one.node.code],
        "dead": one.counts.get("dead", 0),
        "set_aside": one.counts.get("set_aside", 0),
        "waits": one.counts.get("waiting", 0),
        "software": one.peer.said.get("versions", {}).get("software", ""),
        "versions": versions(one.peer.said.get("versions", {}).get("messages", {})),
        "their_backlog": one.peer.said.get("queue", {}).get("waiting", 0),
        "stuck": oldest is not None and clock.now() - oldest >= pace().stuck,
    }
