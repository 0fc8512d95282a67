"""恢复待核对: what the duty desk sees while the node is held back after a restored backup, and letting it go on."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.models import Life, Node
from liandong.identity.queries import life
from liandong.intake.pages.forms import DeskForm, Words, area
from liandong.kernel.errors import Invalid, NotFound
from liandong.peers.actions.lives import NOTE_LONGEST, go_on_without
from liandong.peers.queries import desk as queries


class WithoutForm(DeskForm):
    note = Words(
        label="处理说明",
        max_length=NOTE_LONGEST,
        widget=area(2),
        help_text="与对方谁核对过、为什么不再等待，不要写个人信息。",
    )


@dataclass(frozen=True, slots=True)
class HeldBack:
    """`life`: the one in which the node waits; `awaited`: the peers that have not answered, each with its form."""

    life: Life
    awaited: list[tuple[Node, forms.Form]]


def held_back() -> HeldBack | None:
    """What is to be shown; None while the node is not held back."""
    now = life()
    if now is None or now.released_at is not None:
        return None
    return HeldBack(now, [(one, WithoutForm(auto_id=f"without-{one.code}-%s")) for one in queries.awaited()])


@page(right=queries.MANAGE)
@require_POST
def without(request: HttpRequest, by: By, peer: str) -> HttpResponse:
    """Go on without a peer that does not answer."""
    form = WithoutForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "请填写处理说明：与对方谁核对过、为什么不再等待。")
        return redirect("peers")
    try:
        go_on_without(by=by, peer=peer, note=form.cleaned_data["note"])
    except (Invalid, NotFound) as wrong:
        messages.warning(request, wrong.message)
    else:
        messages.success(request, "不再等待这个对端，处理说明已记下。")
    return redirect("peers")
