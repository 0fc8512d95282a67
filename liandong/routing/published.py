"""The figures of an evaluation as plain rows: of which class, how many were found, how many falsely. Pure.

The page for people is `report`; these rows are for the quality page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from liandong.routing.calibration import Rate
from liandong.routing.report import Measured
from liandong.routing.trials import Alarms, Guesses


def plain(measured: Measured) -> list[dict[str, Any]]:
    """One row a figure; nothing for what was absent."""
    return list(_rows(measured))


def _rows(measured: Measured) -> Iterator[dict[str, Any]]:
    if measured.danger is not None:
        yield from _alarms("danger", measured.danger)
    if measured.sides is not None:
        sides = measured.sides
        yield from _guesses("side", sides.side)
        for name, rate in (("sure", sides.right_when_sure), ("unsure", sides.right_when_unsure)):
            yield _row("side", name, rate)
        for part, rate in (("item", sides.item), ("county", sides.county), ("unit", sides.unit)):
            yield _row(part, "", rate)
        yield from _guesses("nature", sides.nature)
        yield _row("lead", "", sides.lead.found, sides.lead.false)
    if measured.escalation is not None:
        yield from _alarms("escalation", measured.escalation)


def _alarms(part: str, alarms: Mapping[str, Alarms]) -> Iterator[dict[str, Any]]:
    for name, one in alarms.items():
        yield _row(part, name, one.found, one.false)


def _guesses(part: str, guesses: Guesses) -> Iterator[dict[str, Any]]:
    right = guesses.right.tolist()
    yield _row(part, "", Rate(sum(right), len(right)))
    for label in sorted(set(guesses.truth)):
        own = [hit for truth, hit in zip(guesses.truth, right, strict=True) if truth == label]
        yield _row(part, f"class {label}", Rate(sum(own), len(own)))


def _row(part: str, name: str, found: Rate, false: Rate | None = None) -> dict[str, Any]:
    wrong = false or Rate(0, 0)
    figures = {"right": found.count, "total": found.total, "wrong": wrong.count, "wrong_of": wrong.total}
    return {"part": part, "name": name, **figures}
