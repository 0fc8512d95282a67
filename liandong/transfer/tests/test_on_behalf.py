"""What is typed in for a desk on paper: its steps and notes, who may, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest

from liandong.audit.by import By
from liandong.audit.models import Event
from liandong.identity import queries as identity
from liandong.identity.models import Desk
from liandong.intake.accepting import Incoming, Key
from liandong.intake.errors import DocumentUnfit
from liandong.intake.models import Custody, Document, Matter, Order
from liandong.kernel.errors import Invalid, NoSuchEdge, NotAllowed
from liandong.transfer import actions
from liandong.transfer.errors import BasisMissing, NotHolder, NotOnPaper, PaperMissing, TargetUnfit
from liandong.transfer.models import NoteRow, StepRow, Transfer
from liandong.transfer.onbehalf import Paper
from liandong.transfer.queries import folded, replica_of
from tests import files
from tests.cast import HOTLINE, HOTLINE_TAKER, POLICE, hand_over, new_order, step

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]

PAPER = Paper(
    number="忻公指〔2026〕3号",
    dated=date(2026, 3, 1),
    signed_by="王指挥",
    why="对方尚未联通",
    order="140900W2026030200000001X",
    scan=7,
    hash="ab" * 32,
    report="忻热专报〔2026〕1号",
)


def on_paper(code: str = "110") -> None:
    Desk.objects.filter(pk=code).update(paper=True)
    identity.forget()


def typed(row: Transfer, verb: str, **body: Any) -> Transfer:
    return actions.step_on_behalf(by=HOTLINE, number=row.number, verb=verb, paper=PAPER, body=body)


def test_a_typed_answer_is_a_step_of_the_desk_and_says_who_typed_it_by_which_document() -> None:
    on_paper()
    row = typed(hand_over(new_order()), "accept")
    taken = StepRow.objects.get(transfer=row, seq=2)
    assert (taken.author, taken.person, row.state) == ("110", "王指挥", "accepted")
    said = taken.body["on_behalf"]
    assert (said["typist"], said["desk"], said["document"]) == ("热线派单员甲", "12345", "忻公指〔2026〕3号")
    assert '"on_behalf"' in taken.content  # below the hash
    assert folded(row) == replica_of(row)


def test_the_trail_names_who_typed_and_the_effects_are_those_of_the_other_desk() -> None:
    on_paper()
    row = typed(hand_over(new_order()), "accept")
    body = Event.objects.get(kind="transfer.typed").body
    assert "热线派单员甲" in body
    assert "忻公指〔2026〕3号" in body
    own = Order.objects.get(matter=row.matter, desk="110")
    assert own.kind == "police"
    assert own.steps.order_by("id")[0].by["name"] == "热线派单员甲（代录）"
    assert Custody.objects.get(matter=row.matter, until=None).party == "110"


def test_a_hand_over_answered_on_paper_ends_as_one_answered_by_its_own_people() -> None:
    def end(by_paper: bool) -> tuple[Any, ...]:
        row = hand_over(new_order())
        for verb in ("accept", "conclude"):
            body: dict[str, Any] = {"result": "solved", "text": "已到现场处理完毕"} if verb == "conclude" else {}
            row = typed(row, verb, **body) if by_paper else step(row, verb, **body)
        row = step(row, "confirm", by=HOTLINE)
        matter = Matter.objects.get(pk=row.matter_id)
        orders = Order.objects.filter(matter=matter).order_by("desk")
        return (
            row.state, row.seq, row.origin_duty, row.target_duty, matter.state, matter.transfers_open,
            [(one.desk, one.state, one.result, one.outcome, one.answer) for one in orders],
            list(matter.custody.order_by("id").values_list("party", "role", "why")),
        )  # fmt: skip

    local = end(False)
    on_paper()
    assert end(True) == local
    assert local[0] == "confirmed"


def test_what_a_paper_desk_thinks_in_a_negotiation_counts_as_its_own_word() -> None:
    on_paper()
    row = hand_over(new_order(), "unclear")
    body = {"position": "target", "text": "由我方查处"}
    noted = actions.note_on_behalf(by=HOTLINE, number=row.number, kind="position", desk="110", paper=PAPER, body=body)
    assert (noted.author, noted.person, noted.body["on_behalf"]["typist"]) == ("110", "王指挥", "热线派单员甲")
    assert step(row, "award", by=HOTLINE).state == "awarded"


def test_nobody_types_the_step_of_a_desk_that_has_its_own_people() -> None:
    row = hand_over(new_order())
    with pytest.raises(NotOnPaper):
        typed(row, "accept")
    with pytest.raises(NotOnPaper):
        actions.note_on_behalf(by=HOTLINE, number=row.number, kind="progress", desk="110", paper=PAPER, body={})
    assert StepRow.objects.filter(transfer=row).count() == 1


def test_what_such_a_desk_answered_on_paper_is_kept_as_a_note_of_our_desk_and_moves_nothing() -> None:
    row = hand_over(new_order())
    noted = actions.note_paper_answer(by=HOTLINE, number=row.number, paper=PAPER, said="签收", text="已派员。")
    assert (noted.kind, noted.author, noted.person) == ("supplement", "12345", "热线派单员甲")
    assert noted.body["text"].endswith("以“忻公指〔2026〕3号”书面答复：签收。已派员。")
    assert noted.body["on_behalf"]["said"] == "签收"
    row.refresh_from_db()
    assert (row.state, row.seq, row.origin_duty) == ("offered", 1, True)


def test_the_table_and_the_baton_hold_for_what_is_typed_as_for_any_step() -> None:
    on_paper()
    row = hand_over(new_order())
    with pytest.raises(Invalid, match="退回依据"):
        typed(row, "refuse", code="not_ours")
    with pytest.raises(NoSuchEdge, match="当前状态"):
        typed(row, "conclude", result="solved", text="办完")
    refused = typed(row, "refuse", code="not_ours", basis="不属公安职责")
    with pytest.raises(NotOnPaper):  # it is ours now: the own desk takes it by its own hand
        typed(refused, "take_back")


@pytest.mark.parametrize(
    ("missing", "field"),
    [({"number": " "}, "number"), ({"signed_by": ""}, "signed_by"), ({"why": ""}, "why"), ({"hash": ""}, "scan")],
)
def test_without_number_name_reason_or_scan_nothing_is_typed_in(missing: dict[str, str], field: str) -> None:
    on_paper()
    row = hand_over(new_order())
    with pytest.raises(PaperMissing) as told:
        actions.step_on_behalf(by=HOTLINE, number=row.number, verb="accept", paper=replace(PAPER, **missing))  # type: ignore[arg-type]
    assert told.value.field == field
    paper = replace(PAPER, dated=date(2099, 1, 1))
    with pytest.raises(Invalid, match="不能晚于今天"):
        actions.step_on_behalf(by=HOTLINE, number=row.number, verb="accept", paper=paper)
    assert Transfer.objects.get(pk=row.pk).state == "offered"


def test_a_call_taker_types_for_nobody_and_the_paper_desk_itself_is_no_typist() -> None:
    on_paper()
    row = hand_over(new_order())
    for by in (HOTLINE_TAKER, POLICE):
        with pytest.raises(NotAllowed):
            actions.step_on_behalf(by=by, number=row.number, verb="accept", paper=PAPER)


def test_nobody_claims_in_a_step_of_their_own_that_it_was_typed_for_another() -> None:
    claimed = {"typist": "别人", "signed_by": "别人"}
    row = hand_over(new_order(), reason="按清单", on_behalf=claimed)
    assert "on_behalf" not in StepRow.objects.get(transfer=row, seq=1).body
    row = step(row, "accept", on_behalf=claimed)
    noted = actions.add_note(
        by=HOTLINE, number=row.number, kind="supplement", body={"text": "甲", "on_behalf": claimed}
    )
    assert "on_behalf" not in StepRow.objects.get(transfer=row, seq=2).body
    assert "on_behalf" not in NoteRow.objects.get(pk=noted.pk).body
    with pytest.raises(NotHolder):
        step(row, "conclude", by=HOTLINE)


def arrived(desk: str = "110", *, by: By = HOTLINE, key: str = "", **other: Any) -> Transfer:
    incoming = Incoming(kind="police", title="路灯三天不亮", content="和平小区路灯三天不亮。")
    given: dict[str, Any] = {
        "kind": "divert", "paper": replace(PAPER, order="", scan=0, hash=""), "body": {"reason": "属12345职责"},
        "scan": actions.Scan("来文.pdf", BytesIO(files.PDF)),
    }  # fmt: skip
    return actions.offer_on_behalf(by=by, desk=desk, incoming=incoming, key=Key("t", key, b"x"), **(given | other))


def test_what_a_paper_desk_hands_over_is_its_order_and_its_step_with_the_scan_below_the_hash() -> None:
    on_paper()
    row = arrived()
    first, order = StepRow.objects.get(transfer=row), row.origin_order
    assert (row.origin, row.target, row.state, order.desk, order.kind) == ("110", "12345", "offered", "110", "police")
    assert (first.author, first.person) == ("110", "王指挥")
    said, kept = first.body["on_behalf"], Document.objects.get()
    assert (said["typist"], said["order"], said["scan"]) == ("热线派单员甲", order.number, kept.pk)
    assert said["hash"] == bytes(kept.sm3).hex()
    assert {one.by["name"] for one in order.steps.all()} == {"热线派单员甲（代录）"}
    assert Custody.objects.get(matter=row.matter, until=None).party == "110"
    assert folded(row) == replica_of(row)
    assert step(row, "accept", by=HOTLINE).state == "accepted"


def test_the_same_key_is_the_same_hand_over() -> None:
    on_paper()
    assert arrived(key="once").pk == arrived(key="once").pk
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"paper": replace(PAPER, number=" ")}, PaperMissing),
        ({"paper": replace(PAPER, dated=date(2099, 1, 1))}, Invalid),
        ({"scan": actions.Scan("来文.exe", BytesIO(files.PROGRAM))}, DocumentUnfit),
        ({"body": {}}, BasisMissing),
        ({"kind": "relay"}, TargetUnfit),
        ({"by": HOTLINE_TAKER}, NotAllowed),
        ({"desk": "12345"}, NotOnPaper),
        ({"desk": "gas"}, NotOnPaper),
    ],
)
def test_what_is_refused_leaves_no_order_and_no_scan(other: dict[str, Any], error: type[Exception]) -> None:
    on_paper()
    with pytest.raises(error):
        arrived(**other)
    assert not Order.objects.exists()
    assert not Document.objects.exists()
