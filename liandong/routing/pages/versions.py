"""The versions of the list, one version by class, and the steps of its life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from liandong.audit.by import By
from liandong.identity.gate import page
from liandong.kernel import clock
from liandong.kernel.errors import LiandongError, NotFound
from liandong.kernel.ids import local_day
from liandong.routing import actions
from liandong.routing.changes import Differences, differences
from liandong.routing.items import KINDS, SIDES, ItemValues
from liandong.routing.models import ListVersion
from liandong.routing.pages.forms import AboutForm, BeginForm, ImportForm, ReasonStepForm, StepForm
from liandong.routing.queries import MAKING, access_version, values_of, visible_versions
from liandong.routing.states import HELD, LIST, NEEDS, WITH_REASON

# What can be said on the page itself, beside what was typed; other failures are pages of their own.
SAID_HERE = frozenset({409, 422})
MOST = 100
BADGES = {"draft": "soon", "proposed": "soon", "approved": "calm", "in_force": "calm"}
KIND_OF_SIDE = {"12345": "p12345", "110": "p110"}
DONE = {
    "propose": "已提请审定。",
    "send_back": "已退回修改。",
    "approve": "已审定。",
    "drop": "草稿已作废。",
    "recall": "已撤回审定，退为草稿。",
}


@dataclass(frozen=True, slots=True)
class Row:
    version: ListVersion
    state: str
    badge: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as a row of the page shows it."""

    item: ItemValues
    side: str
    badge: str
    kind: str


@dataclass(frozen=True, slots=True)
class Act:
    verb: str
    label: str
    kind: str
    form: StepForm


def row(version: ListVersion) -> Row:
    return Row(version, state_of(version), BADGES.get(version.state, "quiet"))


def state_of(version: ListVersion) -> str:
    """The state by its name; what the dates already say, where the loop has not written it yet."""
    today = local_day(clock.now())
    state = version.state
    if state == "approved" and version.effective_from <= today:
        state = "in_force"
    if state == "in_force" and version.effective_to is not None and version.effective_to <= today:
        state = "superseded"
    return LIST.states[state]


def shown(item: ItemValues) -> Shown:
    return Shown(
        item, SIDES.get(item.side, item.side), KIND_OF_SIDE.get(item.side, ""), KINDS.get(item.kind, item.kind)
    )


@page(right="order.read")
def versions(request: HttpRequest, by: By) -> HttpResponse:
    """All versions, the newest first; who edits the list begins a new one beside them."""
    found = list(visible_versions(by))
    context: dict[str, Any] = {"rows": [row(one) for one in found]}
    status = 200
    if by.may("list.edit"):
        bases = [one for one in found if one.state in HELD]
        form = BeginForm(request.POST or None, bases=bases)
        if request.method == "POST":
            done = _attempt(form, lambda said: actions.begin(by=by, **said))
            if done is not None:
                messages.success(request, f"已起草{done.code}，请修改条目。")
                return redirect("diversion-version", done.code)
            status = 422
        context["form"] = form
    return render(request, "routing/versions.html", context, status=status)


@page(right="order.read")
@require_safe
def version(request: HttpRequest, by: By, code: str) -> HttpResponse:
    return show(request, by, code)


