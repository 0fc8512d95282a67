"""The people of one desk and their own orders: taking calls, answering, calling back; what callers do besides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from random import Random

from liandong.audit.by import By
from liandong.identity.queries import division_name
from liandong.intake import actions as intake
from liandong.intake.accepting import Settled
from liandong.intake.models import Order
from liandong.intake.queries import access_order, rulebook
from liandong.intake.queries.knowing import may_know
from liandong.transfer import actions as transfer
from simulation.entrance import Entered, Entering, Entrance
from simulation.habits import Habits
from simulation.load import Call
from simulation.people import Cast
from simulation.plans import Plans
from simulation.texts import Pools, Said, is_danger, is_foreign

NATURES = {"help": 74, "complaint": 14, "advice": 6, "report": 4, "consult": 1, "praise": 1}
REPEAT_FIRST, REPEAT_LAST = timedelta(minutes=8), timedelta(hours=72)
# Where simulated callers are; every town has them.
STREETS = ("和平街", "建设路", "新建街", "七一路", "光明巷", "友谊街", "健康路")


class Office:
    """Everything people do at their own desk. `rows`: texts that enter at 12345 exactly once, in order."""

    def __init__(
        self,
        city: Plans,
        cast: Cast,
        entrance: Entrance,
        pools: Pools,
        rng: Random,
        habits: Habits,
        rows: list[Said] | None = None,
    ) -> None:
        self._city, self._cast, self._entrance, self._pools = city, cast, entrance, pools
        self._rng, self._habits = rng, habits
        self._each_once = rows is not None
        self._rows = list(reversed(rows or []))
        self._answers: Mapping[str, str] = {said.text.key: said.text.answer for said in rows or []}
        self._callers = 0

    @property
    def rows_left(self) -> int:
        return len(self._rows)

    def answer_of(self, key: str) -> str:
        """The official answer that came with a text, if it had one."""
        return self._answers.get(key, "")

    # Calls.

    def take(self, call: Call) -> None:
        """A call is taken, noted, and dealt with as far as the call goes."""
        if call.side == "12345":
            said = self._said_at_12345(call)
            if said is not None:
                self._at_12345(said)
        elif call.side == "110":
            self._at_110(self._pools.draw(self._rng, "110", foreign=call.foreign))
        else:
            self._at_county(self._pools.draw(self._rng, "110", foreign=True))

    def take_row(self) -> None:
        """One more of the texts that enter once each."""
        if self._rows:
            self._at_12345(self._rows.pop())

    def ordinary(self) -> str:
        """One ordinary call to 12345 whose order stays open; returns the order's number."""
        by = self._somebody(self._cast.only("city_12345"), "order.accept")
        return self._enter(by, self._pools.draw(self._rng, "12345", foreign=False)).order

    def _said_at_12345(self, call: Call) -> Said | None:
        if self._each_once:
            return self._rows.pop() if self._rows else None
        return self._pools.draw(self._rng, "12345", foreign=call.foreign)

    def _at_12345(self, said: Said) -> None:
        by = self._somebody(self._cast.only("city_12345"), "order.accept")
        foreign = said.item is not None and is_foreign("12345", said.item)
        if not (is_danger(said) or foreign or self._each_once) and self._habits.chance(self._rng, "at_once_12345"):
            self._settle_in_the_call(by, said, guided="guided_12345")
            return
        entered = self._enter(by, said)
        if is_danger(said):
            return  # on its way already; the call taker keeps the caller on the line
        if not (foreign and self._hands_over(by, entered, said)):
            self.work_on(entered.order, said)

    def _at_110(self, said: Said) -> None:
        by = self._somebody(self._cast.only("city_110"), "order.accept")
        foreign = said.item is not None and is_foreign("110", said.item)
        valid = not foreign and self._habits.chance(self._rng, "valid_110")
        larger = valid and self._habits.chance(self._rng, "level_larger")
        if not (foreign or valid or is_danger(said)):
            self._settle_in_the_call(by, said, guided="guided_110")
            return
        entered = self._enter(by, said, level="larger" if larger else "")
        if foreign and self._hands_over(by, entered, said):
            return
        if larger:
            target = self._cast.only("city_12345")
            transfer.offer(
                by=by, order=entered.order, kind="notify", target=target, body={"reason": "较大警情，按规定通报"}
            )
            self._city.touched(transfers=True)
        self.work_on(entered.order, said)

    def _at_county(self, said: Said) -> None:
        desk = self._rng.choice(self._cast.desks["county_110"])
        by = self._somebody(desk, "transfer.offer")
        entered = self._enter(by, said)
        if self._habits.chance(self._rng, "danger_later"):
            order = access_order(by, entered.order)
            transfer.raise_danger(by=by, matter_id=order.matter_id, signal="来电人称有人被困，情况危急")
        else:
            body = {"reason": "属12345受理范围，按逐级转派办理"}
            transfer.offer(by=by, order=entered.order, kind="relay", target=self._cast.only("city_110"), body=body)
        self._city.touched(transfers=True)

    def _enter(self, by: By, said: Said, *, level: str = "", settled: Settled | None = None) -> Entered:
        text = said.text
        self._callers += 1
        phone = f"199{self._rng.randrange(10**8):08d}"
        police = self._cast.kinds[by.party] in ("city_110", "county_110")
        in_danger = is_danger(said)
        nature = text.nature if self._each_once else self._rng.choices([*NATURES], [*NATURES.values()])[0]
        entering = Entering(
            kind="police" if police else "work",
            title=text.title,
            content=text.content,
            nature=nature,
            urgency="danger" if in_danger else text.urgency,
            level=level,
            division=text.place if self._cast.kinds[by.party] != "county_110" else "",
            address=self._address(text.place),
            phone=phone,
            name=f"模拟来电人{self._callers}",
            external_id=text.key if self._each_once and not police else "",
            danger="来电内容显示正在发生危险" if in_danger else "",
            settled=settled,
        )
        entered = self._entrance.enter(by, entering)
        # What comes in at 12345 the danger gate reads at once.
        self._city.touched(transfers=in_danger or not police)
        if self._habits.chance(self._rng, "repeat"):
            wait = REPEAT_FIRST * (REPEAT_LAST / REPEAT_FIRST) ** self._rng.random()
            self._city.after(wait, partial(self._again, by, entered.order, said))
        return entered

    def _address(self, division: str) -> str:
        """Somewhere in the division the text names; the streets are nobody's."""
        if not division:
            return ""
        street = STREETS[self._callers % len(STREETS)]
        return f"{division_name(division)}{street}{self._callers * 7 % 190 + 1}号"

    def _hands_over(self, by: By, entered: Entered, said: Said) -> bool:
        """The call taker sees what the list says: hand over by item, ask to negotiate, or go on (False)."""
        if said.item is None:
            return False
        here = self._cast.kinds[by.party] == "city_12345"
        target = self._cast.only("city_110" if here else "city_12345")
        if self._habits.chance(self._rng, "pick_list"):
            kind, body = said.item.kind, {"list_item": said.item.code, "reason": "按清单条目移交"}
            if kind == "clue":
                body["signal"] = "来电内容涉及聚集"
        elif self._habits.chance(self._rng, "pick_unclear"):
            kind, body = "unclear", {"reason": "权属不清，提请协商"}
        else:
            return False
        transfer.offer(by=by, order=entered.order, kind=kind, target=target, body=body)
        self._city.touched(transfers=True)
        # Kinds that do not pass the duty leave the desk with its own part of the work.
        if kind in ("clue", "mediate"):
            self.work_on(entered.order, said)
        return True

    def _again(self, by: By, number: str, said: Said) -> None:
        """The same caller once more: an urge to the open order, else a new order linked to the old one."""
        order = Order.objects.only("closed_at", "needs", "known_to", "known_at").get(number=number)
        if not may_know(by, order):
            by = self._order(number, "note.add")[1]
        if order.closed_at is None and (self._each_once or self._habits.chance(self._rng, "repeat_urges")):
            intake.urge(by=by, number=number, text="来电人再次来电催问")
        elif not self._each_once:
            entered = self._enter(by, said)
            intake.link(by=by, number=entered.order, other=number)
            self.work_on(entered.order, said)
        self._city.touched(transfers=False)

    def _settle_in_the_call(self, by: By, said: Said, *, guided: str) -> None:
        """Told where to go, or answered and content: one act at the end of the call. Else the answer is called back."""
        if self._habits.chance(self._rng, guided):
            settled = Settled("guided", "不属于两个平台的受理范围，已告知来电人应走的途径")
        elif self._habits.chance(self._rng, "at_once_confirmed"):
            settled = Settled("answered", "已当场答复来电人", "explained")
        else:
            entered = self._enter(by, said)
            self._city.after(self._habits.takes(self._rng, "call"), partial(self._answer_at_once, entered.order))
            return
        self._city.after(self._habits.takes(self._rng, "call"), partial(self._enter_settled, by, said, settled))

    def _enter_settled(self, by: By, said: Said, settled: Settled) -> None:
        self._enter(by, said, settled=settled)

    def _answer_at_once(self, number: str) -> None:
        order, by = self._order(number, "order.handle")
        if order.state != "received":
            return
        intake.answer(by=by, order=order, result="explained", text="已当场答复来电人")
        self._city.touched(transfers=False)

    # Orders that stay open after the call.

    def work_on(self, number: str, said: Said | None = None) -> None:
        """The desk will begin, answer and call back; each act looks again whether it is still its turn."""
        if self._habits.chance(self._rng, "late_answer"):
            return  # left lying until the answer clock runs out
        self._city.after(self._habits.takes(self._rng, "start"), partial(self._start, number))

    def overdue(self, number: str) -> None:
        """The answer clock has run out and the desk's people have been told."""
        self._city.after(self._habits.takes(self._rng, "start"), partial(self._answer, number))

    def _start(self, number: str) -> None:
        order, by = self._order(number, "order.handle")
        if order.state not in ("received", "handling"):
            return
        if self._habits.chance(self._rng, "drop") and not self._each_once:
            intake.drop(by=self._somebody(order.desk, "order.close", order.needs), order=order, text="诉求人来电撤回")
            self._city.touched(transfers=False)
            return
        if order.state == "received":
            intake.start(by=by, order=order)
        if self._habits.chance(self._rng, "reveal"):
            intake.reveal_caller(
                by=self._somebody(order.desk, "caller.reveal", order.needs), number=number, purpose="联系诉求人核实"
            )
        pace = "answer_police" if order.kind == "police" else "answer"
        self._city.after(self._habits.takes(self._rng, pace), partial(self._answer, number))
        self._city.touched(transfers=False)

    def _answer(self, number: str) -> None:
        order, by = self._order(number, "order.handle")
        if order.state not in ("received", "handling"):
            return
        result = self._rng.choice([code.code for code in rulebook().table("result", self._city.now)])
        text = self.answer_of(order.external_id) or "已核实处理，并将结果告知诉求人。"
        intake.answer(by=by, order=order, result=result, text=text)
        self._city.touched(transfers=False)
        # Who refuses to be called back is silent: the follow-up clock confirms, flagged.
        if not self._habits.chance(self._rng, "callback_refused"):
            self._city.after(self._habits.takes(self._rng, "followup"), partial(self._call_back, number))

    def _call_back(self, number: str) -> None:
        order, by = self._order(number, "order.close")
        if order.state != "answered" or order.followup_by is None:
            return
        if self._habits.chance(self._rng, "not_satisfied"):
            codes = [code.code for code in rulebook().table("unsolved_reason", self._city.now)]
            intake.not_satisfied(by=by, order=order, reason=self._rng.choice(codes), text="回访时诉求人不满意")
            self._city.after(self._habits.takes(self._rng, "start"), partial(self._answer, number))
        else:
            intake.confirm(by=by, order=order)
        self._city.touched(transfers=False)

    def _order(self, number: str, right: str) -> tuple[Order, By]:
        """The order, and somebody of its desk who may do this and may know of it (S3.6)."""
        order = Order.objects.select_related("matter").get(number=number)
        return order, self._somebody(order.desk, right, order.needs)

    def _somebody(self, desk: str, right: str, needs: str = "") -> By:
        return self._cast.somebody(self._rng, desk, right, needs)
