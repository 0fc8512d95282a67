"""Two nodes over https: from the click to the other desk, what a core signs and applies, and a backlog that drains."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import uuid4

from bench.figures import Figure, Result
from bench.ground import Failed, Ground
from bench.pairing import Two, two_nodes

CLICKS, BETWEEN = 200, 0.25
MOST_P50, MOST_P99 = 1.0, 2.0
BACKLOG, AT_ONCE = 100_000, 5_000
DANGER_EVERY, MOST_DANGER = 3.0, 5.0
SIGNED = 2_000
WITHIN = 3600.0
MOST_GROWTH_MB = 100.0


def channels(ground: Ground, quick: bool) -> list[Result]:
    """Everything on durable commits, both nodes and the sender on this one machine."""
    with two_nodes(ground) as two:
        clicks = _clicks(two, 20 if quick else CLICKS)
        signed = _rates(200 if quick else SIGNED)
        drained = _drained(two, 1_000 if quick else BACKLOG)
    return [_click_figure(clicks), *signed, *drained]


def _hand_over(number: int, *, danger: bool) -> str:
    """What the hotline's screen does; returns the number of the transfer."""
    from liandong.identity.models import Person
    from liandong.identity.queries import by_person
    from liandong.intake.accepting import Incoming, Key
    from liandong.transfer.actions import accept_and_hand

    by = by_person(Person.objects.select_related("post").get(username="rx-paidan"))
    key = Key("bench", f"channels-{number}-{danger}", bytes(32))
    if danger:
        incoming = Incoming(kind="work", title="有人落水", content=f"第{number}次：桥下有人落水，请尽快处理。")
        return str(accept_and_hand(by=by, incoming=incoming, key=key, signal="有人落水")["danger_transfer"])
    from liandong.intake.actions import accept_order
    from liandong.transfer.actions import offer

    incoming = Incoming(kind="work", title="聚众赌博", content=f"第{number}次：楼下棋牌室聚众赌博。")
    order = accept_order(by=by, incoming=incoming, key=key)["order_number"]
    body = {"reason": "按分流事项清单属对方职责"}
    return str(offer(by=by, order=order, kind="divert", target="110", body=body).number)


def _seen(two: Two, transfer: str, begun: float, most: float) -> float:
    """Seconds until the screens of the other desk are told of it."""
    told = "SELECT 1 FROM kernel_livemessage WHERE transfer = %s LIMIT 1"
    while two.there.execute(told, [transfer]).fetchone() is None:
        if time.monotonic() - begun > most:
            raise Failed(f"a hand-over was not at the other desk after {most:g} s")
        time.sleep(0.005)
    return time.monotonic() - begun


def _clicks(two: Two, count: int) -> list[float]:
    found = list[float]()
    for number in range(count + 3):
        begun = time.monotonic()
        found.append(_seen(two, _hand_over(number, danger=False), begun, 30))
        time.sleep(BETWEEN)
    return sorted(found[3:])  # the first ones make the connections


