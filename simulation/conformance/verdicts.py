"""What a case is, and what it came to. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulation.conformance.session import Session

# Pages are named from docs/protocols on.
LINKAGE = "linkage.md"
Verdict = Literal["pass", "fail", "not_observable"]
CHINESE: dict[Verdict, str] = {"pass": "通过", "fail": "不通过", "not_observable": "未能观察"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`came`: what was seen, in Chinese."""

    verdict: Verdict
    came: str


@dataclass(frozen=True, slots=True)
class Case:
    """`clause`: the heading of `page` that asks for it. `only`, `never`: kinds of channels. Texts in Chinese."""

    code: str
    clause: str
    title: str
    sent: str
    expected: str
    run: Callable[[Session], Outcome]
    only: str = ""
    never: str = ""
    page: str = LINKAGE

    def on(self, kind: str) -> bool:
        """Whether it makes sense on a channel of this kind; "" is a line that is none."""
        return (not self.only or self.only == kind) and (not self.never or self.never != kind)

    @property
    def asked_by(self) -> str:
        return self.clause if self.page == LINKAGE else f"{self.page}: {self.clause}"


def passed(came: str) -> Outcome:
    return Outcome("pass", came)


def failed(came: str) -> Outcome:
    return Outcome("fail", came)


def unseen(came: str) -> Outcome:
    return Outcome("not_observable", came)


def case(
    code: str, clause: str, title: str, sent: str, expected: str, **more: str
) -> Callable[[Callable[[Session], Outcome]], Case]:
    """Make a case of the function that plays it."""

    def made(run: Callable[[Session], Outcome]) -> Case:
        return Case(code, clause, title, sent, expected, run, **more)

    return made
