"""The people of both desks and their transfers: what they see in the facts, what they plan, how they do it."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from functools import partial
from random import Random

from liandong.audit.by import By
from liandong.intake.models import Order
from liandong.intake.queries import rulebook
from liandong.kernel.outbox import Told
from liandong.transfer import actions as transfer
from liandong.transfer import facts
from liandong.transfer.models import Transfer
from liandong.transfer.notes import right_to_write
from liandong.transfer.queries import at_desk
from liandong.transfer.states import KINDS, TRANSFER
from simulation.deciding import MOVES, ROUTES, Act, Codes, Mind, View, choose
from simulation.habits import Habits
from simulation.office import Office
from simulation.people import Cast
from simulation.plans import Plans

WATCHED = frozenset({*facts.STEP_FACT.values(), facts.UNANSWERED, facts.OVERDUE})


class Linkage:
    """Everything people do between the desks."""

    def __init__(self, city: Plans, office: Office, cast: Cast, rng: Random, habits: Habits) -> None:
        self._city, self._office, self._cast = city, office, cast
        self._rng, self._habits = rng, habits
        self._planned: dict[str, int] = {}
        self._scripts: dict[str, deque[str]] = {}

    def saw(self, told: Told) -> None:
        """A fact about a transfer has reached the screens: its people make up their minds."""
        urged = told.kind in (facts.UNANSWERED, facts.OVERDUE)
        self._consider(told.payload["transfer"], urged=urged)

    def look_at(self, number: str) -> None:
        """Somebody's eye falls on a transfer; what is planned for it already stays as it is."""
        self._consider(number)

    def walk(self, order: str, letter: str) -> None:
        """Begin the route of a rare edge on a fresh order of the city's 12345."""
        route, by = ROUTES[letter], self._cast.somebody(self._rng, self._cast.only("city_12345"), "transfer.offer")
        target = self._cast.only("city_110")
        made = transfer.offer(by=by, order=order, kind=route.kind, target=target, body={"reason": "请贵台研判办理"})
        self._scripts[made.number] = deque(route.moves)
        self._city.touched(transfers=True)

    def _consider(self, number: str, *, urged: bool = False) -> None:
        row = at_desk(number)
        if self._planned.get(number) == row.seq and not urged:
            return
        self._planned[number] = row.seq
        if row.ended_at is not None:
            self._ended(row)
            return
        if row.state == "accepted" and (row.joint or row.origin_order.state in ("received", "handling")):
            self._office.work_on(row.origin_order.number)
        mind = Mind(self._rng, self._habits, self.codes, hurried=number in self._scripts)
        view = self._view(row, urged=urged)
        script = self._scripts.get(number)
        if script and urged:
            return  # a scripted silence lasts until its clock has done what it does
        move = script.popleft() if script else choose(view, mind)
        for act in MOVES[move](view, mind):
            self._city.after(act.after, partial(self._do, number, row.seq, act))
        if not mind.hurried:
            self._more(row, mind)

    def _view(self, row: Transfer, *, urged: bool) -> View:
        children = list(row.children.values_list("state", "ended_at")) if row.kind == "relay" else []
        above = row.parent
        return View(
            kind=row.kind,
            state=row.state,
            joint=row.joint,
            awarded=row.awarded,
            rework=row.rework,
            refusable=KINDS[row.kind].refusable,
            withdrawable=KINDS[row.kind].withdrawable,
            window_open=row.objection_until is not None and row.objection_until > self._city.now,
            urged=urged,
            onward=any(ended is None for _, ended in children),
            onward_came_back=any(state in ("returned", "withdrawn") for state, _ in children)
            and all(ended is not None for _, ended in children),
            from_above=above is not None and above.ended_at is None and above.kind == "relay",
            problem=row.matter.problem_at is not None,
            answer=self._office.answer_of(row.origin_order.external_id),
        )

    @property
    def codes(self) -> Codes:
        book, now = rulebook(), self._city.now
        return {
            name: [code.code for code in book.table(name, now)]
            for name in ("refuse_reason", "result", "unsolved_reason")
        }

    def _ended(self, row: Transfer) -> None:
        """The origin goes on with what is still open; a relay above hears that the onward part is back."""
        self._scripts.pop(row.number, None)
        elsewhere = Transfer.objects.filter(matter=row.matter, ended_at__isnull=True, target_order__isnull=False)
        still_open = Order.objects.filter(matter=row.matter, closed_at__isnull=True).exclude(state="handed")
        still_open = still_open.exclude(pk__in=elsewhere.values("target_order"))
        for number in still_open.order_by("id").values_list("number", flat=True):
            self._office.work_on(number)
        if row.parent is not None and row.parent.ended_at is None:
            self._planned.pop(row.parent.number, None)
            self._consider(row.parent.number)

    def _more(self, row: Transfer, mind: Mind) -> None:
        """What happens beside the main line: urges, supplements, a danger or a clue that shows only now."""
        if row.state == "offered" and mind.chance("urge_offer"):
            self._plan(row, Act("origin", mind.takes("accept"), "note", "urge", {"text": "请尽快签收"}))
        if mind.chance("note_more"):
            self._plan(row, Act("origin", mind.takes("script"), "note", "supplement", {"text": "诉求人补充了地点"}))
        if row.state in ("accepted", "negotiating", "offered") and row.kind not in ("danger", "notify"):
            if mind.chance("danger_later"):
                self._plan(row, Act("origin", mind.takes("decide"), "danger"))
            if self._cast.kinds[row.origin] == "city_12345" and mind.chance("clue_later"):
                self._plan(row, Act("origin", mind.takes("decide"), "clue"))

    def _plan(self, row: Transfer, act: Act) -> None:
        self._city.after(act.after, partial(self._do, row.number, row.seq, act))

    def _do(self, number: str, seq: int, act: Act) -> None:
        """Do what was planned, unless the transfer has moved on since."""
        row = at_desk(number)
        if row.seq != seq:
            return
        by = self._actor(row, act)
        if act.do == "step":
            transfer.take_step(by=by, number=number, verb=act.verb, body=dict(act.body))
        elif act.do == "note":
            transfer.add_note(by=by, number=number, kind=act.verb, body=dict(act.body))
        elif act.do == "onward":
            target = self._cast.only("city_12345")
            transfer.relay_onward(
                by=by, number=number, kind="divert", target=target, body={"reason": "属12345受理范围"}
            )
        elif act.do == "danger":
            transfer.raise_danger(by=by, matter_id=row.matter_id, signal="来电人称现场打起来了，有人受伤")
        elif act.do == "clue":
            transfer.offer(
                by=by,
                order=row.origin_order.number,
                kind="clue",
                target=self._cast.only("city_110"),
                body={"signal": "多人相约聚集讨要说法"},
            )
        self._city.touched(transfers=True)

    def _actor(self, row: Transfer, act: Act) -> By:
        if act.who == "conference":
            return self._cast.conference(self._rng)
        acting = "transfer.act" if act.do in ("step", "onward") else "transfer.offer"
        right = right_to_write(act.verb) if act.do == "note" else acting
        desk = row.origin if act.who == "origin" else row.target
        return self._cast.somebody(self._rng, desk, right, row.origin_order.needs)


def letters_missing(walked: set[str]) -> list[str]:
    """The lettered edges not walked yet, in the order of the table."""
    return [letter for letter in dict.fromkeys(edge.letter for edge in TRANSFER.edges) if letter not in walked]


# A route waits a little between its beginnings, so that the rare edges do not all come in one moment.
ROUTE_GAP = timedelta(minutes=2)
