"""What a run came to: counts out of the database, for machines and for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from liandong.audit.by import gate_of, leads_of
from liandong.intake.models import Matter, Order
from liandong.transfer.actions.handling import NOTED
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.states import KINDS, TRANSFER

if TYPE_CHECKING:
    from simulation.checks import Violation
    from simulation.play import Plan, Played


def counted(played: Played, violations: Sequence[Violation] | None, plan: Plan) -> dict[str, Any]:
    """The figures of a run. `violations` is None when nothing was checked."""
    steps = StepRow.objects.order_by("letter", "verb").values_list("letter", "verb").annotate(n=Count("id"))
    return {
        "violations": None if violations is None else len(violations),
        "seed": plan.seed,
        "matters": Matter.objects.count(),
        "open": Matter.objects.filter(state="open").count(),
        "orders": _by(Order, "kind"),
        "transfers": _by(Transfer, "kind"),
        "by_gates": _by_gates(),
        "edges": {f"{letter} {verb}": n for letter, verb, n in steps},
        "notes": _by(NoteRow, "kind"),
        "clocks_ran_out": dict(sorted(played.ran_out.items())),
        "told_no": dict(sorted(played.told_no.items())),
        "texts": len(plan.texts) if plan.each_once else 0,
        "texts_closed": Order.objects.exclude(external_id="").filter(state="closed").count() if plan.each_once else 0,
        "seconds": round(played.seconds, 1),
        "cpu_seconds": round(played.cpu_seconds, 1),
        "simulated_days": round(played.simulated_days, 2),
        "call_days": plan.days,
        "events": played.events,
        "events_per_second": round(played.events / played.seconds, 1),
    }


def _by_gates() -> dict[str, int]:
    """What went out without anybody's step: dangers and clues of orders as they came in, and out of handling (S3.7)."""
    opened = Transfer.objects.filter(steps__seq=1, steps__person__in=(gate_of("").name, leads_of("").name))
    handled = opened.filter(reason__contains=NOTED)
    return {
        "danger": opened.filter(kind="danger").exclude(reason__contains=NOTED).count(),
        "clue": opened.filter(kind="clue").exclude(reason__contains=NOTED).count(),
        "handling": handled.count(),
    }


def _by(model: Any, name: str) -> dict[str, int]:
    return dict(model.objects.order_by(name).values_list(name).annotate(n=Count("id")))


def chinese(figures: dict[str, Any], violations: Sequence[Violation] | None, database: str) -> str:
    """The same for people."""
    labels = {edge.letter: edge.label for edge in TRANSFER.edges}
    transfers = "，".join(f"{KINDS[kind].label} {n}" for kind, n in figures["transfers"].items())
    gates = figures["by_gates"]
    edges = "，".join(f"{key[0]} {labels[key[0]]} {n}" for key, n in figures["edges"].items())
    lines = [
        f"数据库：{database}",
        f"来电 {figures['call_days']:g} 天，共模拟 {figures['simulated_days']} 天，用时 {figures['seconds']} 秒，"
        f"每秒 {figures['events_per_second']} 件",
        f"事项 {figures['matters']}，未办结 {figures['open']}；工单 {figures['orders'].get('work', 0)}，"
        f"警单 {figures['orders'].get('police', 0)}",
        f"移交：{transfers}",
        f"闸门自动发出：险情 {gates['danger']}，线索 {gates['clue']}，办理中升级 {gates['handling']}",
        f"各步：{edges}",
        f"到期处理：{'，'.join(f'{name} {n}' for name, n in figures['clocks_ran_out'].items()) or '无'}",
    ]
    if violations is None:
        lines.append("未核验（加 --check 核验）")
    elif not violations:
        lines.append("核验：全部符合")
    else:
        lines.append(f"核验：{len(violations)} 处违反")
        lines += [f"  {violation.chinese}" for violation in violations[:50]]
    return "\n".join(lines)
