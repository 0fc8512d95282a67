"""What an order page tells: the timeline of both sides, the custody bar, the clocks, why it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from liandong.identity.queries import desk_name, desks
from liandong.intake.models import Custody, Document, Order, OrderStep
from liandong.intake.queries import rulebook
from liandong.intake.queries.documents import is_there
from liandong.intake.states import ORDER
from liandong.transfer.facts import CLOCK_NAMES
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.notes import NOTES, POSITIONS, RULINGS
from liandong.transfer.onbehalf import on_behalf_of
from liandong.transfer.pages.reading import Reading
from liandong.transfer.queries import Ground, grounds
from liandong.transfer.queries.why import HANDING_OVER
from liandong.transfer.states import KINDS, TRANSFER

STEP_LABELS = {edge.verb: edge.label for edge in TRANSFER.edges}
ORDER_LABELS = {edge.verb: edge.label for edge in ORDER.edges} | {
    "overdue": "超过答复时限",
    "urge": "催办",
    "add_document": "添加材料",
    "take_down_document": "撤下材料",
}
WHY = {"received": "受理", "restored": "恢复后核对"} | STEP_LABELS
CLOCK_LABELS = {**CLOCK_NAMES, "objection_until": "异议期限"}
ORDER_CLOCKS = {"answer_by": "答复时限", "followup_by": "回访时限"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: when, who at which desk, what in words, and what was said."""

    at: datetime
    who: str
    desk: str
    what: str
    said: list[tuple[str, str]]
    kind: str
    side: str
    typed: Typed | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """That a line was typed in for the other side (代录): by whom, by which document; `scan` is there to be opened."""

    words: str
    scan: Document | None


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of the custody bar: who was responsible, why, from when to when (None: until now)."""

    party: str
    side: str
    why: str
    since: datetime
    until: datetime | None
    lasted: timedelta
    lead: bool


@dataclass(frozen=True, slots=True)
class Ticking:
    label: str
    started: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Cited:
    """Why a step was taken: version, item and clause of the list as it was then, or the basis that was given.

    `known`: the version is one of ours, so that it can be opened.
    """

    at: datetime
    what: str
    desk: str
    version: str
    item: str
    text: str
    exceptions: str
    clause: str
    reason: str
    known: bool


def timeline(page: Reading) -> list[Line]:
    """Steps of the orders, steps of the transfers and notes of both sides, the newest first.

    What happened at the same moment keeps its order: a step stands above what followed from it.
    """
    names = {transfer.pk: transfer for transfer in page.transfers}
    lines = [_of_order(step) for step in page.history]
    lines += [_of_step(step, names[step.transfer_id], page) for step in page.steps]
    lines += [_of_note(note, page) for note in page.notes]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def told(steps: Sequence[StepRow], notes: Sequence[NoteRow], transfer: Transfer, page: Reading) -> list[Line]:
    """The lines of the steps and notes of one transfer, the newest first."""
    lines = [_of_step(step, transfer, page) for step in steps] + [_of_note(note, page) for note in notes]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _of_order(step: OrderStep) -> Line:
    what = f"{step.order.get_kind_display()}：{ORDER_LABELS[step.verb]}"
    said = [("", step.text)] if step.text else []
    party = str(step.by["desk"] or step.by["unit"])
    return Line(step.at, str(step.by["name"]), desk_name(party), what, said, "order", side_of(party))


def _of_step(step: StepRow, transfer: Transfer, page: Reading) -> Line:
    kind, label = KINDS[transfer.kind].label, STEP_LABELS[step.verb]
    opening = step.verb in ("offer", "open")
    what = f"{label}：{kind} → {desk_name(transfer.target)}" if opening else f"{kind}：{label}"
    said = list(_body(step.body, step.verb))
    side, typed = side_of(step.author), typed_of(step.body, page)
    return Line(step.at, step.person, desk_name(step.author), what, said, "step", side, typed)


def _of_note(note: NoteRow, page: Reading) -> Line:
    said = list(_body(note.body, note.kind))
    what, side = f"附记：{NOTES[note.kind].label}", side_of(note.author)
    return Line(note.at, note.person, desk_name(note.author), what, said, "note", side, typed_of(note.body, page))


def typed_of(body: Mapping[str, Any], page: Reading) -> Typed | None:
    """Who typed it in and by which document; the scan is opened where it is: another node has only its digest."""
    paper = on_behalf_of(body)
    if paper is None:
        return None
    dated = f"（{paper['dated']}）" if paper.get("dated") else ""
    parts = [
        f"{desk_name(str(paper.get('desk') or ''))} {paper['typist']} 据“{paper['document']}”{dated}录入".strip(),
        f"签署人{paper['signed_by']}",
    ]
    if paper.get("why"):
        parts.append(f"代录原因：{str(paper['why']).rstrip('。')}")
    if paper.get("report"):
        parts.append(f"答复本方“{paper['report']}”")
    there = (one for one in page.documents if bytes(one.sm3).hex() == paper["hash"] and is_there(one))
    return Typed("；".join(parts), next(there, None))


def _body(body: dict[str, Any], verb: str) -> Iterator[tuple[str, str]]:
    """What a step or note says, each part under its Chinese name; codes by their labels."""
    book = rulebook()
    if body.get("position"):
        yield "意见", POSITIONS[body["position"]]
    if body.get("ruling"):
        yield "裁定", RULINGS[body["ruling"]]
    if body.get("code"):
        table = "unsolved_reason" if verb == "not_solved" else "refuse_reason"
        yield "原因", book.label(table, body["code"])
    if body.get("result"):
        yield "结果", book.label("result", body["result"])
    if body.get("list_item"):
        version = body.get("list_version")
        yield "清单条目", f"{body['list_item']}（清单{version}）" if version else str(body["list_item"])
    for piece in body.get("evidence") or ():
        digest = f"（SM3值{piece['hash']}）" if piece.get("hash") else ""
        yield "引用材料", f"{piece['name']}{digest}"
    for name, label in (("signal", "险情"), ("reason", "理由"), ("basis", "依据"), ("text", "")):
        if str(body.get(name) or "").strip():
            yield label, str(body[name])


def side_of(party: str) -> str:
    """Which side's colour a desk has: the hotline's, the police's, or none of the two (a linked hotline, a unit)."""
    kinds = {desk.code: desk.kind for desk in desks()}
    return {"city_12345": "p12345", "city_110": "p110", "county_110": "p110"}.get(kinds.get(party, ""), "other")


