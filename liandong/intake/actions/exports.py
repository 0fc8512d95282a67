"""Take a list away as a spreadsheet: as much as may be, masked, and always in the trail (S2.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qsl

from django.db import transaction

from liandong.audit.actions import record
from liandong.audit.by import By
from liandong.audit.catalogue import covered
from liandong.identity.queries import desk_name, division_name, post_name
from liandong.intake.errors import TooManyRows
from liandong.intake.filters import LISTINGS, Filter, read_filter
from liandong.intake.lines import ListColumn, line_of
from liandong.intake.models import ExportRequest, Order
from liandong.intake.queries import caller_masked, rulebook
from liandong.intake.queries.lists import exported
from liandong.intake.queries.saved import access_request
from liandong.kernel import clock
from liandong.kernel.errors import Conflict, Invalid, NotAllowed
from liandong.kernel.ids import CITY_ZONE
from liandong.kernel.sheets import Cell, Column, Sheet, write_sheet

_AT_ONCE = 500


def most_rows() -> int:
    """How many rows somebody may export on their own. Raises ParameterMissing."""
    return int(rulebook().parameter("export_rows_max", clock.now()))


@transaction.atomic
def export_orders(
    *, by: By, listing: str, asked: Filter, columns: Sequence[ListColumn], about: str, approved: int | None = None
) -> Sheet:
    """The list as a sheet. `about` is the filter in words; `approved` the request that allows more rows.

    Raises NotAllowed, TooManyRows, Conflict (a request that is not granted, run out or used).
    """
    by.needs("order.export")
    most = most_rows() if approved is None else _use(by, approved, listing, asked)
    rows = exported(by, listing, asked)
    if rows.order_by()[: most + 1].count() > most:
        raise TooManyRows(f"符合条件的单超过{most}条，不能直接导出。请缩小范围，或填写理由申请导出。", most=most)
    title = f"{LISTINGS[listing]}清单"
    sheet = write_sheet(
        title=title,
        about=_about(by, about),
        mark=f"{by.name} {_now()} 内部使用",
        columns=[Column("单号", 26), Column("联动号", 26), *(Column(one.title, one.width) for one in columns)],
        rows=_cells(rows[:most].iterator(chunk_size=_AT_ONCE), columns),
    )
    detail = {"listing": LISTINGS[listing], "filter": covered(about), "rows": sheet.rows, "sm3": sheet.digest.hex()}
    record("order.exported", by=by, subject=f"person:{by.person}", detail=detail)
    return sheet


def _about(by: By, about: str) -> list[str]:
    place = f"{desk_name(by.party)} · {post_name(by.post)}"
    return [
        f"导出人：{by.name}（{place}）　导出时间：{_now()}",
        f"筛选条件：{about}",
        "个人信息已遮蔽。本次导出已记入审计；仅限工作使用，不得外传。",
    ]


def _now() -> str:
    return f"{clock.now().astimezone(CITY_ZONE):%Y-%m-%d %H:%M}"


def _cells(orders: Iterator[Order], columns: Sequence[ListColumn]) -> Iterator[list[Cell]]:
    make = partial(line_of, book=rulebook(), desk=desk_name, division=division_name)
    with_caller = any(column.code == "caller" for column in columns)
    for order in orders:
        line = make(order)
        if with_caller:
            line = replace(line, caller=caller_text(order))
        yield [line.number, line.linkage, *(column.cell(line) for column in columns)]


def caller_text(order: Order) -> str:
    """Name and phone of the caller, masked."""
    caller = caller_masked(order)
    return " ".join(part for part in (caller.name, caller.phone) if part)


@transaction.atomic
def ask_export(*, by: By, listing: str, query: str, reason: str) -> ExportRequest:
    """Ask to export more rows than one may alone. Raises NotAllowed, Invalid."""
    by.needs("order.export")
    if by.person is None:
        raise NotAllowed
    if not reason.strip():
        raise Invalid("请写明导出的理由和用途。", field="reason")
    made = ExportRequest.objects.create(
        person_id=by.person, desk=by.party, listing=listing, query=query, reason=reason.strip(), asked_at=clock.now()
    )
    detail = {"request": made.pk, "listing": LISTINGS[listing], "purpose": made.reason}
    record("export.requested", by=by, subject=f"person:{by.person}", detail=detail)
    return made


@transaction.atomic
def decide_export(*, by: By, request: int, granted: bool, why: str) -> ExportRequest:
    """Grant or refuse another person's request. Raises NotAllowed (also for the own one), NotFound, Conflict."""
    by.needs("export.approve")
    found = access_request(by, request)
    if found.person_id == by.person:
        raise NotAllowed("不能审批自己的导出申请，请由其他有权人员审批。")
    if not why.strip():
        raise Invalid("请写明审批意见。", field="why")
    moment = clock.now()
    days = rulebook().parameter("export_approval_days", moment)
    changes = {
        "decided_at": moment,
        "decided_person_id": by.person,
        "granted": granted,
        "why": why.strip(),
        "usable_until": moment + timedelta(days=days) if granted else None,
    }
    if not ExportRequest.objects.filter(pk=found.pk, decided_at__isnull=True).update(**changes):
        raise Conflict("该申请已由他人审批，请刷新后查看。")
    detail = {"request": found.pk, "granted": granted, "purpose": why.strip()}
    record("export.decided", by=by, subject=f"person:{found.person_id}", detail=detail)
    found.refresh_from_db()
    return found


def _use(by: By, request: int, listing: str, asked: Filter) -> int:
    """Take a granted request, once; returns how many rows it allows."""
    found = access_request(by, request)
    usable = ExportRequest.objects.filter(
        pk=found.pk, person=by.person, granted=True, fetched_at__isnull=True, usable_until__gt=clock.now()
    )
    granted_for = read_filter(dict(parse_qsl(found.query)))
    if (found.listing, granted_for) != (listing, asked) or not usable.update(fetched_at=clock.now()):
        raise Conflict("该申请未获批准、已过期或已取用，请重新申请。")
    return int(rulebook().parameter("export_rows_approved_max", clock.now()))
