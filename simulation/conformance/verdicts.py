"""What a case is, and what it came to. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulation.conformance.session import Session

Verdict = Literal["pass", "fail", "not_observable"]
CHINESE: dict[Verdict, str] = {"pass": "通过", "fail": "不通过", "not_observable": "未能观察"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`came`: what was seen, in Chinese."""

    verdict: Verdict
    came: str


@dataclass(frozen=True, slots=True)
class Case:
    """`clause`: the heading of docs/protocols/linkage.md that asks for it. Texts in Chinese."""

    code: str
    clause: str
    title: str
    sent: str
    expected: str
    run: Callable[[Session], Outcome]


def passed(came: str) -> Outcome:
    return Outcome("pass", came)


def failed(came: str) -> Outcome:
    return Outcome("fail", came)


def unseen(came: str) -> Outcome:
    return Outcome("not_observable", came)


def case(
    code: str, clause: str, title: str, sent: str, expected: str
) -> Callable[[Callable[[Session], Outcome]], Case]:
    """Make a case of the function that plays it."""

    def made(run: Callable[[Session], Outcome]) -> Case:
        return Case(code, clause, title, sent, expected, run)

    return made
