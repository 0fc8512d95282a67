"""The page that shows every component with sample values, to look at and to copy from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from liandong.audit.by import By
from liandong.console.forms import SignInForm
from liandong.identity.gate import page
from liandong.kernel import clock


@dataclass(frozen=True, slots=True)
class Held:
    """A sample segment of a custody chain."""

    party: str
    side: str
    why: str
    since: datetime
    until: datetime | None
    lead: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """A sample line of a timeline."""

    at: datetime
    kind: str
    what: str
    desk: str
    who: str
    said: list[tuple[str, str]]


@page()
@require_safe
def styleguide(request: HttpRequest, by: By) -> HttpResponse:
    now, hour = clock.now(), timedelta(hours=1)
    began = now - 9 * hour
    form = SignInForm({"username": "", "password": ""})
    del form.fields["username"].widget.attrs["autofocus"]
    context = {
        "form": form,
        "clocks": [(now - hour, now + 2 * hour), (now - 2 * hour, now + hour / 2), (now - hour, now - hour / 60)],
        "head": ["步骤", "台席", "时间"],
        "rows": [["登记", "市12345热线", "09:00"], ["移交", "市110报警服务台", "09:02"]],
        "sticky": [[f"第{n}行", "市12345热线", f"09:{n:02}"] for n in range(1, 21)],
        "custody": [
            Held("市12345热线", "p12345", "受理", began, began + 2 * hour),
            Held("市110报警服务台", "p110", "签收", began + 2 * hour, began + 6 * hour),
            Held("市12345热线", "p12345", "共同办理", began + 3 * hour, began + 5 * hour, lead=False),
            Held("市供水公司", "other", "收回办理", began + 6 * hour, None),
        ],
        "story": [
            Said(began, "order", "工单：受理", "市12345热线", "热线受理员甲", []),
            Said(
                began + hour,
                "step",
                "移交：分流 → 市110报警服务台",
                "市12345热线",
                "热线派单员甲",
                [("理由", "聚众赌博，清单 P01。")],
            ),
            Said(began + 3 * hour, "note", "附记：办理进展", "市110报警服务台", "指挥调度员甲", [("", "民警已到场。")]),
        ],
    }
    return render(request, "console/styleguide.html", context)
