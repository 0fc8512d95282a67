"""Matters that go over from one desk to the other and back, as the desks' systems play them; seeded, and haltable.

Each matter is a generator that stops wherever it has to wait for the other node. So a stream is halted where it stands,
it is looked whether the nodes are equal, and then it is gone on with: after a fault the matters must come to their end.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.faults.client import Client, Strange

THREADS = 4
WAIT = 0.1  # seconds before it is looked again whether the other side has it
EVERY = 0.25  # seconds between two new matters
DANGER = 5  # one in so many
NOTE, REFUSED, REWORK = 0.5, 0.15, 0.15  # how often
DESKS = ("12345", "110")
RIGHTS = ("order.accept", "order.read", "order.handle", "transfer.offer", "transfer.act", "note.add")


@dataclass
class Books:
    """What the clients were told with 2xx. `strange`: answers that no client should get."""

    orders: dict[str, str] = field(default_factory=dict)  # the client's own number → number of the order
    transfers: dict[str, bool] = field(default_factory=dict)  # number → whether it is a danger
    steps: dict[tuple[str, int], str] = field(default_factory=dict)  # transfer, seq → hash
    notes: dict[str, str] = field(default_factory=dict)  # its text, which is unique → transfer
    origins: dict[str, str] = field(default_factory=dict)  # transfer → desk
    strange: list[str] = field(default_factory=list)
    ended: int = 0

    @property
    def dangers(self) -> list[str]:
        return [number for number, danger in self.transfers.items() if danger]


@dataclass(frozen=True)
class Address:
    """Where a desk's own node answers, with what token. `inside`: the network it is called in."""

    port: int
    token: str
    inside: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Speakers:
    """What a thread speaks with: a client at each desk's own node."""

    by_desk: Mapping[str, Client]

    def other(self, desk: str) -> Client:
        return self.by_desk[DESKS[1 - DESKS.index(desk)]]


