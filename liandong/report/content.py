"""What a special report says: the parts of the document, and how the facts of a hand-over become its words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Section:
    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """One answer the other side may tick on the slip, with what it has to write: (what, choices printed there)."""

    label: str
    blanks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A document as it went out. `head` is the name in red, `signer` the name above the date.

    `secrecy`, `urgency` are empty where none is due. `annexes` are named; the first is the slip on the last page.
    """

    head: str
    number: str
    secrecy: str
    urgency: str
    title: str
    to: str
    sections: tuple[Section, ...]
    annexes: tuple[str, ...]
    signer: str
    day: date
    linkage: str
    transfer: str
    boxes: tuple[Box, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "day": self.day.isoformat()}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Report:
        """What `as_json` wrote."""
        rest = {name: said[name] for name in cls.__slots__ if name not in ("sections", "annexes", "boxes", "day")}
        return cls(
            **rest,
            sections=tuple(Section(one["heading"], tuple(one["paragraphs"])) for one in said["sections"]),
            annexes=tuple(said["annexes"]),
            boxes=tuple(Box(one["label"], tuple((a, b) for a, b in one["blanks"])) for one in said["boxes"]),
            day=date.fromisoformat(said["day"]),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """A step or note as the report tells it; `at` in the city's time."""

    at: datetime
    who: str
    what: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a report tells, by name and in the city's time. What may not be told is empty or masked already.

    `asks`: what the writer adds in own words. `clock`: the name of the clock that runs, `due` its moment.
    """

    linkage: str
    transfer: str
    kind: str
    state: str
    we: Literal["origin", "target"]
    own: str
    other: str
    order_label: str
    order: str
    title: str
    content: str
    nature: str
    urgency: str
    division: str
    address: str
    occurred_at: datetime | None
    received_at: datetime
    caller: str
    phone: str
    handed_at: datetime
    list_version: str
    list_item: str
    item_text: str
    reason: str
    clause: str
    events: tuple[Event, ...]
    clock: str
    due: datetime | None
    asks: str
    own_phone: str
    other_phone: str
    writer: str
    papers: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands around the words: head, number, and what its writer chose."""

    head: str
    number: str
    to: str
    secrecy: str
    urgency: str
    day: date


SLIP = "专报回执"
ASKS: dict[str, str] = {
    "offered": "请贵单位研究后予以签收；认为不属贵单位职责的，请列明《分流事项清单》条目或其他依据退回。",
    "awarded": "本次移交已议定由贵单位办理，请予以签收并组织办理。",
    "accepted": "请贵单位抓紧办理，并将办理结果、办理情况书面反馈。",
    "negotiating": "双方对承办归属意见不一，请贵单位研究后书面回复是否同意办理及其理由。",
}
# Where the baton is with us there is nothing for the other side to decide.
TOLD = "以上情况，特此函告，请予知悉；如有不同意见，请书面回复。"
DANGER = "本件涉及正在发生的险情，请立即处置，不得退回；收到后请先以电话确认。"


def compose(facts: Facts, marks: Marks) -> Report:
    """The document that tells `facts`."""
    return Report(
        head=marks.head,
        number=marks.number,
        secrecy=marks.secrecy,
        urgency=marks.urgency,
        title=f"关于“{facts.title}”{facts.kind}有关事项的专报",
        to=marks.to,
        sections=tuple(_sections(facts)),
        annexes=(SLIP, *facts.papers),
        signer=facts.own,
        day=marks.day,
        linkage=facts.linkage,
        transfer=facts.transfer,
        boxes=tuple(_boxes(facts)),
    )


def _sections(facts: Facts) -> Iterator[Section]:
    parts = (
        ("事项基本情况", _matter(facts)),
        ("移交情况和依据", _transfer(facts)),
        ("请贵单位办理的事项", _asked(facts)),
        ("联系和回复方式", _route(facts)),
    )
    for count, (heading, paragraphs) in zip(NUMERALS, parts, strict=False):
        yield Section(f"{count}、{heading}", tuple(paragraphs))


def _matter(facts: Facts) -> Iterator[str]:
    # A number is one long word: beside anything else the line would be torn apart.
    yield f"联动号：{facts.linkage}"
    yield f"{facts.order_label}号：{facts.order}"
    said = [f"受理时间：{moment(facts.received_at)}"]
    if facts.occurred_at is not None:
        said.append(f"发生时间：{moment(facts.occurred_at)}")
    said += [f"诉求性质：{facts.nature}", f"紧急程度：{facts.urgency}", f"属地：{facts.division}"]
    if facts.address:
        said.append(f"地址：{facts.address}")
    yield "；".join(said) + "。"
    yield f"来电人：{facts.caller or '未留姓名'}；联系电话：{facts.phone or '未留'}。"
    yield "反映内容："
    yield from _lines(facts.content)


def _transfer(facts: Facts) -> Iterator[str]:
    sender = "本单位" if facts.we == "origin" else facts.other
    yield f"移交号：{facts.transfer}"
    yield f"{sender}于{moment(facts.handed_at)}以“{facts.kind}”方式移交（依据条款{facts.clause}）。"
    if facts.list_item:
        words = f"：{facts.item_text}" if facts.item_text else ""
        yield f"移交依据：《分流事项清单》{facts.list_version}版第{facts.list_item}条{words}。"
    if facts.reason:
        yield f"移交理由：{facts.reason}"
    for event in facts.events:
        said = f"：{event.said}" if event.said else ""
        yield f"{moment(event.at)}，{event.who}{event.what}{said}。"
    yield f"目前状态：{facts.state}。"


def _asked(facts: Facts) -> Iterator[str]:
    yield facts.asks
    if facts.due is not None:
        yield f"{facts.clock}：{moment(facts.due)}。请在此之前回复。"


def _route(facts: Facts) -> Iterator[str]:
    told = [f"联系人：{facts.writer}"]
    if facts.own_phone:
        told.append(f"联系电话：{facts.own_phone}")
    if facts.other_phone:
        told.append(f"本单位将同时以电话（{facts.other_phone}）告知贵单位")
    yield "；".join(told) + "。"
    yield f"请填写所附《{SLIP}》，注明贵单位文号并加盖印章后退回本单位，由本单位代录入系统；原件由双方存档。"


def _boxes(facts: Facts) -> Iterator[Box]:
    yield Box("签收", (("承办单位（人）", ""), ("联系电话", ""), ("签收时间", "")))
    yield Box("退回", (("退回原因", ""), ("清单版本及条目", ""), ("其他依据", "")))
    yield Box(
        "反馈办结", (("办理结果", "　".join(f"□{one}" for one in facts.results)), ("办理情况", ""), ("办结时间", ""))
    )
    yield Box("其他意见", (("内容", ""),))


# What is written on the slip whichever box is ticked.
SIGNED = ("回复文号", "填写人、电话", "填写单位（盖章）、日期")
ON_THE_SLIP = "请在相应的□内打√并填写。退回须写明清单条目或其他依据；本回执由来文单位代录入系统，原件双方存档。"


def asks_in_words(state: str, *, danger: bool, mine: bool, own: str) -> str:
    """What is asked by the state of the transfer, and what the writer adds; `mine`: the baton is with us."""
    usual = TOLD if mine else ASKS.get(state, TOLD)
    return "".join(part for part in (DANGER if danger else "", usual, own) if part)


def _lines(text: str) -> Iterator[str]:
    found = [line.strip() for line in text.splitlines() if line.strip()]
    yield from found or ["（未写明）"]


def moment(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日{at.hour:02}时{at.minute:02}分"


def day(on: date) -> str:
    """7.3.5.5: in Arabic numerals, month and day without a zero before them."""
    return f"{on.year}年{on.month}月{on.day}日"


def document_number(mark: str, year: int, count: int) -> str:
    """7.2.5: mark of the office, year in six-cornered brackets, count without 第 and without zeros before it."""
    return f"{mark}〔{year}〕{count}号"


def texts(report: Report) -> Iterator[str]:
    """Every text of the report, for whoever has to know which characters it uses."""
    yield from (report.head, report.number, report.secrecy, report.urgency, report.title, report.to, report.signer)
    yield from (report.linkage, report.transfer, *report.annexes)
    for section in report.sections:
        yield section.heading
        yield from section.paragraphs
    for box in report.boxes:
        yield box.label
        yield from (text for blank in box.blanks for text in blank)