def _click_figure(found: list[float]) -> Figure:
    half, late = found[len(found) // 2], found[min(len(found) - 1, int(len(found) * 0.99))]
    return Figure(
        "a hand-over from the act to the other node's screens, over https: 99th percentile",
        f"{1000 * late:.0f} ms (half within {1000 * half:.0f})",
        f"{len(found)} hand-overs, both nodes on this machine; half within {MOST_P50:g} s promised",
        late if half <= MOST_P50 else WITHIN,
        f"{1000 * late:.0f} ms",
        most=MOST_P99,
    )


def _rates(count: int) -> list[Figure]:
    """What one core signs and what it verifies of steps, without the database."""
    from django.conf import settings

    from liandong.kernel import clock
    from liandong.peers.actions.keys import keyring
    from liandong.peers.envelope import Heading, PeerKey, build, read
    from liandong.peers.models import Outgoing
    from liandong.peers.queries import message_of

    keys = keyring()
    row = Outgoing.objects.filter(kind="step").exclude(serial=None)[0]
    message = message_of(row)
    at = clock.now()

    def signed(serial: int) -> bytes:
        heading = Heading(str(uuid4()).replace("-4", "-7", 1), keys.me, row.peer, serial, at, keys.signing)
        return build("step", message.data, heading, keys.own, keys.recipient(row.peer))

    begun = time.monotonic()
    made = [signed(serial) for serial in range(1, count + 1)]
    to_sign = count / (time.monotonic() - begun)
    known = {keys.signing: PeerKey(settings.NODE, keys.own.public(keys.signing))}
    begun = time.monotonic()
    for raw in made:
        read(raw, me=row.peer, known=known, keys=keys.own)
    to_read = count / (time.monotonic() - begun)
    return [
        _rate("steps built and signed a second by one core", count, to_sign),
        _rate("steps read and verified a second by one core", count, to_read),
    ]


def _rate(name: str, count: int, rate: float) -> Figure:
    return Figure(name, f"{rate:,.0f}", f"{count:,} steps", rate, f"{rate:,.0f}")


def _backlog(count: int, transfer: str) -> None:
    """Notes of the hotline's desk to one hand-over, as if they had been posted while nothing went through."""
    from django.conf import settings

    from liandong.kernel import clock
    from liandong.kernel.ids import uuid7
    from liandong.peers.keeping import Entry, closed
    from liandong.peers.messages import NOTE, ToldNote, note_data
    from liandong.peers.models import Outgoing

    peer = Outgoing.objects.filter(subject=transfer).values_list("peer", flat=True)[0]
    for first in range(0, count, AT_ONCE):
        moment, rows = clock.now(), list[Outgoing]()
        for number in range(first, min(first + AT_ONCE, count)):
            uid = uuid7(moment + timedelta(milliseconds=number))
            note = ToldNote(
                uid, transfer, "supplement", "12345", "热线派单员", moment, 1, {"text": f"补充第{number}条"}
            )
            one = Entry(NOTE, transfer, str(uid), False, note_data(note))
            document = closed(one, peer, settings.SEAL_KEY)
            row = Outgoing(peer=peer, message=uid, kind=NOTE, subject=transfer, mark=str(uid), urgent=False)
            row.document, row.made_at, row.next_try_at = document, moment, moment
            rows.append(row)
        Outgoing.objects.bulk_create(rows)


def _drained(two: Two, count: int) -> list[Figure]:
    transfer = _hand_over(10_000_000, danger=False)
    _seen(two, transfer, time.monotonic(), 30)
    applied = (
        f"SELECT count(*) FROM peers_incoming WHERE subject = '{transfer}' AND kind = 'note' AND state = 'applied'"
    )
    begun = time.monotonic()
    _backlog(count, transfer)
    dangers, weights, number = list[float](), list[float](), 0
    while (done := two.count(applied)) < count:
        if time.monotonic() - begun > WITHIN:
            raise Failed(f"{done} of {count} were applied after {WITHIN:g} s")
        weights.append(two.memory())
        at, number = time.monotonic(), number + 1
        dangers.append(_seen(two, _hand_over(20_000_000 + number, danger=True), at, 60))
        time.sleep(max(0.0, (DANGER_EVERY if count > AT_ONCE else 0.3) - (time.monotonic() - at)))
    seconds = time.monotonic() - begun
    return _drain_figures(count, seconds, dangers, weights)


def _drain_figures(count: int, seconds: float, dangers: list[float], weights: list[float]) -> list[Figure]:
    rate, late = count / seconds, max(dangers, default=0.0)
    growth = max(weights) - weights[len(weights) // 4] if weights else 0.0
    return [
        Figure(
            "messages of a backlog a second from the journal to applied at the other node, over https",
            f"{rate:,.0f}",
            f"{count:,} messages in {seconds:,.0f} s, sender and receiver on this machine",
            rate,
            f"{rate:,.0f}",
        ),
        Figure(
            "a new danger passes the backlog: the slowest, from the act to the other node's screens",
            f"{late:.1f} s",
            f"{len(dangers)} dangers meanwhile",
            late,
            f"{late:.1f} s",
            most=MOST_DANGER,
        ),
        Figure(
            "memory of the workers and listeners of both nodes while it drains",
            f"{max(weights, default=0.0):.0f} MB",
            "growth after the first quarter",
            growth,
            f"+{growth:.0f} MB",
            most=MOST_GROWTH_MB,
        ),
    ]
