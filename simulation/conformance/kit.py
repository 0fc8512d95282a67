"""The kit: all cases in their order, played one after another, and the report. Pure but for what the session does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from liandong.kernel.canonical import moment
from liandong.kernel.errors import LiandongError
from liandong.peers.channels.middb.links import Trouble
from simulation.conformance import cases_channels, cases_envelope, cases_https, cases_journal, cases_steps
from simulation.conformance.session import Session
from simulation.conformance.verdicts import CHINESE, Case, Outcome, failed

# Version of the protocol's page that the cases are made from.
PROTOCOL = 1
CASES: tuple[Case, ...] = (
    *cases_envelope.CASES,
    *cases_journal.CASES,
    *cases_steps.CASES,
    *cases_channels.CASES,
    *cases_https.CASES,
    *cases_journal.LATE,
    *cases_steps.LATE,
)


@dataclass(frozen=True, slots=True)
class Result:
    case: Case
    outcome: Outcome


def play(
    session: Session, cases: Iterable[Case] = (), tell: Callable[[Result], object] = lambda one: None
) -> list[Result]:
    """Play the cases, by default all that make sense here. One that breaks in the middle has failed; others go on."""
    found = []
    for one in cases or named((), session.way.kind):
        session.trouble = ""
        try:
            outcome = one.run(session)
        except LiandongError as why:
            outcome = failed(f"{why.message}（{why.code}）")
        except Trouble as why:
            outcome = failed(why.message)
        if outcome.verdict == "fail" and session.trouble:
            outcome = failed(f"{outcome.came}通道上最近一次未能送达：{session.trouble}")
        found.append(Result(one, outcome))
        tell(found[-1])
    return found


def named(codes: Sequence[str], kind: str = "") -> tuple[Case, ...]:
    """The cases of these codes that make sense on the kind of channel, in the kit's order; all when there are none."""
    return tuple(one for one in CASES if one.on(kind) and (not codes or one.code in codes))


def counted(results: Iterable[Result]) -> dict[str, int]:
    counts = Counter(one.outcome.verdict for one in results)
    return {verdict: counts[verdict] for verdict in CHINESE}


def as_json(session: Session, results: Sequence[Result]) -> dict[str, object]:
    me = session.me
    return {
        "protocol": PROTOCOL,
        "at": moment(session.now()),
        "channel": session.way.kind,
        "kit": {"node": me.code, "desk": me.desk},
        "tested": {"node": me.peer, "desk": me.peer_desk},
        "counts": counted(results),
        "cases": [
            {
                "code": one.case.code,
                "clause": one.case.asked_by,
                "channel": one.case.only,
                "title": one.case.title,
                "sent": one.case.sent,
                "expected": one.case.expected,
                "came": one.outcome.came,
                "verdict": one.outcome.verdict,
            }
            for one in results
        ],
    }


def as_markdown(session: Session, results: Sequence[Result]) -> str:
    """The report for people; what failed stands first."""
    me, counts = session.me, counted(results)
    head = [
        "# 联动协议符合性报告",
        "",
        f"被测方：{me.peer_desk}（节点 {me.peer}）；本方扮演 {me.desk}（节点 {me.code}）。",
        f"协议第{PROTOCOL}版；{moment(session.now())}。",
        "",
        "、".join(f"{word} {counts[verdict]}" for verdict, word in CHINESE.items()) + "。",
        f"通道：{session.way.kind or '本机'}；只在一种通道上有的用例另以〔〕注明，不适用的不列。",
        "条款见 docs/protocols/linkage.md（或所注文件）的同名标题。",
        "",
        "| 结论 | 用例 | 条款 | 发出 | 应当 | 实际 |",
        "|---|---|---|---|---|---|",
    ]
    order = {"fail": 0, "not_observable": 1, "pass": 2}
    rows = [
        "| "
        + " | ".join(
            _cell(text)
            for text in (
                CHINESE[one.outcome.verdict],
                f"{one.case.title}（{one.case.code}）" + (f"〔{one.case.only}〕" if one.case.only else ""),
                one.case.asked_by,
                one.case.sent,
                one.case.expected,
                one.outcome.came,
            )
        )
        + " |"
        for one in sorted(results, key=lambda one: order[one.outcome.verdict])
    ]
    return "\n".join([*head, *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
