"""What the rules of this area are given and what they answer. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What is known when one decides: the text, and what came with it."""

    text: str
    at: datetime | None = None  # moment of the call
    division: str = ""  # code of the county, if known
    callers: int = 1  # different callers who told of the same thing
    nature: str = ""  # if a person chose it already


# The kind of a reason that did not count: a rule recognised something, and what else was said held it back.
HELD = "held"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: `rule` names a row people can look up (danger rule D07, list item W0101, model 2026-11, unit duty …)."""

    kind: str  # danger, stability, escalation, held, list, model, place, unit, duplicate
    rule: str
    text: str  # one Chinese sentence a clerk can read
    words: tuple[str, ...] = ()  # the words of the note it rests on
    clause: str = ""  # S3.4 …


@dataclass(frozen=True, slots=True)
class Verdict:
    """A yes or no with its weight (0..1) and its reasons."""

    holds: bool
    score: float
    reasons: tuple[Reason, ...] = ()


def told(title: str, content: str) -> str:
    """The text of an order that is judged: the title in front, unless the note begins with it anyway."""
    title, content = title.strip(), content.strip()
    if not title or content.startswith(title):
        return content
    return f"{title}。{content}" if content else title
