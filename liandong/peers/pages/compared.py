"""对账: a comparison asked for by a click, and the list of what differs, each with its repair and evidence."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import node_name
from liandong.peers import actions
from liandong.peers.pages.lists import Narrowed, orders_of
from liandong.peers.pages.words import DIFFERS, facts_told, line_name
from liandong.peers.queries.desk import MANAGE, access_differences

SHOWN = {"open": "未了", "mended": "已了"}


@page(right=MANAGE)
@require_safe
def differences(request: HttpRequest, by: By) -> HttpResponse:
    """What differs and is not mended; with `show=mended` what was."""
    narrowed = Narrowed.by(request, "differences", SHOWN)
    rows, older = access_differences(by, mended=narrowed.show == "mended", peer=narrowed.peer, before=narrowed.before)
    links = orders_of(by, {name for row in rows for name in (row.subject, row.matter)})
    shown = [
        {
            "row": row,
            "node": node_name(row.peer),
            "finding": DIFFERS.get(row.finding, "不一致"),
            "name": line_name(row),
            "order": links.get(row.subject) or links.get(row.matter, ""),
            "evidence": facts_told({"ours": row.here, "theirs": row.there, **row.evidence}),
        }
        for row in rows
    ]
    return render(request, "peers/differences.html", {"rows": shown, **narrowed.context(older)})


@page(right=MANAGE)
@require_POST
def compare(request: HttpRequest, by: By, peer: str) -> HttpResponse:
    """Compare with a peer now."""
    row, begun = actions.compare_now(by=by, peer=peer)
    if begun:
        messages.success(request, f"已发起与{node_name(peer)}的对账，共 {row.days} 日，结果会显示在该节点的卡片上。")
    else:
        messages.warning(request, f"与{node_name(peer)}的对账正在进行，请等对方答复。")
    return redirect("peers")
