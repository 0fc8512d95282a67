"""What people at the two desks do next about a transfer, by state: small decisions with the chances of one table. Pure.

`choose` names a move; `MOVES` says which acts a move is made of. A rare edge is walked by naming its moves beforehand
(`ROUTES`) instead of leaving them to chance; the acts are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Literal

from simulation.habits import Habits

Who = Literal["origin", "target", "conference"]
Codes = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class View:
    """A transfer as the people see it. `urged`: a clock has just run out. `onward`: handed on and not back yet."""

    kind: str
    state: str
    joint: bool = False
    awarded: bool = False
    rework: int = 0
    refusable: bool = True
    withdrawable: bool = True
    window_open: bool = False
    urged: bool = False
    onward: bool = False
    onward_came_back: bool = False
    from_above: bool = False
    problem: bool = False
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One act: who does it, after how long, what. `do`: step, note, onward (relay), danger, clue."""

    who: Who
    after: timedelta
    do: str
    verb: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mind:
    """What a decision draws on."""

    rng: Random
    habits: Habits
    codes: Codes
    hurried: bool = False

    def chance(self, name: str) -> bool:
        return self.habits.chance(self.rng, name)

    def takes(self, name: str) -> timedelta:
        return self.habits.takes(self.rng, "script" if self.hurried else name)

    def code(self, table: str) -> str:
        return self.rng.choice(self.codes[table])


def choose(view: View, mind: Mind) -> str:
    """The move that comes next in this state; `silence` lets the clock run out."""
    chooser = _CHOICES.get(view.state)
    return chooser(view, mind) if chooser else "silence"


def _offered(view: View, mind: Mind) -> str:
    if view.kind == "danger":
        return "accept_late" if mind.chance("late_danger") and not view.urged else "accept"
    if not view.refusable:
        return "accept"
    if mind.chance("silent_offer"):
        return "silence"
    if view.withdrawable and mind.chance("withdraw"):
        return "withdraw"
    if mind.chance("refuse"):
        return "refuse"
    if view.kind == "relay" and mind.chance("relay_onward"):
        return "onward"
    return "accept"


def _sent_back(view: View, mind: Mind) -> str:
    drawn = mind.rng.random()
    if drawn < mind.habits["take_back"]:
        return "take_back"
    if drawn < mind.habits["take_back"] + mind.habits["contest"]:
        return "contest"
    if view.state == "refused" and drawn < sum(mind.habits[n] for n in ("take_back", "contest", "offer_again")):
        return "offer_again"
    return "silence"


def _negotiating(view: View, mind: Mind) -> str:
    drawn = mind.rng.random()
    if drawn < mind.habits["agree_target"]:
        return "agree_target"
    if drawn < mind.habits["agree_target"] + mind.habits["agree_joint"]:
        return "agree_joint"
    if view.problem or mind.chance("ruling"):
        return mind.rng.choice(("rule_target", "rule_origin", "rule_joint"))
    return "settle" if mind.chance("settle") else "silence"


def _awarded(view: View, mind: Mind) -> str:
    return "silence" if mind.chance("silent_offer") and not view.urged else "accept"


def _accepted(view: View, mind: Mind) -> str:
    if view.onward:
        return "wait"
    if view.onward_came_back:
        return mind.rng.choice(("hand_back", "conclude"))
    if view.refusable and view.window_open and not view.awarded and not view.rework and mind.chance("hand_back"):
        return "hand_back"
    if view.urged:
        return "conclude"
    return "silence" if mind.chance("late_conclude") else "conclude"


def _concluded(view: View, mind: Mind) -> str:
    if view.from_above:
        return "wait"  # the desk in the middle waits for the first desk's word
    drawn = mind.rng.random()
    if drawn < mind.habits["confirm"]:
        return "confirm"
    return "not_solved" if drawn < mind.habits["confirm"] + mind.habits["not_solved"] else "silence"


_CHOICES: dict[str, Callable[[View, Mind], str]] = {
    "offered": _offered,
    "refused": _sent_back,
    "handed_back": _sent_back,
    "negotiating": _negotiating,
    "awarded": _awarded,
    "accepted": _accepted,
    "concluded": _concluded,
}


def _accept(view: View, mind: Mind) -> list[Act]:
    pace = {"danger": "accept_danger", "clue": "accept_clue", "notify": "accept_clue"}.get(view.kind, "accept")
    # What the table calls the mean is scattered up to four times; a danger is signed within the minute by most.
    after = mind.takes(pace)
    return [Act("target", min(after, timedelta(seconds=55)) if pace == "accept_danger" else after, "step", "accept")]


def _accept_late(view: View, mind: Mind) -> list[Act]:
    return [Act("target", timedelta(seconds=mind.rng.uniform(65, 240)), "step", "accept")]


def _onward(view: View, mind: Mind) -> list[Act]:
    return [Act("target", mind.takes("accept"), "onward")]


def _refuse(view: View, mind: Mind) -> list[Act]:
    body = {"code": mind.code("refuse_reason"), "basis": "经核，按分流事项清单不属本台职责"}
    return [Act("target", mind.takes("accept"), "step", "refuse", body)]


def _withdraw(view: View, mind: Mind) -> list[Act]:
    return [Act("origin", mind.takes("script"), "note", "withdraw", {"text": "诉求人来电说明情况，申请撤回"})]


def _decided(verb: str, **body: str) -> Callable[[View, Mind], list[Act]]:
    return lambda view, mind: [Act("origin", mind.takes("decide"), "step", verb, dict(body))]


