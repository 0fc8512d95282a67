"""What a call-taker has typed and not yet accepted, kept so that nothing is lost. Pure: text and keys come in.

A draft is sealed as a whole: a note names people and places as often as the fields for them do. It is bound to the
person and to the key of its form, so a sealed draft moved to somebody else's row does not open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from liandong.intake.titles import title_of
from liandong.kernel.errors import Invalid
from liandong.kernel.seals import seal, unseal

KEY = re.compile(r"[0-9a-f]{32}")
# What people type. A form in which none of these is filled is no draft.
TYPED = (
    *("content", "title", "caller_phone", "caller_name", "caller_identity", "address", "signal", "reason"),
    *("answer_text", "guide_text"),
)
CHOSEN = (
    *("nature", "urgency", "category", "channel", "division", "longitude", "latitude", "occurred_at", "secret"),
    *("level", "weapons", "dangerous_goods", "trapped", "injured", "dead"),
    *("way", "list_item", "answer_result", "guide", "repeats"),
    *("side", "unit", "said", "accepted"),
)
FIELDS = frozenset((*TYPED, *CHOSEN))
# More than any form takes, so that a text too long for an order is kept while its writer shortens it.
LONGEST = 60_000


class DraftTooLong(Invalid):
    code = "draft_too_long"
    message = "内容过长，草稿没有保存；请先将部分内容移出。"


def tidy(posted: Mapping[str, str]) -> dict[str, str]:
    """The filled fields of the form; empty when nothing was typed yet. Raises DraftTooLong."""
    said = {name: text for name in FIELDS if (text := posted.get(name, "").replace("\0", ""))}
    if sum(map(len, said.values())) > LONGEST:
        raise DraftTooLong(field="content")
    return said if any(said.get(name, "").strip() for name in TYPED) else {}


def title(said: Mapping[str, str]) -> str:
    """What a list of drafts calls it."""
    typed = said.get("title", "").strip() or title_of(said.get("content", ""))
    return typed or said.get("signal", "").strip() or "尚未写内容"


def closed(said: Mapping[str, str], *, person: int, key: str, seal_key: bytes) -> bytes:
    return seal(seal_key, orjson.dumps(dict(said)).decode(), bound_to=f"draft:{person}:{key}")


def opened(sealed: bytes | memoryview, *, person: int, key: str, seal_key: bytes) -> dict[str, str]:
    """Raises SealBroken."""
    found: dict[str, str] = orjson.loads(unseal(seal_key, sealed, bound_to=f"draft:{person}:{key}"))
    return found
