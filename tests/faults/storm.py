"""Orders keep coming in while processes are killed with SIGKILL; afterwards the books must balance.

Every sender keeps what it was told: an order it got a 2xx for must exist once, with all that belongs to it. A sender
that got a 503 or lost its connection sends the same order again under the same key, as an integrator would.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import psutil
import psycopg

from tests.faults.node import Node, NodeFailed

SENDERS = 8
BATCH = 20  # orders a request of the last sender
PAUSE = 0.2  # seconds before an order is sent again
PATIENCE = 90.0  # seconds an order is sent again for
VICTIMS = ("web", "web-worker", "worker", "database")


@dataclass
class Books:
    """What the senders were told."""

    accepted: dict[str, dict[str, str]] = field(default_factory=dict)  # by the sender's own number
    tries: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    given_up: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What came of a storm; `wrong` is empty when all is well."""

    seed: int
    accepted: int
    tries: Counter[str]
    kills: Counter[str]
    wrong: list[str]

    def __str__(self) -> str:
        kills = ", ".join(f"{name} {times}" for name, times in sorted(self.kills.items()))
        again = ", ".join(f"{why} {times}" for why, times in sorted(self.tries.items()) if why != "taken")
        return (
            f"seed {self.seed}: {sum(self.kills.values())} kills ({kills}); {self.accepted} orders accepted, "
            f"sent again after: {again or 'nothing'}; lost or doubled or broken: {'; '.join(self.wrong) or 'none'}"
        )


def storm(node: Node, *, seconds: float, seed: int, rest: float = 0.0) -> Told:
    """Send from eight connections for `seconds`, killing something every two to four; then check everything.

    Who sends batches rests between them: the worker, whose work is waited for, is slower than that one sender.
    """
    books, stop = Books(), threading.Event()
    token = node.token()
    senders = [
        threading.Thread(target=_send_all, args=(node.port, token, number, books, stop, rest))
        for number in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    try:
        kills = _kill_at_random(node, Random(seed), seconds)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    wrong = [
        *(f"{answer} {times} times" for answer, times in books.strange.items()),
        *(f"never answered: {number}" for number in books.given_up[:5]),
    ]
    try:
        node.await_whole()
        wrong += _unbalanced(node, books)
    except NodeFailed as why:
        wrong.append(str(why))
    return Told(seed, len(books.accepted), books.tries, kills, wrong)


def _kill_at_random(node: Node, rng: Random, seconds: float) -> Counter[str]:
    kills: Counter[str] = Counter()
    until = time.monotonic() + seconds
    turn: list[str] = []
    while time.monotonic() < until:
        time.sleep(rng.uniform(2, 4))
        turn = turn or rng.sample(VICTIMS, len(VICTIMS))  # each comes to its turn, in no order
        running, victim = node.processes(), turn.pop()
        if victim in running:
            try:
                running[victim].kill()
            except psutil.NoSuchProcess:
                continue
            kills[victim] += 1
    return kills


def _send_all(port: int, token: str, sender: int, books: Books, stop: threading.Event, rest: float) -> None:
    """Send order after order until told to stop; the one under way is brought to its end."""
    size, number = (BATCH if sender == SENDERS - 1 else 1), 0
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    while not stop.is_set():
        numbers = [f"storm-{sender}-{number + place}" for place in range(size)]
        number += size
        until = time.monotonic() + PATIENCE
        while not _sent(link, token, numbers, books):
            if time.monotonic() > until:
                books.given_up += numbers
                break
            time.sleep(PAUSE)
        if size > 1:
            stop.wait(rest)
    link.close()


def _sent(link: http.client.HTTPConnection, token: str, numbers: list[str], books: Books) -> bool:
    """Send once; True when the answer says that all of it is accepted (or was before)."""
    many = len(numbers) > 1
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": f"key-{numbers[0]}",
        "Content-Type": "application/x-ndjson" if many else "application/json",
    }
    try:
        link.request("POST", f"/api/v1/orders{'/batch' if many else ''}", b"\n".join(map(_order, numbers)), headers)
        answer = link.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        link.close()  # the next request opens it anew
        books.tries["connection lost"] += 1
        return False
    if answer.status == 503:
        books.tries["503"] += 1
        return False
    lines = (
        [json.loads(line) for line in body.splitlines()] if many else [{**json.loads(body), "status": answer.status}]
    )
    if any(line["status"] == 503 for line in lines):
        books.tries["503 in a batch"] += 1
        return False
    for own, line in zip(numbers, lines, strict=True):
        if line["status"] in (200, 201):
            books.accepted[own] = line
        else:
            books.strange[f"answered {line['status']} {line.get('code')}"] += 1
    books.tries["taken"] += 1
    return True