def _position(position: str, then: str) -> Callable[[View, Mind], list[Act]]:
    def acts(view: View, mind: Mind) -> list[Act]:
        spoken = mind.takes("position")
        return [
            Act("target", spoken, "note", "position", {"position": position, "text": "经协商表明本台意见"}),
            Act("origin", spoken + mind.takes("position"), "step", then),
        ]

    return acts


def _ruled(ruling: str, then: str) -> Callable[[View, Mind], list[Act]]:
    def acts(view: View, mind: Mind) -> list[Act]:
        spoken = mind.takes("position")
        ruled = spoken + mind.takes("position")
        return [
            Act("target", spoken, "note", "position", {"position": "no", "text": "本台认为不属本台职责"}),
            Act("conference", ruled, "note", "ruling", {"ruling": ruling, "text": "联席会议裁定"}),
            Act("origin", ruled + mind.takes("script"), "step", then),
        ]

    return acts


def _settle(view: View, mind: Mind) -> list[Act]:
    spoken = mind.takes("position")
    said = {"position": "no", "text": "本台认为不属本台职责"}
    return [
        Act("target", spoken, "note", "position", said),
        Act("origin", spoken + mind.takes("position"), "step", "settle"),
    ]


def _hand_back(view: View, mind: Mind) -> list[Act]:
    body = {"code": mind.code("refuse_reason"), "basis": "现场核实后，依据清单例外情形申请退回"}
    return [Act("target", mind.takes("accept"), "step", "hand_back", body)]


# What a unit writes when a matter gets out of hand under it (S3.7); not words of the notes that taught the scores.
OUT_OF_HAND = (
    "上门核实时双方又打了起来，一人头部受伤，工作人员拉不开",
    "现场协调中当事人抄起铁锹追打我方人员，情况失控",
    "当事人爬上楼顶不肯下来，扬言不解决就往下跳",
)


def _conclude(view: View, mind: Mind) -> list[Act]:
    result = "no_danger" if view.kind == "danger" and mind.rng.random() < 0.1 else mind.code("result")
    body = {"result": result, "text": view.answer or "已到场核实处理，并告知诉求人。"}
    pace = "conclude_danger" if view.kind == "danger" else "script" if view.urged else "conclude"
    acts = [Act("target", mind.takes(pace), "step", "conclude", body)]
    if view.kind == "danger":
        acts.append(Act("target", mind.takes("accept_clue"), "note", "arrival"))
    elif mind.chance("note_more"):
        text = {"text": "已联系诉求人，正在处理"}
        acts.append(Act("target", mind.takes("script"), "note", mind.rng.choice(("progress", "call_record")), text))
    elif mind.chance("escalates"):
        said = {"text": mind.rng.choice(OUT_OF_HAND)}
        acts.append(Act("target", mind.takes("script"), "note", "progress", said))
    return acts


def _confirmed(verb: str) -> Callable[[View, Mind], list[Act]]:
    def acts(view: View, mind: Mind) -> list[Act]:
        body = {"code": mind.code("unsolved_reason"), "text": "诉求人反映问题仍在"} if verb == "not_solved" else {}
        return [Act("origin", mind.takes("confirm"), "step", verb, body)]

    return acts


MOVES: dict[str, Callable[[View, Mind], list[Act]]] = {
    "accept": _accept,
    "accept_late": _accept_late,
    "onward": _onward,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "take_back": _decided("take_back"),
    "contest": _decided("contest", basis="清单条目明确，应由贵台办理"),
    "offer_again": _decided("offer_again", reason="已补充要素，更正后重新移交"),
    "agree_target": _position("target", "award"),
    "agree_joint": _position("joint", "award_jointly"),
    "rule_target": _ruled("target", "award"),
    "rule_origin": _ruled("origin", "settle"),
    "rule_joint": _ruled("joint", "award_jointly"),
    "settle": _settle,
    "hand_back": _hand_back,
    "conclude": _conclude,
    "confirm": _confirmed("confirm"),
    "not_solved": _confirmed("not_solved"),
    "silence": lambda view, mind: [],
    "wait": lambda view, mind: [],
}


@dataclass(frozen=True, slots=True)
class Route:
    """How ordinary people walk a rare edge: the kind of transfer to begin with, and their moves one after another."""

    kind: str
    moves: tuple[str, ...]


_TWICE_BACK = ("refuse", "offer_again", "refuse", "offer_again")
ROUTES: dict[str, Route] = {
    "s": Route("divert", ("accept",)),
    "t": Route("unclear", ("settle",)),
    "a": Route("divert", ("accept",)),
    "b": Route("divert", ("refuse",)),
    "q": Route("divert", (*_TWICE_BACK, "refuse", "rule_origin")),
    "c": Route("divert", ("withdraw",)),
    "d": Route("divert", ("refuse", "take_back")),
    "e": Route("divert", ("refuse", "contest", "settle")),
    "f": Route("divert", ("refuse", "offer_again", "accept")),
    "g": Route("unclear", ("agree_target", "accept")),
    "h": Route("unclear", ("settle",)),
    "i": Route("unclear", ("agree_joint", "accept")),
    "j": Route("unclear", ("silence",)),
    "k": Route("divert", ("accept", "conclude")),
    "l": Route("divert", ("accept", "hand_back")),
    "o": Route("divert", ("accept", "hand_back", "take_back")),
    "p": Route("divert", ("accept", "hand_back", "contest", "settle")),
    "r": Route("divert", (*_TWICE_BACK, "accept", "hand_back", "rule_origin")),
    "m": Route("divert", ("accept", "conclude", "confirm")),
    "n": Route("divert", ("accept", "conclude", "not_solved", "conclude", "confirm")),
}
