"""What is kept of an answer that came on paper and was typed in (代录): who typed it, by which document, why. Pure.

It stands in the body of the step or note, under `on_behalf`, and so below its hash: nobody can add it or take it away
afterwards, and every node reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from liandong.kernel.errors import Invalid
from liandong.transfer.errors import PaperMissing

FIELD = "on_behalf"
# Columns and the published standard hold a person's name of so many characters.
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Paper:
    """The document an answer stands in. `number` is the other side's, `signed_by` whom it names, `why` it was typed.

    `order`, `scan` and `hash`: the order at which the scan is, its number there and its SM3. `report`: the document of
    ours that it answers, where there was one.
    """

    number: str
    dated: date
    signed_by: str
    why: str
    order: str
    scan: int
    hash: str
    report: str = ""


def check_paper(paper: Paper, today: date) -> None:
    """Raises PaperMissing, Invalid: what is typed in stands on a document that can be found again."""
    if not paper.number.strip():
        raise PaperMissing("请填写对方文件的文号；没有文号的，填写文件名称和编号。", field="number")
    if not paper.signed_by.strip():
        raise PaperMissing("请填写对方签署人或经办人姓名。", field="signed_by")
    if not paper.why.strip():
        raise PaperMissing("请填写代录原因，如“对方尚未联通”。", field="why")
    if not paper.hash:
        raise PaperMissing("请附上对方文件的扫描件。", field="scan")
    if paper.dated > today:
        raise Invalid("来文日期不能晚于今天。", field="dated")


def told(paper: Paper, *, typist: str, desk: str, said: str = "") -> dict[str, Any]:
    """As it stands in the body. `said`: the answer where the step itself is still the other node's to write."""
    found = {
        "typist": typist,
        "desk": desk,
        "document": paper.number.strip(),
        "dated": paper.dated.isoformat(),
        "signed_by": paper.signed_by.strip(),
        "why": paper.why.strip(),
        "order": paper.order,
        "scan": paper.scan,
        "hash": paper.hash,
        "report": paper.report,
        "said": said,
    }
    return {name: value for name, value in found.items() if value != ""}


def on_behalf_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a body says of who typed it in; None where it was written by its own hand."""
    said = body.get(FIELD)
    return said if isinstance(said, Mapping) else None


def typist(name: str) -> str:
    """How the trail and the history name who typed: by their own name, and that it was for another."""
    return f"{name[: LONGEST_NAME - 4]}（代录）"
