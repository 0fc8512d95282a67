"""A 110 that is not linked: its office, which has nothing but the document, and the clerk at 12345 who types in what
comes back. Both are deterministic; what one knows of the other stands on paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from docx import Document

from liandong.audit.by import By
from liandong.intake.accepting import Incoming, Key
from liandong.intake.callers import Caller
from liandong.kernel import clock
from liandong.kernel.ids import local_day
from liandong.transfer.onbehalf import Paper
from tests import files
from tests.cast import HOTLINE, STEP_BODY
from tests.journeys.houses import GROUND, Alone
from tests.nodes import Nodes

DESK, WHY = "110", "对方尚未联通"
NOT_OURS = "不属本台职责"
# What the office writes into which box of the slip.
TAKEN, REFUSED, DONE, ELSE = "签收", "退回", "反馈办结", "其他意见"
BACK, AGREED, ENDED = "申请退回：", "协商意见：同意由本台办理。", "确认办结。"


@dataclass(frozen=True, slots=True)
class Slip:
    """The slip as it comes back: which document it answers, of which transfer, the box that is ticked and its words."""

    number: str
    answers: str
    transfer: str
    box: str
    words: Mapping[str, str]
    signed_by: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What the office hands over: what the caller said, who the caller is, by which kind and why."""

    number: str
    title: str
    content: str
    caller: Caller
    kind: str
    reason: str
    signed_by: str


class Office:
    """The other side's. It answers by the slip it finds in the document; what is not printed there it cannot tick."""

    def __init__(self) -> None:
        self._count = 0

    def answer(self, document: bytes, verb: str, person: str) -> Slip:
        printed = list(_slip(document))
        named = {head: value for head, blank, value in printed if head == blank}
        box, words = self._says(verb)
        blanks = {blank: value for head, blank, value in printed if head == f"□ {box}"}
        assert words.keys() <= blanks.keys(), f"the slip has no {words.keys() - blanks.keys()}"
        for blank, choices in blanks.items():
            assert not choices or f"□{words[blank]}" in choices.split("\u3000")
        return Slip(self._numbered(), named["来文文号"], named["移交号"], box, words, person)

    def write(self, kind: str, title: str, content: str, person: str) -> Letter:
        caller = Caller(name="张三丰", phone="13800138000", identity_number="140902199001011234")
        return Letter(self._numbered(), title, content, caller, kind, GROUND["reason"], person)

    def _numbered(self) -> str:
        self._count += 1
        return f"忻公指〔2026〕{self._count}号"

    @staticmethod
    def _says(verb: str) -> tuple[str, dict[str, str]]:
        said = STEP_BODY.get(verb, {})
        if verb == "accept":
            return TAKEN, {"承办单位（人）": "指挥中心"}
        if verb == "refuse":
            return REFUSED, {"退回原因": NOT_OURS, "其他依据": said["basis"]}
        if verb == "conclude":
            return DONE, {"办理结果": "已解决", "办理情况": said["text"]}
        if verb == "hand_back":
            return ELSE, {"内容": f"{BACK}{NOT_OURS}；{said['basis']}"}
        if verb == "confirm":
            return ELSE, {"内容": ENDED}
        assert verb == "position"
        return ELSE, {"内容": f"{AGREED}同意由本台办理"}


def _slip(document: bytes) -> Iterator[tuple[str, str, str]]:
    """The rows of the slip: whose box, which blank, what is printed there."""
    *_, table = Document(BytesIO(document)).tables
    for row in table.rows:
        head, blank, value = (cell.text for cell in row.cells)
        yield head, blank, value


@dataclass
class OnPaper(Alone):
    """The house on one node, where the 110 is not linked: it gets documents, and 12345 types in what it answers."""

    net: Nodes
    clerk: By = HOTLINE
    office: Office = field(default_factory=Office)
    documents: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.net, "gov")
        from liandong.identity import queries as identity
        from liandong.identity.models import Desk

        with self.at(DESK):
            Desk.objects.filter(pk=DESK).update(paper=True)
            identity.forget()

    def hand_over(self, by: By, kind: str, **given: Any) -> str:
        if by.desk != DESK:
            return super().hand_over(by, kind, **given)
        with self.at(DESK):
            return self._arrived(self.office.write(kind, given["title"], given["content"], by.name))

    def take(self, transfer: str, verb: str, by: By) -> None:
        if by.desk != DESK:
            return super().take(transfer, verb, by)
        with self.at(DESK):
            document = self._sent(transfer)
            self.documents.append(document)
            self._typed(self.office.answer(document, verb, by.name))
        return None

    def _arrived(self, letter: Letter) -> str:
        from liandong.transfer import actions

        made = actions.offer_on_behalf(
            by=self.clerk,
            desk=DESK,
            incoming=Incoming(kind="police", title=letter.title, content=letter.content, caller=letter.caller),
            key=Key(""),
            kind=letter.kind,
            paper=Paper(letter.number, local_day(clock.now()), letter.signed_by, WHY, order="", scan=0, hash=""),
            scan=actions.Scan("来文.pdf", scanned(letter.number)),
            body={"reason": letter.reason},
        )
        return str(made.number)

    def _sent(self, transfer: str) -> bytes:
        from liandong.report.actions import Wish, make_report, see_report

        made = make_report(by=self.clerk, number=transfer, wish=Wish(to="忻州市公安局110报警服务台"))
        return see_report(by=self.clerk, number=transfer, report=made.pk, form="docx").data

    def _typed(self, slip: Slip) -> None:
        from liandong.transfer import actions

        verb, body = read(slip)
        given: dict[str, Any] = {"by": self.clerk, "number": slip.transfer, "paper": self._paper(slip), "body": body}
        if verb == "position":
            actions.note_on_behalf(kind=verb, desk=DESK, **given)
        else:
            actions.step_on_behalf(verb=verb, **given)

    def _paper(self, slip: Slip) -> Paper:
        """The slip, scanned and kept as a document of the order."""
        from liandong.intake.actions import add_document
        from liandong.transfer.models import Transfer

        order = Transfer.objects.get(number=slip.transfer).origin_order
        file = scanned(slip.number)
        made = add_document(by=self.clerk, number=order.number, name="回执.pdf", file=file, kind="incoming")
        return Paper(
            number=slip.number,
            dated=local_day(clock.now()),
            signed_by=slip.signed_by,
            why=WHY,
            order=order.number,
            scan=made.pk,
            hash=bytes(made.sm3).hex(),
            report=slip.answers,
        )


def scanned(number: str) -> BytesIO:
    return BytesIO(files.PDF + b"%" + number.encode())


def read(slip: Slip) -> tuple[str, dict[str, str]]:
    """What the clerk types for a slip: the verb of the step, or of the note, and its body."""
    words = slip.words
    if slip.box == TAKEN:
        return "accept", {}
    if slip.box == REFUSED:
        return "refuse", {"code": _code("refuse_reason", words["退回原因"]), "basis": words["其他依据"]}
    if slip.box == DONE:
        return "conclude", {"result": _code("result", words["办理结果"]), "text": words["办理情况"]}
    said = words["内容"]
    if said == ENDED:
        return "confirm", {}
    if said.startswith(BACK):
        reason, _, basis = said.removeprefix(BACK).partition("；")
        return "hand_back", {"code": _code("refuse_reason", reason), "basis": basis}
    assert said.startswith(AGREED)
    return "position", {"position": "target", "text": said.removeprefix(AGREED)}


def _code(table: str, name: str) -> str:
    from liandong.intake.queries import rulebook

    (found,) = (row.code for row in rulebook().table(table, clock.now()) if row.name == name)
    return found
