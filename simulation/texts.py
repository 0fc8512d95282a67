"""What callers say: the pack's synthetic notes, or a file of real appeals that stays where it is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from liandong.kernel.errors import LiandongError
from liandong.routing.diversion import Item, point

TITLE_LENGTH = 100
CONTENT_LENGTH = 10_000


class TextsUnfit(LiandongError):
    code = "texts_unfit"
    message = "文本文件缺少“留言编号、留言主题、留言详情”等列，无法使用。"


@dataclass(frozen=True, slots=True)
class Text:
    """`side`: the desk it reaches (12345 or 110). `key` is the number it has where it comes from, empty for none."""

    side: str
    title: str
    content: str
    nature: str = "help"
    urgency: str = "ordinary"
    category: str = ""
    place: str = ""
    answer: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A text and the item of the list that it points to, if any."""

    text: Text
    item: Item | None


def pack_texts(folder: Path) -> list[Text]:
    """The notes of a city pack, all synthetic; without them the examples of its list."""
    notes = folder / "notes.csv"
    if notes.is_file():
        return [_note(row) for row in _rows(notes)]
    found = []
    for row in _rows(folder / "list_items.csv"):
        other = "110" if row["side"] == "12345" else "12345"
        for example in row["examples"].split("|"):
            found.append(Text(other, example[:TITLE_LENGTH], example))
            found.append(Text(row["side"], example[:TITLE_LENGTH], example))
    return found


def _note(row: dict[str, str]) -> Text:
    return Text(
        side="12345" if row["desk"] == "12345" else "110",
        title=row["title"][:TITLE_LENGTH],
        content=row["text"],
        nature=row["nature"] or "help",
        urgency=row["urgency"] or "ordinary",
        category=row["category"],
        place=row["place"],
    )


def appeal_texts(path: Path) -> list[Text]:
    """Real appeals as they are published (answered or not), in the order of the file. Raises TextsUnfit."""
    rows = _rows(path)
    if not rows or not {"留言编号", "留言主题", "留言详情"} <= rows[0].keys():
        raise TextsUnfit
    return [
        Text(
            side="12345",
            title=one_line(row["留言主题"])[:TITLE_LENGTH] or "（无主题）",
            content=row["留言详情"].strip()[:CONTENT_LENGTH] or row["留言主题"],
            answer=(row.get("答复意见") or "").strip(),
            key=row["留言编号"],
        )
        for row in rows
    ]


def one_line(text: str) -> str:
    return " ".join(text.split())


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Pools:
    """Texts by the side they reach: those that are its own and those the list gives to the other side."""

    own: Mapping[str, Sequence[Said]]
    foreign: Mapping[str, Sequence[Said]]

    def draw(self, rng: Random, side: str, *, foreign: bool) -> Said:
        return rng.choice((self.foreign if foreign else self.own)[side] or self.own[side] or self.foreign[side])


def pools(texts: Iterable[Text], items: Sequence[Item]) -> Pools:
    """Sort texts by what the list says of them. A danger or a clue at the police desk is already where it belongs."""
    own: dict[str, list[Said]] = {"12345": [], "110": []}
    foreign: dict[str, list[Said]] = {"12345": [], "110": []}
    for text in texts:
        said = saying(text, items)
        away = (said.item is not None and is_foreign(text.side, said.item)) or (text.side != "110" and is_danger(said))
        (foreign if away else own)[text.side].append(said)
    return Pools(own, foreign)


def is_foreign(side: str, item: Item) -> bool:
    """Whether the list sends this note away from `side`; mediation starts at the police desk that was called."""
    return item.side != side


def is_danger(said: Said) -> bool:
    """What is told is happening now and dangerous: by the list, or as the call taker marks it."""
    return said.text.urgency == "danger" or (said.item is not None and said.item.kind == "danger")


def saying(text: Text, items: Sequence[Item]) -> Said:
    found = point(f"{text.title}\n{text.content}", items)
    return Said(text, found.item if found else None)
