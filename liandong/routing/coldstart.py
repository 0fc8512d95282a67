"""What a node knows before anybody has corrected anything: the list's own words as texts with answers. Pure.

Of each item its wording, its signal words and its examples; of each guide path (S3.5: neither desk's) its words and
examples; and the pack's synthetic notes. Rows come in as they stand in the pack's files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from liandong.routing.states import HELD

Fields = Mapping[str, str]

NEITHER = "neither"
GUIDE = "guide"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a note can be about: an item of the list, or a guide path (`side` neither, `kind` guide)."""

    code: str
    class_name: str
    text: str
    side: str
    kind: str
    clause: str = ""
    unit_type: str = ""
    signals: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """A text and what is known of it; an empty answer says nothing. `spoken`: told as a caller would tell it."""

    text: str
    item: str = ""
    side: str = ""
    nature: str = ""
    spoken: bool = True


def items(rows: Iterable[Fields], version: str) -> list[Topic]:
    """Rows of list_items.csv that belong to the version of the list."""
    return [
        Topic(
            code=row["code"],
            class_name=row["class"],
            text=row["text"],
            side=row["side"],
            kind=row["kind"],
            clause=row["clause"],
            unit_type=row["unit_type"],
            signals=tuple(row["signals"].split()),
            examples=_examples(row["examples"]),
        )
        for row in rows
        if row["version"] == version
    ]


def guides(codes: Iterable[Fields], rows: Iterable[Fields]) -> list[Topic]:
    """The guide paths of codes.csv with their signal words and examples out of guides.csv."""
    taught = {row["code"]: row for row in rows}
    nothing = {"signals": "", "examples": ""}
    return [
        Topic(
            code=row["code"],
            class_name="引导解释",
            text=row["name"],
            side=NEITHER,
            kind=GUIDE,
            clause="S3.5",
            signals=tuple(taught.get(row["code"], nothing)["signals"].split()),
            examples=_examples(taught.get(row["code"], nothing)["examples"]),
        )
        for row in codes
        if row["code_table"] == GUIDE
    ]


def version_in_force(rows: Iterable[Fields], day: str) -> str:
    """The version of list_versions.csv that holds on `day` (YYYY-MM-DD), a past one too; "" when none does."""
    held = [
        row
        for row in rows
        if row["status"] in HELD
        and row["effective_from"] <= day
        and (not row["effective_to"] or day < row["effective_to"])
    ]
    return max(held, key=lambda row: row["effective_from"])["version"] if held else ""


def told_natures(rows: Iterable[Fields]) -> list[Fields]:
    """Rows of natures.csv as notes: what somebody said and what they wanted of us, whatever it was about."""
    nothing = {"title": "", "kind": "", "item": "", "category": ""}
    return [nothing | {"text": row["text"], "nature": row["nature"]} for row in rows]


def lessons(topics: Sequence[Topic], notes: Iterable[Fields] = (), duties: Iterable[Fields] = ()) -> list[Lesson]:
    """Everything the pack teaches."""
    return [*_of_topics(topics), *_of_duties(topics, duties), *_of_notes(topics, notes)]


def _of_topics(topics: Sequence[Topic]) -> Iterator[Lesson]:
    for topic in topics:
        words = "，".join(topic.signals)
        yield Lesson(f"{topic.class_name}。{topic.text}。{words}", topic.code, topic.side, spoken=False)
        for example in topic.examples:
            yield Lesson(example, topic.code, topic.side)


def _of_duties(topics: Sequence[Topic], duties: Iterable[Fields]) -> Iterator[Lesson]:
    """A duty of a unit says in other words what its item is about, where it has but one."""
    known = {topic.code: topic for topic in topics}
    for duty in duties:
        topic = known.get(duty["items"])
        if topic is not None:
            words = "，".join(duty["keywords"].split())
            yield Lesson(f"{duty['duty']}。{words}", topic.code, topic.side, spoken=False)


def _of_notes(topics: Sequence[Topic], notes: Iterable[Fields]) -> Iterator[Lesson]:
    """A note that was handed over names its item; every note teaches its nature."""
    known = {topic.code: topic for topic in topics}
    for note in notes:
        topic = known.get(note["category"] if note["kind"] == GUIDE else note["item"])
        text = f"{note['title']}。{note['text']}" if note["title"] else note["text"]
        yield Lesson(text, topic.code if topic else "", topic.side if topic else "", note["nature"])


def _examples(field: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in field.split("|") if part.strip())
