"""Making reports: numbers, what is told, what leaves a trail, and two nodes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from docx import Document

from liandong.audit.models import Event
from liandong.intake.models import Code
from liandong.intake.queries import forget_rulebook
from liandong.kernel.errors import Invalid, NotAllowed, NotFound
from liandong.kernel.seals import SealBroken
from liandong.report.actions import Wish, make_report, see_report
from liandong.report.errors import MarkMissing, NothingRuns, PurposeNeeded
from liandong.report.models import ReportRow
from liandong.report.queries import report_in
from liandong.transfer.actions import note_paper_answer, step_on_behalf
from liandong.transfer.errors import NotOnPaper
from liandong.transfer.models import Transfer
from liandong.transfer.onbehalf import Paper
from tests.cast import COUNTY, GAS, HOTLINE, HOTLINE_TAKER, POLICE, hand_over, new_order, note, step
from tests.nodes import Nodes

pytestmark = pytest.mark.django_db
WISH = Wish(to="忻州市公安局")


def made(row: Transfer, by: Any = HOTLINE, **wish: Any) -> ReportRow:
    return make_report(by=by, number=row.number, wish=replace(WISH, **wish))


def words(row: ReportRow) -> str:
    return "\n".join(one for section in report_in(row).sections for one in section.paragraphs)


def test_a_report_tells_what_the_journal_says_with_the_caller_masked(city: Any) -> None:
    row = hand_over(new_order(content="楼下有人赌博。\n请尽快处理。"), list_item="P01")
    note(row, "urge", HOTLINE, text="请尽快签收。")
    said = words(made(row, asks="请派员到场。"))
    for told in (
        row.matter.number, row.number, "T-1版第P01条：治安：聚众赌博", "楼下有人赌博。\n请尽快处理。", "张**",
        "138****8000",        "催办：请尽快签收。", "签收时限：2026年3月2日", "请派员到场。", "目前状态：待签收",
    ):  # fmt: skip
        assert told in said, told
    assert "13800138000" not in said


def test_reports_of_an_office_are_counted_within_the_year_without_a_gap(city: Any) -> None:
    row = hand_over(new_order())
    assert [made(row).number for _ in range(3)] == [f"忻热专报〔2026〕{n}号" for n in (1, 2, 3)]
    with pytest.raises(Invalid), transaction.atomic():
        made(row, urgency="unknown")
    assert made(row).number == "忻热专报〔2026〕4号"
    assert made(row, POLICE).number == "忻公指专报〔2026〕1号"
    city.advance(days=310)
    assert made(row).number == "忻热专报〔2027〕1号"


def test_the_caller_stands_in_it_in_clear_for_a_purpose_only_and_never_against_the_callers_wish(city: Any) -> None:
    row = hand_over(new_order())
    with pytest.raises(PurposeNeeded):
        made(row, clear=True)
    shown = made(row, clear=True, purpose="对方须联系来电人")
    assert "13800138000" in words(shown)
    assert "对方须联系来电人" in Event.objects.get(kind="caller.revealed").body
    blind = replace(POLICE, rights=POLICE.rights - {"caller.reveal"})
    with pytest.raises(NotAllowed):
        see_report(by=blind, number=row.number, report=shown.pk, form="pdf")
    secret = hand_over(_secret(new_order()))
    hidden = made(secret, clear=True, purpose="对方须联系来电人")
    assert "（要求保密）" in words(hidden)
    assert "13800138000" not in words(hidden)
    assert not hidden.clear


def _secret(order: Any) -> Any:
    type(order).objects.filter(pk=order.pk).update(secret=True, address="长征西街12号")
    order.refresh_from_db()
    return order


def test_each_time_it_leaves_the_house_is_in_the_trail(city: Any) -> None:
    row = hand_over(new_order())
    report = made(row)
    out = see_report(by=HOTLINE, number=row.number, report=report.pk, form="docx")
    assert out.name == "忻热专报〔2026〕1号.docx"
    assert row.matter.number in "".join(one.text for one in Document(BytesIO(out.data)).paragraphs)
    seen = Event.objects.get(kind="report.seen")
    assert seen.subject == row.matter.number
    assert "忻热专报〔2026〕1号" in seen.body


def test_who_may_not_gets_none_and_a_stranger_does_not_learn_that_it_is_there(city: Any) -> None:
    row = hand_over(new_order())
    report = made(row)
    with pytest.raises(NotAllowed):
        made(row, HOTLINE_TAKER)
    for stranger in (GAS, COUNTY):
        with pytest.raises(NotFound):
            see_report(by=stranger, number=row.number, report=report.pk, form="pdf")


def test_a_hand_over_that_has_ended_gets_no_report_and_keeps_those_it_has(city: Any) -> None:
    row = hand_over(new_order())
    report = made(row)
    for verb in ("accept", "conclude", "confirm"):
        step(row, verb)
    with pytest.raises(NothingRuns):
        made(row)
    assert see_report(by=HOTLINE, number=row.number, report=report.pk, form="docx").data


def test_without_a_mark_of_the_office_nothing_is_numbered(city: Any) -> None:
    row = hand_over(new_order())
    Code.objects.filter(table="report_mark", code="12345").update(effective_to=date(2024, 1, 1))
    forget_rulebook()
    with pytest.raises(MarkMissing):
        made(row)


def test_a_report_cannot_be_changed_and_opens_under_its_own_number_only(city: Any) -> None:
    report = made(hand_over(new_order()))
    with pytest.raises(DatabaseError), transaction.atomic():
        ReportRow.objects.filter(pk=report.pk).update(to="别处")
    report.number = "忻热专报〔2026〕9号"
    with pytest.raises(SealBroken):
        report_in(report)


def test_at_two_nodes_a_paper_answer_is_a_note_and_the_desk_takes_its_step_itself(nodes: Nodes) -> None:
    """The chain must not fork when the silent side comes back: its step is its own, before and after."""
    order = nodes.order()
    row = nodes.offer(order)
    nodes.cut.add(frozenset({"gov", "police"}))
    paper = Paper("忻公指〔2026〕3号", date(2026, 3, 2), "王指挥", "线路中断", order.number, 1, "ab" * 32)
    with nodes.of(HOTLINE):
        made(Transfer.objects.get(number=row.number))
        with pytest.raises(NotOnPaper):
            step_on_behalf(by=HOTLINE, number=row.number, verb="accept", paper=paper)
        note_paper_answer(by=HOTLINE, number=row.number, paper=paper, said="签收", text="")
        ours = Transfer.objects.get(number=row.number)
        assert (ours.state, ours.origin_duty) == ("offered", True)
    nodes.cut.clear()
    nodes.quiet()
    taken = nodes.step(row, "accept", POLICE)
    with nodes.of(HOTLINE):
        ours = Transfer.objects.get(number=row.number)
        assert (ours.state, bytes(ours.head)) == ("accepted", bytes(taken.head))
    with nodes.of(POLICE):
        kept = Transfer.objects.get(number=row.number).notes.get(kind="supplement")
        assert (kept.author, kept.body["on_behalf"]["said"]) == ("12345", "签收")
