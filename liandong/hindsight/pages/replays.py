"""Replays of a version: asking for one, how far it is, what it came to, and that as a spreadsheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.hindsight import actions
from liandong.hindsight.models import Replay
from liandong.hindsight.pages.figures import Figures, figures
from liandong.hindsight.pages.sheets import figures_sheet, orders_sheet
from liandong.hindsight.queries.replays import access_replay, maker, visible_replays
from liandong.hindsight.states import REPLAY
from liandong.identity.gate import page
from liandong.intake.pages.forms import DeskForm
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError, NotFound
from liandong.kernel.ids import CITY_ZONE, local_day
from liandong.kernel.sheets import MEDIA_TYPE
from liandong.routing.pages.versions import SAID_HERE
from liandong.routing.queries import access_version, values_of

BADGES = {"running": "soon", "done": "calm", "stopped": "quiet"}
MOST = 50


def _day(label: str, help_text: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "日期格式有误，请按“年-月-日”填写。"},
        help_text=help_text,
    )


class PeriodForm(DeskForm):
    since = _day("起日", "按受理时间，含当日。")
    until = _day("止日", "不晚于今天，含当日；一次最多三年。")


@page(right="order.read")
def replays(request: HttpRequest, by: By, code: str) -> HttpResponse:
    """The replays of a version, the newest first, and asking for another."""
    maker(by)
    version = access_version(by, code)
    today = local_day(clock.now())
    form = PeriodForm(request.POST or None, initial={"since": today.replace(month=1, day=1), "until": today})
    if request.method == "POST":
        made = _attempt(form, by, code)
        if made is not None:
            messages.success(request, "已开始仿真，后台逐段回放，可以离开本页。")
            return redirect("diversion-replay", code, made.pk)
    rows = [(one, REPLAY.states[one.state], BADGES[one.state]) for one in visible_replays(by, version)[:MOST]]
    context = {"version": version, "form": form, "rows": rows, "most": MOST if len(rows) == MOST else 0}
    return render(request, "hindsight/replays.html", context, status=422 if form.is_bound else 200)


def _attempt(form: PeriodForm, by: By, code: str) -> Replay | None:
    if form.is_valid():
        try:
            return actions.ask(by=by, version=code, **form.cleaned_data)
        except LiandongError as why:
            if why.status not in SAID_HERE:
                raise
            form.put(why.field, why.message)
    return None


def _access(by: By, code: str, number: int) -> Replay:
    found = access_replay(by, number)
    if found.list_version.code != code:
        raise NotFound("没有这次仿真。")
    return found


@page(right="order.read")
@require_safe
def replay(request: HttpRequest, by: By, code: str, number: int) -> HttpResponse:
    """One replay: how far it is, or what it came to."""
    found = _access(by, code, number)
    context = _context(found)
    if found.state == "done":
        made = figures(by, found)
        context |= {"figures": made, "who": _who(request, made), "changed_since": _changed(by, found)}
    return render(request, "hindsight/replay.html", context)


def _context(found: Replay) -> dict[str, Any]:
    state, badge = REPLAY.states[found.state], BADGES[found.state]
    return {"replay": found, "version": found.list_version, "state": state, "badge": badge}


def _changed(by: By, found: Replay) -> bool:
    """Whether the version says something else by now than it did when it was replayed."""
    return actions.digest(values_of(access_version(by, found.list_version.code))) != found.sm3


def _who(request: HttpRequest, made: Figures) -> dict[str, Any]:
    """Whose hours are shown: a unit's or a side's, else those of all that moved."""
    asked = request.GET.get("who", "")
    chosen = next((one for one in made.parties if one.key == asked), None)
    hours = chosen.hours if chosen is not None else made.hours
    return {"chosen": chosen, "week": made.week(hours), "net": chosen is not None}


@page(right="order.read")
@require_safe
def progress(request: HttpRequest, by: By, code: str, number: int) -> HttpResponse:
    """How far it is, for the page that waits; once it is over the page is asked for anew."""
    found = _access(by, code, number)
    answer = render(request, "hindsight/parts/progress.html", _context(found))
    if found.state != "running":
        answer["HX-Refresh"] = "true"
    return answer


@page(right="order.read")
@require_POST
def stop(request: HttpRequest, by: By, code: str, number: int) -> HttpResponse:
    found = _access(by, code, number)
    seen = request.POST.get("seen", "")
    try:
        actions.stop(by=by, replay=found.pk, seen=int(seen) if seen.isdigit() and len(seen) < 10 else -1)
    except LiandongError as why:
        if why.status not in SAID_HERE:
            raise
        messages.warning(request, why.message)
    else:
        messages.success(request, "已停止仿真。")
    return redirect("diversion-replay", code, number)


@page(right="order.read")
@require_safe
def file(request: HttpRequest, by: By, code: str, number: int) -> FileResponse:
    """The figures, or the orders shown as examples (`?orders=1`), as a spreadsheet."""
    found = _access(by, code, number)
    if found.state != "done":
        raise NotFound("这次仿真还没有结果。")
    orders = request.GET.get("orders") == "1"
    sheet = (orders_sheet if orders else figures_sheet)(by, found, figures(by, found))
    moment = f"{clock.now().astimezone(CITY_ZONE):%Y%m%d-%H%M}"
    name = f"清单仿真-{code}-{'示例单' if orders else '统计'}-{moment}.xlsx"
    answer = FileResponse(sheet.file, as_attachment=True, filename=name, content_type=MEDIA_TYPE)
    answer["Content-Length"] = str(sheet.size)
    return answer
