"""死信: messages of other nodes that took no effect, each with its reason, what to do, and one click to try again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import node_name
from liandong.intake.pages.forms import DeskForm, Words, area
from liandong.kernel.errors import Conflict, Invalid
from liandong.peers import actions
from liandong.peers.actions.dead import AT_ONCE, NOTE_LONGEST
from liandong.peers.models import Incoming, Outgoing
from liandong.peers.pages.lists import Narrowed, orders_of
from liandong.peers.pages.words import evidence, kind_of, refusal, why
from liandong.peers.queries import desk as queries
from liandong.peers.states import INCOMING

SHOWN = {"dead": "待处理", "set_aside": "已搁置", "refused": "对端拒收", "void": "序列已终止"}


class AsideForm(DeskForm):
    note = Words(
        label="处理说明", max_length=NOTE_LONGEST, widget=area(2), help_text="查明了什么、怎样处理，不要写个人信息。"
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


@page(right=queries.MANAGE)
@require_safe
def dead_letters(request: HttpRequest, by: By) -> HttpResponse:
    """What took no effect; with `show=set_aside` what somebody has put aside, with `void` what its peer has ended."""
    return _listed(request, by)


def _listed(request: HttpRequest, by: By, wrong: tuple[int, AsideForm] | None = None) -> HttpResponse:
    narrowed = Narrowed.by(request, "dead-letters", SHOWN)
    show, peer, known = narrowed.show, narrowed.peer, narrowed.before
    refused, rows = list[Outgoing](), list[Incoming]()
    if show == "refused":
        refused, older = queries.access_refused(by, peer=peer, before=known)
    else:
        rows, older = queries.access_dead(by, state=show, peer=peer, before=known)
    context = {
        "rows": _shown(by, rows, wrong),
        "refused": _refused(by, refused),
        "reasons": [(one, node_name(one.newest.peer), why(one.newest)) for one in queries.reasons()]
        if show == "dead"
        else [],
        "at_once": AT_ONCE,
        **narrowed.context(older),
    }
    return render(request, "peers/dead.html", context, status=422 if wrong else 200)


def _shown(by: By, rows: list[Incoming], wrong: tuple[int, AsideForm] | None) -> list[dict[str, Any]]:
    links, more = orders_of(by, [row.subject for row in rows]), queries.waiting_with(rows)
    return [
        {
            "row": row,
            "kind": kind_of(row),
            "node": node_name(row.peer),
            "order": links.get(row.subject, ""),
            "why": why(row),
            "with_it": more.get(row.part_of, 0),
            "evidence": evidence(row),
            "form": wrong[1]
            if wrong and wrong[0] == row.pk
            else AsideForm(initial={"version": row.version}, auto_id=f"aside-{row.pk}-%s"),
            "open": bool(wrong and wrong[0] == row.pk),
        }
        for row in rows
    ]


def _refused(by: By, rows: list[Outgoing]) -> list[dict[str, Any]]:
    links = orders_of(by, [row.subject for row in rows])
    return [
        {
            "row": row,
            "kind": kind_of(row),
            "node": node_name(row.peer),
            "order": links.get(row.subject, ""),
            "why": refusal(row.refused),
        }
        for row in rows
    ]


@page(right=queries.MANAGE)
@require_POST
def retry(request: HttpRequest, by: By, incoming: int) -> HttpResponse:
    """One message once more."""
    row, tried = actions.try_again(by=by, incoming=incoming, version=_version(request))
    state = INCOMING.states[row.state]
    if not tried:
        messages.warning(request, f"这件报文已由他人处理，现为“{state}”，没有再次重试。")
    elif row.state == "dead":
        messages.warning(request, f"已重试，仍不能处理：{why(row)}")
    else:
        messages.success(request, f"已重试，这件报文现为“{state}”。")
    return _back(request)


@page(right=queries.MANAGE)
@require_POST
def retry_all(request: HttpRequest, by: By) -> HttpResponse:
    """All of one peer and one reason once more."""
    peer, code = request.POST.get("peer", "")[:20], request.POST.get("code", "")[:40]
    tried = actions.try_all(by=by, peer=peer, code=code)
    still = sum(row.state == "dead" for row in tried)
    if not tried:
        messages.warning(request, "没有可以重试的报文，可能已由他人处理。")
    elif still:
        messages.warning(request, f"已重试 {len(tried)} 件，其中 {still} 件仍不能处理。")
    else:
        messages.success(request, f"已重试 {len(tried)} 件，均已不在死信中。")
    return _back(request)


@page(right=queries.MANAGE)
@require_POST
def send(request: HttpRequest, by: By, outgoing: int) -> HttpResponse:
    """One of ours that the peer refuses, once more."""
    try:
        actions.send_again(by=by, outgoing=outgoing)
    except Conflict as refused:
        messages.warning(request, refused.message)
    else:
        messages.success(request, "已重新排队发送；对方仍拒收的，会再次显示在这里。")
    return _back(request)


@page(right=queries.MANAGE)
@require_POST
def aside(request: HttpRequest, by: By, incoming: int) -> HttpResponse:
    """Put one message aside, with a note."""
    form = AsideForm(request.POST, auto_id=f"aside-{incoming}-%s")
    if not form.is_valid():
        return _listed(request, by, (incoming, form))
    try:
        row, done = actions.set_aside(
            by=by, incoming=incoming, version=form.cleaned_data["version"], note=form.cleaned_data["note"]
        )
    except Invalid as wrong:
        form.put(wrong.field, wrong.message)
        return _listed(request, by, (incoming, form))
    if done:
        messages.success(request, "已搁置，处理说明已记下；需要时可在“已搁置”中重试。")
    else:
        messages.warning(request, f"这件报文已由他人处理，现为“{INCOMING.states[row.state]}”，没有搁置。")
    return _back(request)


def _version(request: HttpRequest) -> int:
    said = request.POST.get("version", "")
    if not said.isdecimal() or len(said) > 9:
        raise Invalid("页面不完整，请刷新后重试。")
    return int(said)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was narrowed."""
    said = {name: request.POST.get(name, "")[:20] for name in ("show", "peer_shown")}
    return redirect(Narrowed("dead-letters", SHOWN, said["show"], said["peer_shown"], None).address())
