"""What speaks for and against two notes telling of one event: named values with their sentence. Pure.

Agreement is measured as surprise, in nats, of meeting by chance: a rare character both notes have says much, a common
one little, and the longer the notes the less, since long texts share anything. What both say of the place is measured
apart from the rest, for much that happens happens at one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import log, log1p

from liandong.routing.addresses import Address, address
from liandong.routing.gazetteer import LEVELS, Spot, spots
from liandong.routing.lexicon import CHARACTERS, RARITIES, TOPICS, Cut, cut
from liandong.routing.lexicon_little import RAREST, USUAL_LENGTH
from liandong.routing.moments import Moment, moment
from liandong.routing.wording import RUN, Wording, rows_of, wording

# From this share of common characters on (weighed by rarity) one note repeats the other.
COPIED = 0.55
# From this many characters on a note is indexed before it is compared.
LONG = 400
# Concepts of who and where; what is left is what happened.
_WHO = "老人 父母 孩子 夫妻 女 男 亲戚 邻居 醉汉 司机 老板 员工 医护 教师 警察 物业人 干部 游客 病人 业主 流浪汉 小偷"
_WHERE = """公交 出租 加油 商店 饭店 宾馆 美容 健身 网吧 快递 医院 学校 培训 养老院 公园 车站 高速 市场 烧烤 娱乐
工厂 银行 河
    文物 旅游 村务 工地"""
WHO_AND_WHERE = frozenset(_WHO.split()) | frozenset(_WHERE.split())


# What happened is no place, also where it stands in such a row.
HAPPENS = TOPICS - WHO_AND_WHERE


@dataclass(frozen=True, slots=True)
class Told:
    """A note as it is compared. `counties`: the names of counties it says."""

    text: str
    length: int
    words: Cut
    spots: tuple[Spot, ...]
    address: Address
    moment: Moment
    counties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of evidence: its name in the table of weights, how much of it, the sentence ("" if not worth one)."""

    name: str
    value: float
    text: str = ""
    words: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def told(text: str, counties: tuple[str, ...] = ()) -> Told:
    """Read a note for comparing; `counties` are short names of the city's counties."""
    text = text.lower()
    named = frozenset(name for name in counties if name in text)
    bare = text
    for name in named:
        bare = bare.replace(name, "，" * len(name))
    length = sum(map(str.isalnum, text))
    return Told(text, length, cut(text), spots(bare), address(text), moment(text), named)


def evidence(one: Told, other: Told) -> Iterator[Found]:
    """All that is found; the same whichever note comes first, but for the order of words in sentences."""
    yield from _content(one, other)
    yield from _places(one, other)
    yield from _details(one.address, other.address)
    yield from _moments(one.moment, other.moment)


def _content(one: Told, other: Told) -> Iterator[Found]:
    longer = max(log(max(one.length, other.length, 1) / USUAL_LENGTH), -0.5)
    here, there = _beside(one, other), _beside(other, one)
    a, b = here.letters, there.letters
    met = _surprise(a & b, CHARACTERS, longer)
    yield Found("characters", log1p(met))
    could = min(_surprise(a, CHARACTERS, longer), _surprise(b, CHARACTERS, longer))
    copied = max(met / (could or 1.0) - COPIED, 0.0) / (1 - COPIED)
    yield Found("copy", copied, "两条记录大部分文字相同" if copied > 0.5 else "")
    common = a & b
    yield Found("rest", log1p(_surprise(here.left(common) & there.left(common), CHARACTERS, longer)))
    topics, others = here.concepts, there.concepts
    both = topics & others
    yield Found("matter", log1p(_surprise(both, RARITIES, longer)), _both_tell(both), tuple(sorted(both)))
    details = here.left(common, without=both) & there.left(common, without=both)
    yield Found("detail", log1p(_surprise(details, CHARACTERS, longer)))
    happened, else_happened = topics - WHO_AND_WHERE, others - WHO_AND_WHERE
    if happened and else_happened and not both - WHO_AND_WHERE:
        yield Found("other_matter", 1.0, _tell_apart(happened, else_happened))