def show(
    request: HttpRequest,
    by: By,
    code: str,
    *,
    failed: StepForm | None = None,
    verb: str = "",
    importing: ImportForm | None = None,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the page of a version; a form that failed stands on it with what was typed."""
    found = access_version(by, code)
    items = values_of(found)
    asked, chosen = _asked(request, items)
    counts = Counter(item.class_name for item in items)
    editing = found.state == "draft" and by.may("list.edit")
    context: dict[str, Any] = {
        "version": found,
        "state": row(found),
        "counts": sorted(counts.items(), key=lambda one: min(i.code for i in items if i.class_name == one[0])),
        "items": [shown(item) for item in asked[:MOST]],
        "left_off": max(len(asked) - MOST, 0),
        "chosen": chosen,
        "asked": request.GET.get("q", "").strip()[:100],
        "pointed": request.GET.get("item", ""),
        "total": len(items),
        "editing": editing,
        "making": any(by.may(right) for right in MAKING),
        "acts": _acts(by, found, failed, verb),
        "importing": importing or (ImportForm() if editing else None),
        "problems": problems,
        "since_base": _since_base(found, items),
        "outdated": _outdated(by, found),
        "own": found.state == "proposed" and found.proposed_person_id == by.person and by.may("list.approve"),
    }
    return render(request, "routing/version.html", context, status=status)


def _asked(request: HttpRequest, items: tuple[ItemValues, ...]) -> tuple[list[ItemValues], str]:
    """The items asked for and the class they are of, empty when found by words. Without a word it is the first class,
    or that of the item pointed to."""
    words = request.GET.get("q", "").split()[:10]
    if words:
        return [item for item in items if all(word in _words_of(item) for word in words)], ""
    pointed = next((item for item in items if item.code == request.GET.get("item")), None)
    first = pointed.class_name if pointed else items[0].class_name if items else ""
    chosen = request.GET.get("class") or first
    return [item for item in items if item.class_name == chosen], chosen


def _words_of(item: ItemValues) -> str:
    parts = (item.code, item.class_name, item.text, item.exceptions, item.unit_type, item.legal_basis, item.clause)
    return "\n".join((*parts, *item.signals, *item.examples))


def _acts(by: By, found: ListVersion, failed: StepForm | None, failed_verb: str) -> list[Act]:
    """The steps the actor may take now; who proposed is not offered to approve."""
    acts = []
    for edge in LIST.out_of(found.state):
        may = any(by.may(right) for right in NEEDS.get(edge.verb, ()))
        own = edge.verb == "approve" and found.proposed_person_id == by.person
        late = edge.verb == "recall" and found.effective_from <= local_day(clock.now())
        if may and not own and not late:
            form = failed if failed is not None and edge.verb == failed_verb else _form(edge.verb, found.version)
            kind = "danger" if edge.verb == "drop" else "" if edge.verb in WITH_REASON else "main"
            acts.append(Act(edge.verb, edge.label, kind, form))
    return acts


def _form(verb: str, seen: int, data: Any = None) -> StepForm:
    made = ReasonStepForm if verb in WITH_REASON else StepForm
    return made(data, verb=verb, initial={"seen": seen})


def _since_base(found: ListVersion, items: tuple[ItemValues, ...]) -> Differences | None:
    return differences(values_of(found.base), items) if found.base is not None else None


def _outdated(by: By, found: ListVersion) -> ListVersion | None:
    """A version that will hold before this one and is not the one this was begun from: its changes would be lost."""
    if found.base is None or found.state not in ("draft", "proposed"):
        return None
    before = visible_versions(by).filter(state__in=HELD, effective_from__lte=found.effective_from)
    last = before.exclude(pk=found.pk).first()
    return last if last is not None and last.pk != found.base_id else None


@page(right="list.edit")
def about(request: HttpRequest, by: By, code: str) -> HttpResponse:
    """What a draft is called and from which day."""
    found = access_version(by, code)
    begun: dict[str, str | date] = {
        "name": found.name,
        "effective_from": found.effective_from,
        "source": found.source,
    }
    form = AboutForm(request.POST or None, initial=begun)
    if request.method == "POST":
        if _attempt(form, lambda said: actions.describe(by=by, code=code, **said)) is not None:
            messages.success(request, "已保存。")
            return redirect("diversion-version", code)
    elif found.state != "draft":
        messages.warning(request, "只有草稿可以修改名称和施行日期。")
        return redirect("diversion-version", code)
    context = {"form": form, "version": found}
    return render(request, "routing/about.html", context, status=422 if request.method == "POST" else 200)


@page(right="order.read")
@require_POST
def step(request: HttpRequest, by: By, code: str, verb: str) -> HttpResponse:
    """Propose, send back, approve or drop; the actions ask for the rights."""
    if verb not in DONE:
        raise NotFound("没有这个操作。")
    form = _form(verb, 0, request.POST)
    do: dict[str, Callable[..., ListVersion]] = {
        "propose": actions.propose,
        "send_back": actions.send_back,
        "approve": actions.approve,
        "drop": actions.drop,
        "recall": actions.recall,
    }

    def attempt(said: dict[str, Any]) -> ListVersion:
        seen = said.pop("seen")
        return do[verb](by=by, code=code, seen=-1 if seen is None else seen, **said)

    if _attempt(form, attempt) is None:
        return show(request, by, code, failed=form, verb=verb, status=422)
    messages.success(request, f"{code}：{DONE[verb]}")
    return redirect("diversion-version", code)


def _attempt(form: Any, do: Callable[[dict[str, Any]], ListVersion]) -> ListVersion | None:
    """Do what a valid form asks; None when it failed, with the reason on the form."""
    if form.is_valid():
        try:
            return do(dict(form.cleaned_data))
        except LiandongError as why:
            if why.status not in SAID_HERE:
                raise
            form.put(why.field, why.message)
    return None
