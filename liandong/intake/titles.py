"""The title of an order out of its note, for call-takers who write the note and nothing else. Pure."""

from __future__ import annotations

import re

# What the published standard takes, and what a line of a list shows without cutting.
LONGEST, COMFORTABLE = 100, 40
_END = re.compile(r"[。！？!?；;\n]")
_PAUSE = re.compile(r"[，,、：:]")
# How call-takers begin nearly every note; a title says what happened, not that somebody called.
_OPENING = re.compile(
    r"^(来电人|市民|群众|网民|报警人|该市民|当事人|求助人)?(来电)?(反映|反应|称|咨询|投诉|举报|表示|说)?[，,：:]?\s*"
)


def title_of(note: str) -> str:
    """The first sentence of the note, shortened at a pause where it is long; empty when the note is."""
    text = " ".join(note.split(" ")).strip()
    sentence = next((part.strip() for part in _END.split(text) if part.strip()), "")
    told = _OPENING.sub("", sentence).strip(" ，,、：:")
    sentence = told or sentence
    if len(sentence) <= COMFORTABLE:
        return sentence
    pauses = [hit.start() for hit in _PAUSE.finditer(sentence, 8, COMFORTABLE)]
    return sentence[: pauses[-1]] if pauses else f"{sentence[: COMFORTABLE - 1]}…"