def _letters(text: str) -> frozenset[str]:
    return frozenset(filter(str.isalnum, text))


def _surprise(common: Iterable[str], rarities: dict[str, float], longer: float) -> float:
    return sum([max(rarities.get(one, RAREST) - longer, 0.1) for one in common])


def _named(concepts: frozenset[str]) -> list[str]:
    """Those a clerk would name a matter by, the rarest first."""
    return sorted((concepts & TOPICS) - WHO_AND_WHERE, key=lambda name: (-RARITIES[name], name))


def _both_tell(both: frozenset[str]) -> str:
    named = _named(both)[:3]
    return f"都说到{'、'.join(named)}" if named else ""


def _tell_apart(some: frozenset[str], others: frozenset[str]) -> str:
    here, there = _named(some), _named(others)
    return f"事由不同：{here[0]}、{there[0]}" if here and there else "说的不是一类事"


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of a note when all that lies in a place both name, or in a row of characters both have, is left
    out, but for what happened. `letters` are those of the whole note."""

    letters: frozenset[str]
    words: Cut
    concepts: frozenset[str]

    def left(self, among: frozenset[str], without: frozenset[str] = frozenset()) -> frozenset[str]:
        """The letters of the words that stand for none of the concepts."""
        kept = "".join(word for word, concepts in self.words if not (concepts and concepts & without))
        return among.intersection(kept)


@dataclass(frozen=True, slots=True)
class _LeftOfLong:
    """The same of a note that is indexed."""

    wording: Wording
    hidden: frozenset[int]

    @property
    def letters(self) -> frozenset[str]:
        return self.wording.letters

    @property
    def concepts(self) -> frozenset[str]:
        return self.wording.concepts(self.hidden)

    def left(self, among: frozenset[str], without: frozenset[str] = frozenset()) -> frozenset[str]:
        return self.wording.left(among, self.hidden | self.wording.saying(without))


def _beside(told: Told, other: Told) -> _Left | _LeftOfLong:
    rows = _indexed(other.text, other.spots).rows if len(other.text) >= LONG else rows_of(other.text)
    if len(told.text) >= LONG:
        indexed = _indexed(told.text, told.spots)
        return _LeftOfLong(indexed, indexed.hidden(rows, other.text))
    words = _beside_place(told, other, rows)
    return _Left(_letters(told.text), words, frozenset[str]().union(*[concepts or () for _, concepts in words]))


@lru_cache(maxsize=64)  # the note that is being typed, and the few long ones it is compared with
def _indexed(text: str, spots: tuple[Spot, ...]) -> Wording:
    return wording(text, cut(text), spots, HAPPENS)


def _beside_place(told: Told, other: Told, rows: frozenset[str]) -> Cut:
    """The words without those that lie in a place both name or in a row both have, but for what happened."""
    text = told.text
    row, place = [False] * len(text), [False] * len(text)
    for at in range(len(text) - RUN + 1):
        if text[at : at + RUN] in rows:
            row[at : at + RUN] = [True] * RUN
    for spot in told.spots:
        if len(spot.core) > 1 and spot.core in other.text and (at := text.find(spot.name)) >= 0:
            place[at : at + len(spot.name)] = [True] * len(spot.name)
    kept, at = [], 0
    for word, concepts in told.words:
        end = at + len(word)
        happened = concepts and concepts & HAPPENS
        if not any(place[at:end]) and (happened or not any(row[at:end])):
            kept.append((word, concepts))
        at = end
    return tuple(kept)


def _places(one: Told, other: Told) -> Iterator[Found]:
    pairs = [
        (min(len(a.core), len(b.core)), max(a.name, b.name, key=len))
        for a in one.spots
        for b in other.spots
        if a.same(b)
    ]
    length, name = max(
        pairs or [(len(core), core) for core in (*_said(one, other), *_said(other, one))], default=(0, "")
    )
    if name:
        yield Found("same_place", min(length, 4) / 2, f"都提到“{name}”", (name,))
    for level in LEVELS:
        here, there = _of_level(one.spots, other.spots, level)
        if here and there and not any(a.same(b) for a in here for b in there):
            yield Found("other_place", 1.0, f"地点不同：{here[0].name}、{there[0].name}")
            break
    mistaken = next(((a, b) for a in one.spots for b in other.spots if a.resembles(b)), None)
    if mistaken:
        yield Found("like_name", 1.0, f"名称相近而不同：{mistaken[0].name}、{mistaken[1].name}")
    if one.counties and other.counties and not one.counties & other.counties:
        yield Found("other_county", 1.0, f"县（市、区）不同：{min(one.counties)}、{min(other.counties)}")


def _said(one: Told, other: Told) -> list[str]:
    return [spot.core for spot in one.spots if len(spot.core) > 1 and spot.core in other.text]


def _of_level(some: tuple[Spot, ...], others: tuple[Spot, ...], level: str) -> tuple[list[Spot], list[Spot]]:
    here, there = ([spot for spot in spots if spot.level == level] for spots in (some, others))
    if level == "venue":  # a school and the petrol station beside it are no two places
        kinds = {spot.ending for spot in here} & {spot.ending for spot in there}
        here, there = ([spot for spot in spots if spot.ending in kinds] for spots in (here, there))
    return here, there


def _details(one: Address, other: Address) -> Iterator[Found]:
    apart = []
    for what in sorted(one.numbers.keys() & other.numbers.keys()):
        here, there = one.numbers[what], other.numbers[what]
        if here & there:
            continue
        if what == "层":
            yield Found("other_floor", 1.0, f"楼层不同：{min(here)}、{min(there)}")
        else:
            apart.append(f"{what}不同：{min(here)}、{min(there)}")
    if apart:
        yield Found("other_number", min(len(apart), 2), "；".join(apart))
    for what in sorted(one.sides.keys() & other.sides.keys()):
        here, there = one.sides[what], other.sides[what]
        if not here & there:
            yield Found("other_side", 1.0, f"{what}不同：{min(here)}{what}、{min(there)}{what}")
            break
    if one.parts and other.parts and not one.parts & other.parts:
        yield Found("other_part", 1.0, f"部位不同：{min(one.parts)}、{min(other.parts)}")
    if one.colours and other.colours and not one.colours & other.colours:
        yield Found("other_colour", 1.0, f"颜色不同：{min(one.colours)}、{min(other.colours)}")
    if one.kin and other.kin and not one.kin & other.kin:
        yield Found("other_kin", 1.0, "说的不是同一个亲属")
    if numbers := sorted(one.amounts & other.amounts):
        yield Found("same_amount", min(len(numbers), 2), f"数目相同：{'、'.join(numbers)}")


def _moments(one: Moment, other: Moment) -> Iterator[Found]:
    if words := sorted(one.words & other.words):
        yield Found("same_moment", 1.0, f"都说是“{words[0]}”", (words[0],))
    if one.ages and other.ages and abs(min(one.ages) - min(other.ages)) >= 7:
        yield Found("other_moment", 1.0, f"时间不同：{min(one.words)}、{min(other.words)}")
    over = one.over or other.over
    if bool(one.over) != bool(other.over):
        yield Found("over", 1.0, f"有一条说的事已经了结（“{over}”）", (over,))
    if again := one.again or other.again:
        yield Found("again", 1.0, f"有一条说是再次来电（“{again}”）", (again,))
    if apart := one.apart or other.apart:
        yield Found("apart", 1.0, f"有一条说明是另一件（“{apart}”）", (apart,))
    if over and (anew := one.anew or other.anew):
        yield Found("anew", 1.0, f"前一件了结以后又发生（“{anew}”）", (anew,))
