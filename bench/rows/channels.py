"""Two nodes over https: from the click to the other desk, what a core signs and applies, and a backlog that drains."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import uuid4

from bench import backlog
from bench.figures import Figure, Result
from bench.ground import Failed, Ground
from bench.pairing import Two, acting_as, two_nodes

CLICKS, BETWEEN = 200, 0.25
MOST_P50, MOST_P99 = 1.0, 2.0
# A backlog of 72 hours and the seconds it may take; how much of it tells whether it will, and what stands for it
# where it would take longer than a row may.
BACKLOG, MOST_DRAIN = 100_000, 900.0
PILOT, PART, LONGEST = 2_000, 20_000, 1200.0
LEAST_APPLIED, TOGETHER = 500.0, 200
DANGER_EVERY, MOST_DANGER = 1.0, 5.0
SIGNED = 2_000
WITHIN = 1800.0
MOST_GROWTH_MB = 100.0


def channels(ground: Ground, quick: bool) -> list[Result]:
    """Everything on durable commits, both nodes and the sender on this one machine."""
    with two_nodes(ground) as two:
        clicks = _clicks(two, 20 if quick else CLICKS)
        signed = _rates(200 if quick else SIGNED)
        applied = _applied(ground, two, 500 if quick else PILOT)
        drained = _drained(two, quick)
    return [_click_figure(clicks), *signed, applied, *drained]


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


def _applied(ground: Ground, two: Two, count: int) -> Figure:
    """What one process makes of messages that come: verified, kept with their receipt due, and taken effect."""
    from liandong.peers.actions import settle_stored
    from liandong.peers.actions.keys import keyring
    from liandong.peers.actions.receiving import receive
    from liandong.peers.models import Incoming, Peer

    envelopes = _signed(two, count)
    ground.fresh("node_applied")
    with acting_as(two.other, "node_applied"):
        Peer.objects.get_or_create(code=two.here.code)
        keys, begun, used = keyring(), time.monotonic(), time.process_time()
        for first in range(0, count, TOGETHER):
            receive(peer=two.here.code, envelopes=envelopes[first : first + TOGETHER], keys=keys, debt=True)
            while settle_stored(limit=TOGETHER):
                pass
        seconds, cpu = time.monotonic() - begun, time.process_time() - used
        applied = Incoming.objects.filter(state="applied").count()
    if applied != count:
        raise Failed(f"{applied} of {count} messages took effect")
    return Figure(
        "messages verified, kept and applied a second by one process",
        f"{count / seconds:,.0f}",
        f"{count:,} messages of {count // backlog.A_MATTER:,} matters, the database beside; "
        f"{1000 * cpu / count:.1f} ms of the process's CPU each",
        count / seconds,
        f"{count / seconds:,.0f}",
        least=LEAST_APPLIED,
    )


def _signed(two: Two, count: int) -> list[bytes]:
    from liandong.kernel import clock
    from liandong.kernel.ids import uuid7
    from liandong.peers.actions.keys import keyring
    from liandong.peers.envelope import Heading, build

    transfer = _hand_over(30_000_000, danger=False)
    _seen(two, transfer, time.monotonic(), 30)
    of, keys, made = backlog.pattern(transfer), keyring(), list[bytes]()
    for serial, one in enumerate(backlog.entries(of, count), start=1):
        at = clock.now()
        heading = Heading(str(uuid7(at)), keys.me, of.peer, serial, at, keys.signing)
        made.append(build(one.kind, one.data, heading, keys.own, keys.recipient(of.peer)))
    return made


@dataclass(frozen=True, slots=True)
class Drained:
    """What was seen while a backlog of `count` messages went over."""

    count: int
    seconds: float
    dangers: list[float]
    weights: list[float]

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def _drained(two: Two, quick: bool) -> list[Figure]:
    """A small backlog, and after it the whole one, or what of it fits into the time a row has."""
    seen = _drain(two, PILOT, 0)
    if not quick:
        seen = _drain(two, BACKLOG if BACKLOG / seen.rate <= LONGEST else PART, PILOT)
    return _drain_figures(seen)


def _drain(two: Two, count: int, after: int) -> Drained:
    """Put a backlog of `count` into the journal and let it go over; `after`: so many went before."""
    transfer = _hand_over(10_000_000 + count, danger=False)
    _seen(two, transfer, time.monotonic(), 30)
    applied = "SELECT count(*) FROM peers_incoming WHERE NOT urgent AND state = 'applied'"
    before = two.count(applied)
    weights, begun = [two.memory()], time.monotonic()
    backlog.post(backlog.pattern(transfer), count, first=after)
    dangers, number = list[float](), count
    while (done := two.count(applied) - before) < count:
        if time.monotonic() - begun > WITHIN:
            raise Failed(f"{done} of {count} were applied after {WITHIN:g} s")
        at, number = time.monotonic(), number + 1
        dangers.append(_seen(two, _hand_over(20_000_000 + number, danger=True), at, 60))
        weights.append(two.memory())
        time.sleep(max(0.0, DANGER_EVERY - (time.monotonic() - at)))
    return Drained(count, time.monotonic() - begun, dangers, weights)


def _drain_figures(seen: Drained) -> list[Figure]:
    late, first, last = max(seen.dangers, default=0.0), seen.weights[0], seen.weights[-1]
    whole = BACKLOG / seen.rate / 60
    drawn = "" if seen.count == BACKLOG else f"; extrapolated to {BACKLOG:,}: {whole:.0f} min"
    return [
        Figure(
            "a backlog drains, messages a second from the journal to applied at the other node, over https",
            f"{seen.rate:,.0f}",
            f"{seen.count:,} messages of {seen.count // backlog.A_MATTER:,} matters in {seen.seconds:,.0f} s, "
            f"both nodes on this machine{drawn}",
            seen.rate,
            f"{seen.rate:,.0f}",
            least=BACKLOG / MOST_DRAIN,
        ),
        Figure(
            "a new danger passes the backlog: the slowest, from the act to the other node's screens",
            f"{late:.1f} s",
            f"{len(seen.dangers)} dangers meanwhile",
            late,
            f"{late:.1f} s",
            most=MOST_DANGER,
        ),
        Figure(
            "memory of the workers and listeners of both nodes while it drains",
            f"{first:.0f} MB at the start, {last:.0f} at the end",
            f"at most {max(seen.weights):.0f} MB",
            last - first,
            f"{last - first:+.0f} MB",
            most=MOST_GROWTH_MB,
        ),
    ]