def _order(number: str) -> bytes:
    message = {
        "kind": "work",
        "nature": "help",
        "external_id": number,
        "title": "路灯不亮",
        "content": f"来电人反映小区门口路灯不亮，请尽快处理。来电编号{number}。",
        "caller": {"name": "张某", "phone": "13800000000"},
    }
    return json.dumps(message, ensure_ascii=False).encode()


# What every accepted order brings with it, counted by the sender's own number: each must be exactly one.
BELONGINGS = """
SELECT o.external_id, o.number, m.number,
       count(*) OVER (PARTITION BY o.system, o.external_id),
       (SELECT count(*) FROM intake_custody c WHERE c.matter_id = m.id AND c.role = 'lead' AND c.until IS NULL),
       (SELECT count(*) FROM intake_orderstep s WHERE s.order_id = o.id AND s.verb = 'receive'),
       (SELECT count(*) FROM audit_event e WHERE e.subject = m.number AND e.kind = 'order.accepted'),
       coalesce(f.facts, 0)
FROM intake_order o JOIN intake_matter m ON m.id = o.matter_id
LEFT JOIN (SELECT payload->>'order' AS number, count(*) AS facts FROM kernel_fact WHERE kind = 'order.accepted'
           GROUP BY 1) f ON f.number = o.number
"""
# Nothing of it may be there without its order.
WHOLE = """
SELECT (SELECT count(*) FROM intake_order), (SELECT count(*) FROM intake_matter), (SELECT count(*) FROM intake_custody),
       (SELECT count(*) FROM audit_event WHERE kind = 'order.accepted'),
       (SELECT count(*) FROM kernel_fact WHERE kind = 'order.accepted')
"""
WAITING = "SELECT count(*) FROM kernel_fact WHERE handled_at IS NULL AND set_aside_at IS NULL"
SET_ASIDE = """
SELECT (SELECT count(*) FROM kernel_fact WHERE set_aside_at IS NOT NULL) + (SELECT count(*) FROM kernel_setaside)
"""


def _unbalanced(node: Node, books: Books) -> list[str]:
    """What is wrong in the books, in words; empty when nothing is."""
    wrong: list[str] = []
    with psycopg.connect(node.database, autocommit=True) as link:
        link.execute("ANALYZE")  # tables that were empty a minute ago would be joined row by row
        rows = {row[0]: row[1:] for row in link.execute(BELONGINGS)}
        for own, told in books.accepted.items():
            found = rows.get(own)
            if found is None:
                wrong.append(f"lost: {own}")
            elif found[:2] != (told["order_number"], told["linkage_number"]) or found[2:] != (1, 1, 1, 1, 1):
                wrong.append(f"not as told or not once: {own} {told} {found}")
        if unasked := rows.keys() - books.accepted.keys() - set(books.given_up):
            wrong.append(f"accepted, but nobody was told: {sorted(unasked)[:5]}")
        counts = link.execute(WHOLE).fetchone() or ()
        if len(set(counts)) != 1:
            wrong.append(f"orders, matters, custody, events, facts differ in number: {counts}")
        # Every accepted order is judged by the worker, which is slower than the storm that brought them.
        if left := _left_after(link, 60 + len(books.accepted) / 300):
            wrong.append(f"{left} facts were not handled")
        set_aside = link.execute(SET_ASIDE).fetchone()
        if set_aside != (0,):
            wrong.append(f"{set_aside} rows were set aside")
    verified = node.command("audit", "verify")
    if verified.returncode != 0:
        wrong.append(f"audit verify: {(verified.stdout + verified.stderr)[-300:]}")
    return wrong[:10]


def _left_after(link: psycopg.Connection[tuple[int, ...]], seconds: float) -> int:
    """Facts that still wait when the worker has had `seconds` for them."""
    until = time.monotonic() + seconds
    while True:
        (left,) = link.execute(WAITING).fetchone() or (0,)
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.2)
