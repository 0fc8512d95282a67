"""Make a report, take it out of the house, and type in what was answered to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.identity.queries import desk_name, must_be_here
from liandong.intake.actions import lock_matter, reveal_caller, trace
from liandong.intake.callers import Caller
from liandong.intake.queries import caller_masked, rulebook
from liandong.kernel import clock
from liandong.kernel.canonical import canonical
from liandong.kernel.errors import Invalid
from liandong.kernel.ids import local_day
from liandong.kernel.seals import seal_bytes, sm3
from liandong.report import word
from liandong.report.channels import paper
from liandong.report.channels.fonts import FontsMissing
from liandong.report.content import Marks, Report, compose, document_number
from liandong.report.errors import MarkMissing, NoFont, NothingRuns, PurposeNeeded
from liandong.report.models import ReportRow, Series
from liandong.report.queries import access_report, facts_of, own_desk, place, report_in
from liandong.transfer.models import Transfer
from liandong.transfer.queries import access_transfer

# What goes out with a caller's name in clear goes out by the hand of who may see it.
CLEAR = "caller.reveal"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the writer of a report chooses. `purpose`: set, the caller stands in it in clear."""

    to: str
    urgency: str = ""
    secrecy: str = ""
    asks: str = ""
    clear: bool = False
    purpose: str = ""


@transaction.atomic
def make_report(*, by: By, number: str, wish: Wish) -> ReportRow:
    """Make a report about a running transfer and number it. Downloading it is `see_report`.

    Raises NotAllowed, NotFound, DeskElsewhere, NothingRuns, MarkMissing, PurposeNeeded, Invalid.
    """
    by.needs("report.make")
    row = access_transfer(by, number)
    own = own_desk(by, row)
    must_be_here(own)
    # Before the lock: what is revealed is written into the trail by itself, and what follows has to know of it.
    caller = _caller(by, row, wish)
    row.matter = row.origin_order.matter = lock_matter(row.matter_id)
    row.refresh_from_db(fields=["state", "seq", "ended_at"])
    if row.ended_at is not None:
        raise NothingRuns
    now = clock.now()
    marks = _marks(own, wish, now)
    report = compose(facts_of(by, row, caller, wish.asks), marks)
    words = canonical(report.as_json())
    made = ReportRow.objects.create(
        transfer=row,
        number=report.number,
        to=report.to,
        at=now,
        after_seq=row.seq,
        party=own,
        by=by.described(),
        clear=_is_clear(row, wish),
        sealed=seal_bytes(settings.SEAL_KEY, words, bound_to=place(report.number)),
        sm3=sm3(words),
    )
    detail = {
        "transfer": row.number,
        "report_number": made.number,
        "after_seq": made.after_seq,
        "clear": made.clear,
        "sm3": sm3(words).hex(),
    }
    trace("report.made", by=by, matter=row.matter, detail=detail)
    return made


def _is_clear(row: Transfer, wish: Wish) -> bool:
    """A caller who asked for secrecy stands in no report, whoever wishes it."""
    return wish.clear and not row.origin_order.secret


def _caller(by: By, row: Transfer, wish: Wish) -> Caller:
    if not _is_clear(row, wish):
        return caller_masked(row.origin_order)
    if not wish.purpose.strip():
        raise PurposeNeeded(field="purpose")
    return reveal_caller(by=by, number=row.origin_order.number, purpose=wish.purpose)


def _marks(own: str, wish: Wish, now: datetime) -> Marks:
    book = rulebook()
    if not wish.to.strip():
        raise Invalid("请填写主送单位。", field="to")
    for field, code in (("urgency", wish.urgency), ("secrecy", wish.secrecy)):
        if code and not book.knows(f"report_{field}", code, now):
            raise Invalid("所选的标注已停用或不存在，请重新选择。", field=field)
    return Marks(
        head=_row("report_head", own, now) or desk_name(own),
        number=_next_number(own, now),
        to=wish.to.strip(),
        secrecy=book.label("report_secrecy", wish.secrecy) if wish.secrecy else "",
        urgency=book.label("report_urgency", wish.urgency) if wish.urgency else "",
        day=local_day(now),
    )


def _row(table: str, code: str, now: datetime) -> str:
    """The name of the row of a code table in force; empty when there is none."""
    return next((row.name for row in rulebook().table(table, now) if row.code == code), "")


def _next_number(own: str, now: datetime) -> str:
    """The next of the office's year. The series' row is locked to the end, so no count is given twice or left out."""
    mark = _row("report_mark", own, now)
    if not mark:
        raise MarkMissing
    year = local_day(now).year
    Series.objects.get_or_create(mark=mark, year=year)
    series = Series.objects.select_for_update().get(mark=mark, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return document_number(mark, year, series.last)


@dataclass(frozen=True, slots=True)
class Out:
    """A report as a file. `missing`: characters the fonts do not have."""

    name: str
    media_type: str
    data: bytes
    missing: tuple[str, ...] = ()


FORMS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


def see_report(*, by: By, number: str, report: int, form: str) -> Out:
    """The report as a file; that it left the house is in the trail before the first byte goes out.

    Raises NotAllowed (also when the caller stands in it in clear), NotFound, NoFont, SealBroken.
    """
    by.needs("report.make")
    row = access_report(by, number, report)
    if row.clear:
        by.needs(CLEAR)
    made = _made(report_in(row), form)
    detail = {"transfer": row.transfer.number, "report_number": row.number, "form": form, "clear": row.clear}
    with transaction.atomic():
        record("report.seen", by=by, subject=row.transfer.matter.number, detail=detail)
    return Out(f"{row.number}.{form}", FORMS[form], *made)


def _made(report: Report, form: str) -> tuple[bytes, tuple[str, ...]]:
    if form == "docx":
        return word.docx(report), ()
    try:
        printed = paper.pdf(report, settings.REPORT_FONTS)
    except FontsMissing as why:
        raise NoFont from why
    return printed.pdf, printed.missing


def missing_in(row: ReportRow) -> tuple[str, ...]:
    """The characters of a report that the fonts here do not have; none where there is no font at all."""
    try:
        return paper.missing(report_in(row), settings.REPORT_FONTS)
    except FontsMissing:
        return ()
