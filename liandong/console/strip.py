"""How the custody bar is drawn: to scale in time, and no segment too thin for eye and hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def widths(spans: Sequence[float], total: float, thinnest: float) -> list[float]:
    """Widths that add up to `total`, in proportion to `spans`, but none below `thinnest`.

    What the thin ones are given is taken from the others in proportion. With too many to give each its least, all are
    equally wide.
    """
    if not spans:
        return []
    if len(spans) * thinnest >= total:
        return [total / len(spans)] * len(spans)
    thin: set[int] = set()
    while True:
        left = total - len(thin) * thinnest
        length = sum(span for place, span in enumerate(spans) if place not in thin)
        found = [
            thinnest if place in thin else left * span / length if length else left / (len(spans) - len(thin))
            for place, span in enumerate(spans)
        ]
        more = {place for place, width in enumerate(found) if width < thinnest}
        if not more:
            return found
        thin |= more


def places(segments: Sequence[tuple[float, float]], total: float, thinnest: float) -> list[tuple[float, float]]:
    """Place and width of each segment (from, until) on a strip of `total`; what is at the same time stands above.

    Every beginning and end of any segment is a mark, so two that touch in time touch on the strip. A segment without
    length is drawn as thin as may be, at its moment.
    """
    marks = sorted({moment for segment in segments for moment in segment})
    at = {marks[0]: 0.0} if marks else {}
    spans = [later - earlier for earlier, later in pairwise(marks)]
    for mark, width in zip(marks[1:], widths(spans, total, thinnest), strict=True):
        at[mark] = max(at.values()) + width
    found = []
    for start, end in segments:
        width = max(thinnest, at[end] - at[start])
        found.append((min(at[start], total - width), width))
    return found