def bar(custody: Sequence[Custody], now: datetime) -> list[Segment]:
    """The custody chain with its parties by name."""
    return [_segment(row, now) for row in custody]


def _segment(row: Custody, now: datetime) -> Segment:
    return Segment(
        party=desk_name(row.party),
        side=side_of(row.party),
        why=WHY.get(row.why, row.why),
        since=row.since,
        until=row.until,
        lasted=(row.until or now) - row.since,
        lead=row.role == "lead",
    )


def holders(segments: Sequence[Segment]) -> str:
    """Who is responsible now, who leads first; empty when the matter is closed."""
    still = sorted((one for one in segments if one.until is None), key=lambda one: not one.lead)
    return "、".join(one.party for one in still)


def chains(transfers: Sequence[Transfer]) -> list[list[tuple[str, str]]]:
    """S3.2: the ways by which the matter was handed on further, each from its first desk to its last.

    Each station is a desk and the state of the transfer that brought the matter there; the first has none.
    """
    by_parent: dict[int | None, list[Transfer]] = {}
    for transfer in transfers:
        by_parent.setdefault(transfer.parent_id, []).append(transfer)

    def onward(transfer: Transfer) -> Iterator[list[tuple[str, str]]]:
        here = (desk_name(transfer.target), TRANSFER.states[transfer.state])
        further = by_parent.get(transfer.pk, [])
        if not further:
            yield [here]
        for child in further:
            for way in onward(child):
                yield [here, *way]

    ways = [[(desk_name(top.origin), ""), *way] for top in by_parent.get(None, []) for way in onward(top)]
    return [way for way in ways if len(way) > 2]


def clocks(page: Reading) -> list[Ticking]:
    """The clocks that run, the nearest first."""
    found = [
        Ticking(f"{KINDS[t.kind].label} {CLOCK_LABELS[name]}", t.moved_at, due)
        for t in page.running
        for name in CLOCK_LABELS
        if (due := getattr(t, name)) is not None
    ]
    for order in page.orders:
        found += _clocks_of(order)
    return sorted(found, key=lambda ticking: ticking.due)


def _clocks_of(order: Order) -> Iterator[Ticking]:
    label = order.get_kind_display()
    if order.answer_by is not None:
        yield Ticking(f"{label} {ORDER_CLOCKS['answer_by']}", order.received_at, order.answer_by)
    if order.followup_by is not None and order.answered_at is not None:
        yield Ticking(f"{label} {ORDER_CLOCKS['followup_by']}", order.answered_at, order.followup_by)


def why_sent(page: Reading, transfer: Transfer) -> tuple[Cited, list[Cited]]:
    """The list's words behind a transfer, as last corrected by its origin; and why it was refused and contested."""
    found = grounds(page.steps_of(transfer))
    sent = [ground for ground in found if ground.step.verb in HANDING_OVER]
    answers = [_cited(ground, transfer) for ground in found if ground.step.verb not in HANDING_OVER]
    return _cited(sent[-1], transfer), answers


def _cited(ground: Ground, transfer: Transfer) -> Cited:
    step, item = ground.step, ground.item
    return Cited(
        at=step.at,
        what=STEP_LABELS[step.verb],
        desk=desk_name(step.author),
        version=ground.version,
        item=ground.code,
        text=f"{item.class_name}：{item.text}" if item else "",
        exceptions=item.exceptions if item else "",
        clause=(item.clause if item else "") or KINDS[transfer.kind].clause,
        reason=ground.said,
        known=item is not None,
    )
