"""`--check`: do the promises hold over every matter? Set-wise in SQL or in one stream, with evidence.

The names are those of the protocol's invariants. Each check can fail: the tests break one row for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from config.reactions import REACTIONS
from liandong.audit.verify import recompute
from liandong.kernel.clock import VirtualClock, running_on
from liandong.kernel.errors import LiandongError
from liandong.kernel.models import Fact
from liandong.kernel.outbox import Told
from liandong.kernel.seals import sm3
from liandong.transfer.models import StepRow, Transfer
from liandong.transfer.queries import replica_of, step_of
from liandong.transfer.replica import Replica, fold
from simulation import questions

# An event of the trail may wait this long for its seal; a run seals at its end, so nothing does.
SEAL_PATIENCE = timedelta(minutes=10)
# How many handled facts of each kind are handled once more to see that nothing changes.
SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Violation:
    """`promise` is the invariant (I1 …), `subject` the number it is about, `what` the evidence in Chinese."""

    promise: str
    subject: str
    what: str

    @property
    def chinese(self) -> str:
        return f"{self.promise} {self.subject}：{self.what}"


def check_all(*, now: datetime, sample: int = SAMPLE) -> list[Violation]:
    """Every check, as of `now`. Reads one database; the repeated facts (`sample` of each kind) are rolled back."""
    found: list[Violation] = []
    for check in (*_ASKED, no_gap, one_author, trail_holds, danger_first):
        found += check(now)
    found += no_double_effect(now, sample)
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that is one question to the database: every row it returns is a violation (number, evidence)."""

    promise: str
    what: str
    question: str

    def __call__(self, now: datetime) -> list[Violation]:
        return [Violation(self.promise, number, f"{self.what}{_told(rest)}") for number, *rest in rows(self.question)]


def _told(rest: list[Any]) -> str:
    told = "，".join(str(part) for part in rest if part is not None)
    return f"（{told}）" if told else ""


def rows(question: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, values or [])
        return list(cursor.fetchall())


_ASKED = (
    Asked("I1", "未办结事项没有唯一的主责方", questions.NO_LEAD),
    Asked("I1", "已办结事项仍有未结束的责任段", questions.RUNNING_AFTER_END),
    Asked("I1", "事项状态与其工单、移交不一致", questions.OPEN_MATTER_ENDED),
    Asked("I3", "已受理的单在库中不存在", questions.ACCEPTED_LOST),
    Asked("I3", "已答复发送方的单在库中不存在", questions.ANSWER_LOST),
    Asked("I3", "事项没有受理事实", questions.FACT_MISSING),
    Asked("I3", "事实处理失败被搁置", questions.FACT_ASIDE),
    Asked("I4", "同一外部编号受理了两次", questions.EXTERNAL_TWICE),
    Asked("I4", "同一幂等键使用了两次", questions.KEY_TWICE),
    Asked("I4", "同一事项受理了两次", questions.ACCEPTED_TWICE),
    Asked("I6", "未办结事项没有运行中的时限", questions.NO_CLOCK),
    Asked("I6", "未结束的移交没有运行中的时限", questions.TRANSFER_NO_CLOCK),
    Asked("I6", "到期处理失败", questions.DUE_ASIDE),
    Asked("I7", "险情信号出现时没有同时建立联动派警", questions.DANGER_LATE),
    Asked("I7", "联动派警出现退回、协商或撤回", questions.DANGER_REFUSED),
    Asked("I8", "移交的步与审计链不一致", questions.STEP_NOT_IN_TRAIL),
)


def no_gap(now: datetime) -> Iterator[Violation]:
    """I1: the lead segments tile the matter's life; their lengths sum to it, to the microsecond."""
    for number, segments in groupby(_stream(questions.TILES), key=lambda row: row[0]):
        wrong = _untiled(list(segments), now)
        if wrong:
            yield Violation("I1", number, wrong)


def _untiled(segments: list[tuple[Any, ...]], now: datetime) -> str | None:
    _, opened, closed, _, _ = segments[0]
    if segments[0][3] is None:
        return "没有主责段"
    at, total = opened, timedelta()
    for _, _, _, since, until in segments:
        if since != at:
            return f"主责段在 {at.isoformat()} 与 {since.isoformat()} 之间不相接"
        at = until if until is not None else (closed or max(now, since))
        total += at - since
    if at != (closed or max(now, at)):
        return f"主责段止于 {at.isoformat()}，事项办结于 {closed.isoformat() if closed else '（未办结）'}"
    life = (closed or at) - opened
    return None if total == life else f"主责段合计 {total}，事项历时 {life}"


def _stream(question: str) -> Iterator[tuple[Any, ...]]:
    """The rows one after another, however many, with a cursor on the server."""
    with transaction.atomic():
        connection.ensure_connection()
        with connection.connection.cursor(name="simulation_check") as cursor:
            cursor.itersize = 5000
            cursor.execute(question)
            yield from cursor