class Stream:
    """`addresses`: by desk. New matters are begun until `halt`; `finish` brings all to their end."""

    def __init__(self, name: str, addresses: Mapping[str, Address], *, seed: int, most: int) -> None:
        self.books = Books()
        self.tries: Counter[str] = Counter()
        self._name, self._addresses, self._seed, self._most = name, addresses, seed, most
        self._waiting: deque[_Matter] = deque()
        self._begun = self._called = self._filled = 0
        self._halted = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._next_at = 0.0

    def start(self) -> None:
        self._halted.clear()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def halt(self) -> None:
        """Let each request under way come to its answer, and begin nothing more."""
        self._halted.set()
        for thread in self._threads:
            thread.join()

    def finish(self, within: float) -> int:
        """Bring what was begun to its end. Returns how many matters did not get there in time."""
        self._most = self._begun
        until = time.monotonic() + within
        self.start()
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < until:
            self._halted.wait(WAIT)
        self.halt()
        return len(self._waiting)

    def danger(self) -> str:
        """Hand over one more danger, at once, in the caller's thread. Returns its number; it goes on with the rest."""
        self._called += 1
        name = f"{self._name}-help-{self._called}"
        matter = _Matter(self.books, name, Random(f"{self._seed}/{name}"), danger=True)
        matter.speakers = speakers = self._speakers()
        try:
            next(matter.life)
        finally:
            self._leave(speakers)
        with self._lock:
            self._waiting.append(matter)
        return matter.number

    def fill(self, notes: int) -> None:
        """So many ordinary messages of 12345 at once: notes on what it has handed over."""
        known = list(self.books.transfers.items())  # others go on
        numbers = [number for number, danger in known if not danger and self.books.origins[number] == DESKS[0]]
        texts = [f"积压{self._name}/{self._filled + one}。" for one in range(notes)]
        self._filled += notes
        threads = [threading.Thread(target=self._write, args=(numbers, texts[one::THREADS])) for one in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _write(self, numbers: Sequence[str], texts: Sequence[str]) -> None:
        speakers = self._speakers()
        for place, text in enumerate(texts):
            write_note(speakers.by_desk[DESKS[0]], numbers[place % len(numbers)], text, self.books)
        self._leave(speakers)

    def _speakers(self) -> Speakers:
        return Speakers({desk: Client(at.port, at.token, desk, at.inside) for desk, at in self._addresses.items()})

    def _leave(self, speakers: Speakers) -> None:
        for client in speakers.by_desk.values():
            client.close()
            self.tries.update(client.tries)

    def _work(self) -> None:
        speakers = self._speakers()
        while not self._halted.is_set():
            matter = self._take()
            if matter is None:
                if self._begun >= self._most and not self._waiting:
                    break
                self._halted.wait(WAIT / 4)
                continue
            matter.speakers = speakers
            try:
                next(matter.life)
            except StopIteration:
                self.books.ended += 1
                continue
            except Strange as why:
                self.books.strange.append(str(why))
                continue
            matter.again_at = time.monotonic() + WAIT
            with self._lock:
                self._waiting.append(matter)
        self._leave(speakers)

    def _take(self) -> _Matter | None:
        now = time.monotonic()
        with self._lock:
            if self._waiting and self._waiting[0].again_at <= now:
                return self._waiting.popleft()
            if self._begun < self._most and now >= self._next_at:
                self._begun, self._next_at = self._begun + 1, now + EVERY
                name = f"{self._name}-{self._begun}"
                dice = Random(f"{self._seed}/{self._name}/{self._begun}")
                return _Matter(self.books, name, dice, danger=self._begun % DANGER == 2)
        return None


class _Matter:
    """One matter: an order here, handed over, accepted (or refused and taken back), concluded and confirmed there."""

    def __init__(self, books: Books, name: str, dice: Random, *, danger: bool) -> None:
        self.books, self.name, self.dice, self.danger = books, name, dice, danger
        self.again_at = 0.0
        self.speakers = Speakers({})
        self.number = ""
        self.notes = 0
        self.life = self._life()

    def _life(self) -> Iterator[None]:
        danger, origin = self.danger, "12345" if self.danger else self.dice.choice(DESKS)
        target = DESKS[1 - DESKS.index(origin)]
        self._begin(origin, target, danger)
        self._perhaps_note(origin)
        yield from self._until_there(target, "offered")
        if not danger and self.dice.random() < REFUSED:
            self._step(target, "refuse", code="not_ours", basis="《工作规则》第三条")
            yield from self._until_there(origin, "refused")
            self._step(origin, "take_back")
            return
        self._step(target, "accept")
        self._perhaps_note(target)
        self._step(target, "conclude", result="solved", text="已处理")
        yield from self._until_there(origin, "concluded")
        if not danger and self.dice.random() < REWORK:
            self._step(origin, "not_solved", code="came_back", text="又发生了")
            yield from self._until_there(target, "accepted")
            self._step(target, "conclude", result="solved", text="再次处理")
            yield from self._until_there(origin, "concluded")
        self._perhaps_note(origin)
        self._step(origin, "confirm")

    def _begin(self, origin: str, target: str, danger: bool) -> None:
        client = self.speakers.by_desk[origin]
        order = {
            "kind": "work" if origin == "12345" else "police",
            "external_id": self.name,
            "title": "有人落水" if danger else "路灯不亮",
            "content": f"来电人反映的情况，编号{self.name}。",
            "caller": {"name": "张某", "phone": "13800000000"},
        }
        if origin == "12345":
            order["nature"] = "help"
        together = not danger and self.dice.random() < 0.5
        hand_over = {"kind": "divert", "to": target, "reason": "属对方职责"}
        if danger:
            order["urgency"] = "danger"
        elif together:
            order["handover"] = hand_over
        told = client.accept(order, self.name)
        self.books.orders[self.name] = told["order_number"]
        if danger:
            self.number = told["danger_transfer"]
        elif together:
            self.number = told["transfer"]
        else:
            path = f"/orders/{told['order_number']}/transfers"

            def made() -> Any:
                there = (client.get(f"/matters/{told['linkage_number']}") or {}).get("transfers")
                return there[0] if there else None

            self.number = client.post(path, hand_over, made)["number"]
        self.books.origins[self.number] = origin
        self.books.transfers[self.number] = danger
        self._keep(client.get(f"/transfers/{self.number}"))

    def _until_there(self, desk: str, state: str) -> Iterator[None]:
        while True:
            seen = self.speakers.by_desk[desk].get(f"/transfers/{self.number}")
            if seen is not None and seen["state"] == state:
                return
            yield

    def _step(self, desk: str, verb: str, **body: str) -> None:
        client, path = self.speakers.by_desk[desk], f"/transfers/{self.number}"

        def taken() -> Any:
            seen = client.get(path)
            last = seen["steps"][-1]
            return seen if (last["verb"], last["author"]) == (verb, desk) else None

        asked = {"verb": verb, "body": body} if body else {"verb": verb}
        self._keep(client.post(f"{path}/steps", asked, taken))

    def _keep(self, transfer: Any) -> None:
        self.books.steps.update({(self.number, one["seq"]): one["hash"] for one in transfer["steps"]})

    def _perhaps_note(self, desk: str) -> None:
        if self.dice.random() >= NOTE:
            return
        self.notes += 1
        write_note(self.speakers.by_desk[desk], self.number, f"附记{self.name}/{self.notes}。", self.books)


def write_note(client: Client, transfer: str, text: str, books: Books) -> None:
    path = f"/transfers/{transfer}/notes"

    def written() -> Any:
        return next((one for one in client.get(path) if one["body"].get("text") == text), None)

    client.post(path, {"kind": "supplement", "body": {"text": text}}, written)
    books.notes[text] = transfer
