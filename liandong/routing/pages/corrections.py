"""What people said a suggestion should have been: shown to who may confirm it, one by one, with note and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.identity.queries import desk_name
from liandong.kernel.errors import LiandongError
from liandong.routing import actions
from liandong.routing.models import Correction
from liandong.routing.pages.words import BADGES, LABELS, words
from liandong.routing.queries import visible_corrections
from liandong.routing.states import CORRECTION

RIGHT = "routing.confirm"
SHOWN = 30
DONE = {"confirm": "已确认，今后训练时学习。", "dismiss": "已记为不采纳。"}
SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that was suggested and what it should have been."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    correction: Correction
    state: str
    badge: str
    desk: str
    changed: tuple[Changed, ...]
    reasons: tuple[str, ...]
    sure: str
    own: bool
    waits: bool


@page(right=RIGHT)
@require_safe
def corrections(request: HttpRequest, by: By) -> HttpResponse:
    """Those that wait, the newest first; `show=settled`: those that were decided on."""
    settled = request.GET.get("show") == SETTLED
    rows = visible_corrections(by)
    rows = rows.exclude(state="noted") if settled else rows.filter(state="noted")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: SHOWN + 1])
    kept = {"show": SETTLED} if settled else {}
    older = f"?{urlencode({**kept, 'before': found[SHOWN - 1].pk})}" if len(found) > SHOWN else ""
    context = {
        "rows": [row(one, by) for one in found[:SHOWN]],
        "settled": settled,
        "first": f"?{urlencode(kept)}" if before else "",
        "later": older,
    }
    return render(request, "routing/corrections.html", context)


@page(right=RIGHT)
@require_POST
def settle(request: HttpRequest, by: By, number: int, verb: str) -> HttpResponse:
    """Confirm or dismiss one, as it was seen."""
    does = {"confirm": actions.confirm, "dismiss": actions.dismiss}.get(verb)
    if does is None:
        raise Http404
    seen = request.POST.get("seen", "")
    try:
        does(by=by, correction=number, seen=int(seen) if seen.isdecimal() else -1)
    except LiandongError as why:
        if why.status not in (403, 409):
            raise
        messages.warning(request, why.message)
    else:
        messages.success(request, DONE[verb])
    return redirect(reverse("corrections"))


def row(one: Correction, by: By) -> Row:
    return Row(
        correction=one,
        state=CORRECTION.states[one.state],
        badge=BADGES[one.state],
        desk=desk_name(one.desk),
        changed=changed(one),
        reasons=tuple(dict.fromkeys(str(reason["text"]) for reason in one.decided.reasons)),
        sure=f"{one.decided.output['confidence']:.0%}",
        own=one.person_id is not None and one.person_id == by.person,
        waits=one.state == "noted",
    )


def changed(one: Correction) -> tuple[Changed, ...]:
    """What was suggested and what is right, in words."""
    was = actions.suggested(one.decided)
    return tuple(
        Changed(label, words(one.decided, name, was[name]) or "未判断", words(one.decided, name, getattr(one, name)))
        for name, label in LABELS.items()
        if getattr(one, name)
    )