def one_author(now: datetime) -> Iterator[Violation]:
    """I2 and I5: every transfer's row is the fold of its steps, numbered without gap, each by the holder."""
    steps = StepRow.objects.order_by("transfer_id", "seq").iterator(chunk_size=2000)
    by_transfer = groupby(steps, key=lambda step: step.transfer_id)
    found, of_steps = next(by_transfer, (None, iter(())))
    for row in Transfer.objects.select_related("matter").order_by("id").iterator(chunk_size=2000):
        mine: list[StepRow] = []
        if found == row.pk:
            mine = list(of_steps)
            found, of_steps = next(by_transfer, (None, iter(())))
        yield from _unfolded(row, mine)


def _unfolded(row: Transfer, steps: list[StepRow]) -> Iterator[Violation]:
    number = row.matter.number
    if [step.seq for step in steps] != list(range(1, len(steps) + 1)):
        yield Violation("I2", number, f"移交 {row.number} 的步次不连续：{[step.seq for step in steps]}")
        return
    read = [step_of(step, row) for step in steps]
    for step, told in zip(steps, read, strict=True):
        if (step.verb, step.author, step.at, step.body) != (told.verb, told.author, told.at, told.body):
            yield Violation("I8", number, f"移交 {row.number} 第 {step.seq} 步的各列与其原文不一致")
        if bytes(step.hash) != sm3(step.content.encode()):
            yield Violation("I8", number, f"移交 {row.number} 第 {step.seq} 步的校验值与其原文不符")
    empty = Replica(transfer=row.number, kind=row.kind, origin=row.origin, target=row.target)
    try:
        folded = fold(empty, read)
    except LiandongError as why:
        yield Violation("I2", number, f"移交 {row.number} 的步不能重放：{why.message}")
        return
    if folded != replica_of(row):
        yield Violation("I5", number, f"移交 {row.number} 与由各步重放的结果不一致")


def trail_holds(now: datetime) -> Iterator[Violation]:
    """I8: the audit trail verifies from its first event to the last seal."""
    with transaction.atomic(), running_on(VirtualClock(now)):
        found = recompute(patience=SEAL_PATIENCE)
    if not found.intact:
        subject = found.first.subject if found.first else ""
        yield Violation("I8", subject or "审计链", found.chinese)


def danger_first(now: datetime) -> Iterator[Violation]:
    """I7: the first clock of a danger began with its transfer, and the row's opening is the first step's moment."""
    for number, transfer in rows(questions.DANGER_OPENED):
        yield Violation("I7", number, f"联动派警 {transfer} 的第一步晚于信号")


def no_double_effect(now: datetime, sample: int) -> Iterator[Violation]:
    """I4: facts handled once more, years late, change nothing. What they might have written is rolled back."""
    repeated = _handled_facts(sample)
    with transaction.atomic(), running_on(VirtualClock(now + timedelta(days=800))):
        before = _everything()
        for fact in repeated:
            told = Told(id=fact.id, kind=fact.kind, payload=fact.payload, occurred_at=fact.occurred_at)
            try:
                with transaction.atomic():
                    for reaction in REACTIONS[fact.kind]:
                        reaction(told)
            except Exception as why:  # noqa: BLE001 - whatever a repeated reaction raises is the violation
                yield Violation("I4", str(fact.id), f"事实 {fact.kind} 重复处理时出错：{why}")
            after = _everything()
            if after != before:
                changed = "，".join(name for name in before if before[name] != after[name])
                yield Violation(
                    "I4", str(fact.payload.get("matter") or fact.id), f"{fact.kind} 重复处理改变了 {changed}"
                )
                before = after
        transaction.set_rollback(True)


def _handled_facts(sample: int) -> list[Fact]:
    """Of every kind that something follows, handled facts spread evenly over the run."""
    found: list[Fact] = []
    for kind in (kind for kind, follow in REACTIONS.items() if follow):
        handled = Fact.objects.filter(kind=kind, handled_at__isnull=False)
        found += handled.order_by("id")[:: max(1, handled.count() // sample)]
    return found


# What only grows is counted; what moves carries a version that every move raises.
_EVERYTHING = """
SELECT (SELECT count(*) FROM transfer_steprow), (SELECT count(*) FROM transfer_noterow),
       (SELECT count(*) FROM intake_orderstep), (SELECT count(*) FROM audit_event), (SELECT count(*) FROM kernel_fact),
       (SELECT count(*) + coalesce(sum(version), 0) FROM intake_matter),
       (SELECT count(*) + coalesce(sum(version), 0) FROM intake_order),
       (SELECT count(*) + coalesce(sum(version), 0) FROM transfer_transfer),
       (SELECT count(*) * 2 + count(until) FROM intake_custody)
"""
_NAMES = ("步", "附记", "工单经过", "审计事件", "事实", "事项", "工单", "移交", "责任段")


def _everything() -> dict[str, Any]:
    """Every table of the trade, as one number each."""
    (values,) = rows(_EVERYTHING)
    return dict(zip(_NAMES, values, strict=True))
